import { cleanText } from '../../../prelude/clean-text.js';
import { type CutAt, cutLine } from '../width.js';

/** Text escaped for XML. Characters that XML forbids, or that cannot be seen in a picture, are written out. */
export function escaped(text: string): string {
  return cleanText(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** How wide a character is at 12 pixels, on the safe side: fonts differ from system to system. */
function characterWidth(character: string): number {
  if (/[A-Z_%@mwMW]/.test(character)) return 8.8;
  if (/[a-z\d#$&*+=<>~-]/.test(character)) return 7.4;
  return character <= '~' ? 5 : 13;
}

/** Text cut to a number of pixels, as far as that can be told without its font. */
export function cutToPixels(
  text: string,
  pixels: number,
  { fontSize = 12, at = 'middle' }: { readonly fontSize?: number; readonly at?: CutAt } = {},
): string {
  const clean = cleanText(text);
  const widthOf = (some: string) => [...some].reduce((sum, each) => sum + characterWidth(each), 0) * (fontSize / 12);
  let cut = clean;
  for (let columns = clean.length; columns > 1 && widthOf(cut) > pixels; columns--) cut = cutLine(clean, columns, at);
  return cut;
}

/** An element with its attributes, and what is inside. */
export function element(name: string, attributes: Readonly<Record<string, string | number>>, inside = ''): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${attribute(value)}"`);
  return inside === '' ? `<${name}${written.join('')}/>` : `<${name}${written.join('')}>${inside}</${name}>`;
}

export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly title: string;
}

/** A whole picture, on a light background so that it can be read wherever it is shown. */
export function picture({ width, height, title }: Frame, inside: readonly string[]): string {
  const size = { width: Math.ceil(width), height: Math.ceil(height) };
  const frame = { xmlns: 'http://www.w3.org/2000/svg', viewBox: `0 0 ${size.width} ${size.height}`, ...size };
  const font = { 'font-family': 'system-ui, sans-serif', 'font-size': 12, role: 'img' };
  const background = element('rect', { ...size, fill: '#ffffff' });
  return `${element('svg', { ...frame, ...font }, [`<title>${escaped(title)}</title>`, background, ...inside].join('\n'))}\n`;
}

function attribute(value: string | number): string {
  return typeof value === 'number' ? String(Math.round(value * 100) / 100) : escaped(value);
}
