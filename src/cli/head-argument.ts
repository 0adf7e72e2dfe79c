import { readFileSync } from 'node:fs';
import { readTreeHead, type TreeHead } from '../store/audit.js';
import { assertFile } from './data-file.js';

/**
 * A tree head given as the name of a file, or as its text.
 *
 * @throws OverseerError `head-invalid`; UsageError `file-not-found`, `file-unreadable`
 */
export function readHeadArgument(given: string): TreeHead {
  if (given.trimStart().startsWith('{')) return readTreeHead(given);
  assertFile(given);
  return readTreeHead(readFileSync(given, 'utf8'));
}
