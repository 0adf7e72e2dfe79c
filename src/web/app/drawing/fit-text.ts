import { cleanText } from '../../../prelude/clean-text.js';
import { cutToWidth } from './cut-text.js';

/** Names are longer than any box, and pictures are drawn again and again. */
const known = new Map<string, string>();
const knownMax = 5000;

/**
 * A name, cut with `…` so that it takes no more than a number of CSS pixels. The end is kept: names of jobs often begin
 * alike, and differ in what comes last.
 *
 * @param font that the context has been given
 */
export function nameToWidth(context: CanvasRenderingContext2D, font: string, text: string, width: number): string {
  const key = `${font} ${Math.round(width)} ${text}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  if (known.size >= knownMax) known.clear();
  const cut = cutNow(context, cleanText(text.slice(0, 2000)), width);
  known.set(key, cut);
  return cut;
}

function cutNow(context: CanvasRenderingContext2D, text: string, width: number): string {
  if (context.measureText(text).width <= width) return text;
  const characters = Array.from(text);
  let [low, high] = [0, Math.min(characters.length, 200)];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (context.measureText(around(characters, middle)).width <= width) low = middle;
    else high = middle - 1;
  }
  return around(characters, low);
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
