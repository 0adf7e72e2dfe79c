import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { shownPath } from '../input/data-file.js';
import { ownFolder } from '../places.js';

/**
 * Where in the user's own code an error was thrown, as ` (at FILE:LINE)`; empty if unknown. Columns would mislead: they
 * are those of the compiled code.
 */
export function thrownAt(error: unknown): string {
  if (!(error instanceof Error)) return '';
  for (const line of (error.stack ?? '').split('\n')) {
    const [, url, row] = /(?<=\s|\()((?:file:|\/|[A-Za-z]:[\\/])[^()]*):(\d+):\d+\)?$/.exec(line) ?? [];
    if (url === undefined) continue;
    const path = url.startsWith('file:') ? fileURLToPath(url) : url;
    if (path.startsWith(ownFolder) || path.includes(`${sep}node_modules${sep}`)) continue;
    return ` (at ${shownPath(path)}:${row})`;
  }
  return '';
}
