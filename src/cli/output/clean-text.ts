/**
 * Characters that do something to a terminal, or are not seen on it: controls (of C0, C1 and DEL), line ends, marks
 * that turn the direction of writing, whatever has no shape of its own, tags, and halves of characters.
 */
const unsafe =
  '[\\p{Cc}\\p{Cs}\\p{Zl}\\p{Zp}\\p{Default_Ignorable_Code_Point}\\p{Noncharacter_Code_Point}\\u{FFF9}-\\u{FFFB}]';
/** Some of these make one sign of two, in many scripts and in emoji. There they stay. */
const joined =
  '(?<=[\\p{L}\\p{M}\\p{Extended_Pictographic}\\p{Emoji_Modifier}])(?<![\\x00-\\x7f])[\\u200C\\u200D](?![\\x00-\\x7f])(?=[\\p{L}\\p{M}\\p{Extended_Pictographic}])';
const variant = '(?<=[\\p{Emoji}\\p{Ideographic}])\\p{Variation_Selector}';

const plain = /^[\x20-\x7e]*$/;
const shortForms: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * Makes text of one line harmless and visible: what a terminal would obey, or would not show, is written as JSON writes
 * it, such as `\u202e`.
 *
 * @param kept a pattern of what is left alone besides
 * @param written how such a character is written otherwise
 */
export function cleaner(kept?: RegExp, written = asUnits): (text: string) => string {
  const alone = [...(kept === undefined ? [] : [kept.source]), joined, variant].join('|');
  const pattern = new RegExp(`(${alone})|${unsafe}`, 'gu');
  return (text) =>
    plain.test(text)
      ? text
      : text.replaceAll(pattern, (found: string, left: string | undefined) =>
          left === undefined ? (shortForms[found] ?? written(found)) : found,
        );
}

/** {@link cleaner} for text that holds nothing of our own. */
export const cleanText = cleaner();

/** JSON text with the same meaning that is safe to be looked at. Its own line ends stay. */
export const cleanJson = cleaner(/\n/);

/** Text for between `$'` and `'`, as bash and zsh read it: a backslash and a quote in it are written out already. */
export const cleanForShell = cleaner(undefined, (found) => {
  const code = found.codePointAt(0)!.toString(16);
  return code.length > 4 ? `\\U${code.padStart(8, '0')}` : `\\u${code.padStart(4, '0')}`;
});

function asUnits(text: string): string {
  return Array.from({ length: text.length }, (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`).join(
    '',
  );
}
