/** How figures and foreign text are put before people, in the terminal and in the reports. */

export function size(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** `1 file`, `2 files`. */
export function counted(value: number, one: string, several = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : several}`;
}

/**
 * Text from a manifest or a file's name, fit for a terminal: what could move its cursor, colour it or turn the direction
 * of writing is shown as its number.
 */
export function plain(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu,
    (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
}

/** Cut to a width; of what is cut, the end is kept too, since it is what tells paths apart. */
export function fit(text: string, width: number): string {
  const characters = [...text];
  if (characters.length <= width) return text;
  const end = Math.floor((width - 1) / 2);
  return `${characters.slice(0, width - 1 - end).join('')}…${characters.slice(characters.length - end).join('')}`;
}

export interface Column {
  readonly title: string;
  readonly width: number;
  readonly align?: 'right';
}

/** A table of fixed columns; an empty one says so. */
export function table(columns: readonly Column[], rows: readonly (readonly (string | number)[])[]): readonly string[] {
  if (rows.length === 0) return ['  (none)'];
  const line = (cells: readonly (string | number)[]) =>
    `  ${columns.map((column, index) => cell(column, cells[index] ?? '')).join('  ')}`.trimEnd();
  const rule = `  ${columns.map(({ width }) => '-'.repeat(width)).join('  ')}`;
  return [line(columns.map(({ title }) => title)), rule, ...rows.map(line)];
}

function cell({ width, align }: Column, value: string | number): string {
  const text = fit(plain(typeof value === 'number' ? count(value) : value), width);
  const space = ' '.repeat(Math.max(0, width - [...text].length));
  return align === 'right' ? space + text : text + space;
}
