import { randomInt } from 'node:crypto';
import picocolors from 'picocolors';
import type { Colors, Formatter } from 'picocolors/types.js';
import { cleaner } from '../../prelude/clean-text.js';

/**
 * Our colours carry a mark until they reach the terminal: random numbers before the colour's code, unknown outside this
 * process. It tells them from colours in a job's name, say, which are made harmless like any other control. A terminal
 * ignores the mark, should one ever get through.
 */
const mark = Array.from({ length: 4 }, () => randomInt(1000, 10_000)).join(';');
const marked = new RegExp(`\\u001b\\[${mark};(\\d+)m`, 'gu');

/** Makes a line harmless, and leaves our own colours alone; see {@link cleaner}. */
export const cleanLine = cleaner(marked);

/** The same, ready for the terminal: with colours it understands. */
export const terminalLine = (line: string): string => unmarked(cleanLine(line));

/** The colours to write in; without effect unless `isColourful`. */
export function paintOf(isColourful: boolean): Colors {
  const colours = picocolors.createColors(isColourful);
  if (!isColourful) return colours;
  const painters = Object.entries(colours as unknown as Readonly<Record<string, Formatter | boolean>>);
  const marked = painters.map(([name, paint]) => [name, typeof paint === 'function' ? marking(paint) : paint] as const);
  return Object.fromEntries(marked) as unknown as Colors;
}

function marking(paint: Formatter): Formatter {
  return (text) => paint(unmarked(cleanLine(String(text)))).replaceAll(/\u001b\[(\d+)m/g, `\u001b[${mark};$1m`);
}

function unmarked(text: string): string {
  return text.replaceAll(marked, '\u001b[$1m');
}
