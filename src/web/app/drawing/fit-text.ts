import { cleanText } from '../../../prelude/clean-text.js';
import { cutToWidth, CutTexts, longestFitting } from './cut-text.js';

const cutNames = new CutTexts();

/**
 * A name, cut with `…` so that it takes no more than a number of CSS pixels. The end is kept: names of jobs often begin
 * alike, and differ in what comes last.
 *
 * @param font that the context has been given
 * @param prefix how many characters at its beginning say nothing, since all names have them
 */
export function nameToWidth(
  context: CanvasRenderingContext2D,
  font: string,
  text: string,
  width: number,
  prefix = 0,
): string {
  const key = `${font} ${Math.round(width)} ${prefix} ${text}`;
  return cutNames.of(key, () => cutNow(context, text, width, prefix));
}

function cutNow(context: CanvasRenderingContext2D, whole: string, width: number, prefix: number): string {
  const text = cleanText(whole.slice(0, 2000));
  if (whole.length <= 2000 && context.measureText(text).width <= width) return text;
  const characters = Array.from(cleanText(lastOf(whole.slice(prefix))));
  if (prefix > 0 && context.measureText(`…${characters.join('')}`).width <= width) return `…${characters.join('')}`;
  return longestFitting(context, width, Math.min(characters.length, 200), (count) => around(characters, count));
}

/** Of a very long text, its beginning and its end. */
function lastOf(text: string): string {
  return text.length <= 2000 ? text : text.slice(0, 1000) + text.slice(-1000);
}

/** So many characters: a third of them from the beginning. */
function around(characters: readonly string[], count: number): string {
  const head = Math.floor(count / 3);
  const tail = count - head;
  return `${characters.slice(0, head).join('')}…${tail === 0 ? '' : characters.slice(-tail).join('')}`;
}

/** Other text, whose beginning is kept. */
export function textToWidth(context: CanvasRenderingContext2D, text: string, width: number): string {
  return cutToWidth(context, cleanText(text), width);
}

/** How many characters names have in common, up to the end of a word; 0 if it is not worth leaving them out. */
export function sharedPrefix(names: readonly string[]): number {
  const first = names[0] ?? '';
  const shared = names.reduce((length, name) => {
    let at = 0;
    while (at < length && name[at] === first[at]) at += 1;
    return at;
  }, first.length);
  const end = /^.*[._:/-]/s.exec(first.slice(0, shared))?.[0].length ?? 0;
  return names.length > 1 && end >= 8 ? end : 0;
}
