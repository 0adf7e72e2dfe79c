/**
 * Characters that control a terminal, or are invisible on it: controls (C0, C1 and DEL), line ends, marks that change the
 * direction of writing, characters without a shape, tags, and lone surrogates.
 */
const unsafe =
  '[\\p{Cc}\\p{Cs}\\p{Zl}\\p{Zp}\\p{Default_Ignorable_Code_Point}\\p{Noncharacter_Code_Point}\\u{FFF9}-\\u{FFFB}]';
/** Some of these join two characters into one, in many scripts and in emoji. There they are kept. */
const joined =
  '(?<=[\\p{L}\\p{M}\\p{Extended_Pictographic}\\p{Emoji_Modifier}])(?<![\\x00-\\x7f])[\\u200C\\u200D](?![\\x00-\\x7f])(?=[\\p{L}\\p{M}\\p{Extended_Pictographic}])';
const variant = '(?<=[\\p{Emoji}\\p{Ideographic}])\\p{Variation_Selector}';

const shortForms: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * Makes text of one line harmless and visible: what a terminal would obey, or would not show, is written as JSON writes
 * it, such as `\u202e`.
 *
 * @param kept a pattern of what else to leave alone
 * @param written how to write such a character, if it has no short form
 */
export function cleaner(kept?: RegExp, written = asUnits): (text: string) => string {
  const alone = [...(kept === undefined ? [] : [kept.source]), joined, variant].join('|');
  let pattern: RegExp | null = null;
  // Most text has only what is certainly harmless, and the pattern takes many times as long to say so.
  const doubtful = kept === undefined ? /[^\x20-\x7e]/ : new RegExp(`(?!${kept.source})[^\\x20-\\x7e]`, 'u');
  return (text) =>
    doubtful.test(text)
      ? text.replaceAll(
          (pattern ??= new RegExp(`(${alone})|${unsafe}`, 'gu')),
          (found: string, left: string | undefined) =>
            left === undefined ? (shortForms[found] ?? written(found)) : found,
        )
      : text;
}

/** {@link cleaner} for text without colours or line ends of our own. */
export const cleanText = cleaner();

/** JSON text with the same meaning that is safe to print. Its line ends are kept. */
export const cleanJson = cleaner(/\n/);

/** Text to put between `$'` and `'`, as bash and zsh read it. Backslashes and quotes in it must be escaped already. */
export const cleanForShell = cleaner(undefined, (found) => {
  const code = found.codePointAt(0)!.toString(16);
  return code.length > 4 ? `\\U${code.padStart(8, '0')}` : `\\u${code.padStart(4, '0')}`;
});

function asUnits(text: string): string {
  return Array.from({ length: text.length }, (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`).join(
    '',
  );
}
