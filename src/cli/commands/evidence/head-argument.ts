import { readTreeHead, type TreeHead } from '../../../history/audit/audit.js';
import { readTextFile } from '../../input/data-file.js';

/** Far more than a tree head takes. */
const headBytesMax = 64 * 1024;

/**
 * A tree head given as the name of a file, or as its text.
 *
 * @throws OverseerError `head-invalid`; UsageError `file-not-found`, `file-unreadable`, `file-invalid`
 */
export function readHeadArgument(given: string): TreeHead {
  if (given.trimStart().startsWith('{')) return readTreeHead(given);
  return readTreeHead(readTextFile(given, headBytesMax));
}
