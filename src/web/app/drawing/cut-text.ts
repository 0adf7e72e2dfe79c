import { BoundedMap } from '../../../prelude/bounded-map.js';
import { leastWhere } from '../../../prelude/least-where.js';

/** Texts as they were cut. They are asked for at every drawing, and measuring takes longer than drawing. */
export class CutTexts {
  private readonly known = new BoundedMap<string, string>(5000);

  of(key: string, cut: () => string): string {
    const before = this.known.get(key);
    if (before !== undefined) return before;
    const text = cut();
    this.known.set(key, text);
    return text;
  }
}

/**
 * The longest text that takes no more than a number of CSS pixels in the context's font.
 *
 * @param most the largest number of characters that is tried
 * @param withCharacters the text with a number of characters
 */
export function longestFitting(
  context: CanvasRenderingContext2D,
  width: number,
  most: number,
  withCharacters: (count: number) => string,
): string {
  const isTooLong = (count: number) => context.measureText(withCharacters(count)).width > width;
  return withCharacters(leastWhere(0, most, (count) => isTooLong(count + 1)));
}

const cutTexts = new CutTexts();

/** The text, cut with `…` so that it takes no more than a number of CSS pixels in the context's font. */
export function cutToWidth(context: CanvasRenderingContext2D, text: string, width: number): string {
  return cutTexts.of(`${context.font} ${Math.round(width)} ${text}`, () => {
    if (context.measureText(text).width <= width) return text;
    const characters = Array.from(text.slice(0, 500));
    const beginning = (count: number) => `${characters.slice(0, count).join('')}…`;
    return longestFitting(context, width, characters.length, beginning);
  });
}
