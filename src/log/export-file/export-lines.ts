import { createReadStream, statSync } from 'node:fs';
import { LogError } from '../log-error.js';
import { incidentBytes, isIncidentFile } from './incident-bytes.js';

const lineBreak = 10;
/** Longer than any event can be. */
const lineBytesMax = 4 * 1024 * 1024;

/**
 * The lines of an export, without their line breaks: of a file of its own, or of an incident file. Every line must end with one, the last too, and be UTF-8, so that two
 * files with the same lines are the same to the byte.
 */
export async function* linesOf(path: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let line = 0;
  const text = (bytes: Uint8Array) => {
    line += 1;
    try {
      return decoder.decode(bytes);
    } catch {
      throw exportInvalid(path, line, 'it is not UTF-8 text, as an export must be');
    }
  };
  let rest: Buffer = Buffer.alloc(0);
  try {
    // A pipe that nobody writes to would keep it waiting for ever, and a device may have no end.
    if (!statSync(path).isFile()) throw notAFile(path);
    for await (const chunk of bytesOf(path)) {
      let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      for (let end = bytes.indexOf(lineBreak); end >= 0; end = bytes.indexOf(lineBreak)) {
        yield text(bytes.subarray(0, end));
        bytes = bytes.subarray(end + 1);
      }
      if (bytes.length > lineBytesMax) throw exportInvalid(path, line + 1, 'it is longer than any event');
      rest = bytes;
    }
  } catch (error) {
    throw error instanceof LogError ? error : unreadable(path, error);
  }
  if (rest.length > 0) throw exportInvalid(path, line + 1, 'it does not end with a line break: the end was cut off');
}

function bytesOf(path: string): AsyncIterable<Buffer> {
  return isIncidentFile(path) ? incidentBytes(path) : createReadStream(path, { highWaterMark: 1024 * 1024 });
}

/** A problem in a line of an export. It makes the whole file worthless as evidence. */
export function exportInvalid(path: string, line: number | null, what: string): LogError {
  const where = line === null ? path : `${path}, line ${line}`;
  return new LogError('export-invalid', `${where}: ${what}`);
}

function notAFile(path: string): LogError {
  const what = statSync(path).isDirectory() ? 'it is a folder' : 'it is not a regular file; copy its content into one';
  return new LogError('export-unreadable', `the export ${path} cannot be read: ${what}`);
}

function unreadable(path: string, cause: unknown): LogError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: 'there is no such file',
    EACCES: 'this user may not read it',
  };
  const reason = reasons[code ?? ''] ?? message;
  return new LogError('export-unreadable', `the export ${path} cannot be read: ${reason}`, { cause });
}
