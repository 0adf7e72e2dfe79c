/** A piece of HTML that is finished: nothing in it is escaped any more. */
export class Html {
  constructor(readonly text: string) {}
}

export type Content = Html | string | number | null | readonly Content[];

/**
 * HTML as a template. Every value in it is text, and is escaped, unless it is HTML made by this function. So nothing in a
 * manifest can become markup because somebody forgot to escape it.
 */
export function html(parts: TemplateStringsArray, ...contents: readonly Content[]): Html {
  return new Html(parts.reduce((text, part, index) => text + write(contents[index - 1]!) + part));
}

function write(content: Content): string {
  if (typeof content === 'string' || typeof content === 'number') return escape(String(content));
  if (content === null) return '';
  return content instanceof Html ? content.text : content.map(write).join('');
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character]!);
}
