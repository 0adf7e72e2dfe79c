import { writeFileSync } from 'node:fs';
import { shownPath } from '../input/data-file.js';
import { UsageError } from '../failure.js';
import type { Terminal } from '../output/terminal.js';

/**
 * Writes what a command drew to a file, or to stdout for `-`.
 *
 * @throws UsageError `file-unwritable`
 */
export function writeOutput(file: string, text: string, terminal: Terminal): void {
  if (file === '-') return terminal.say(...text.trimEnd().split('\n'));
  try {
    writeFileSync(file, text);
  } catch (error) {
    const message = `${shownPath(file)} cannot be written: ${(error as Error).message}`;
    throw new UsageError('file-unwritable', message, { cause: error });
  }
  terminal.note(`written to ${shownPath(file)}`);
}
