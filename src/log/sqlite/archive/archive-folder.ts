import {
  chmodSync,
  closeSync,
  existsSync,
  fchmodSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { LogError } from '../../log-error.js';
import { realPath } from '../file-place.js';
import { sha256 } from './member.js';

/** The folder beside a database in which its archives are. SQLite's own files are beside the file itself, too, not beside a link. */
export class ArchiveFolder {
  readonly path: string;

  constructor(readonly database: string) {
    this.path = `${realPath(database)}-archive`;
  }

  /** The path of a file by its number. */
  file(id: number): string {
    return join(this.path, `${String(id).padStart(4, '0')}.jsonl.gz`);
  }

  /** The path of a file that is being written. */
  partial(id: number): string {
    return `${this.file(id)}.partial`;
  }

  /** Whether there is anything under the names of a file. */
  has(id: number): boolean {
    return existsSync(this.file(id)) || existsSync(this.partial(id));
  }

  /** Makes the folder. Whoever may read the database may read what is in it. */
  create(): void {
    if (existsSync(this.path)) return;
    const { mode } = statSync(this.database);
    mkdirSync(this.path);
    chmodSync(this.path, (mode & 0o666) | ((mode & 0o444) >> 2));
    syncFolder(dirname(this.path));
  }

  /** The size of a file. */
  size(id: number): number {
    const path = this.file(id);
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) throw this.missing(id);
    return found.size;
  }

  /** Reads a piece of a file, and checks that it is what was written. */
  piece(id: number, start: number, length: number, hash: Buffer): Buffer {
    if (start + length > this.size(id)) throw this.damaged(id, 'it was cut short');
    const bytes = Buffer.alloc(length);
    const file = this.opened(id);
    try {
      let read = 0;
      while (read < length) {
        const more = readSync(file, bytes, read, length - read, start + read);
        if (more === 0) throw this.damaged(id, 'it was cut short');
        read += more;
      }
    } catch (error) {
      throw this.unreadable(id, error);
    } finally {
      closeSync(file);
    }
    if (!sha256(bytes).equals(hash)) throw this.damaged(id, `bytes ${start} to ${start + length - 1} were changed`);
    return bytes;
  }

  /** Writes a file, under another name first. When it returns, the file is on the disk, and has only to be given its name. */
  write(id: number, bytes: Buffer): void {
    const path = this.partial(id);
    try {
      writeDurably(path, bytes, statSync(this.database).mode & 0o444);
      if (!readFileSync(path).equals(bytes)) throw this.damaged(id, 'what was written to it is not what is there');
    } catch (error) {
      rmSync(path, { force: true });
      throw this.unwritable(id, error);
    }
  }

  /** Gives a file that was written its name, for good. */
  seal(id: number): void {
    if (existsSync(this.file(id))) throw new Error(`${this.file(id)} exists already`);
    renameSync(this.partial(id), this.file(id));
    syncFolder(this.path);
  }

  /** Removes what was written of a file that no event relies on. */
  discard(id: number): void {
    rmSync(this.partial(id), { force: true });
    rmSync(this.file(id), { force: true });
  }

  missing(id: number): LogError {
    return new LogError(
      'store-archive-missing',
      `${this.file(id)} is missing: events of the store ${this.database} are in it; put it back, or restore the folder ${this.path} from the backup that the store is in`,
    );
  }

  damaged(id: number, what: string): LogError {
    return new LogError(
      'store-archive-damaged',
      `${this.file(id)} is damaged: ${what}; restore it from a backup (archives never change, so any backup that has it will do)`,
    );
  }

  private unwritable(id: number, error: unknown): LogError {
    if (error instanceof LogError) return error;
    const { code = '', message } = error as NodeJS.ErrnoException;
    const cause = { cause: error };
    if (code === 'ENOSPC' || code === 'EDQUOT') {
      const what = `the disk under ${this.path} is full; what was to be archived is where it was, make room and try again`;
      return new LogError('store-full', what, cause);
    }
    return new LogError('store-unavailable', `${this.file(id)} cannot be written: ${message}`, cause);
  }

  private opened(id: number): number {
    try {
      return openSync(this.file(id), 'r');
    } catch (error) {
      throw this.unreadable(id, error);
    }
  }

  /** Why a file could not be read. */
  unreadable(id: number, error: unknown): LogError {
    if (error instanceof LogError) return error;
    const { code = '', message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return this.missing(id);
    return new LogError('store-unavailable', `${this.file(id)} cannot be read: ${message}`, { cause: error });
  }
}

/** Writes a new file, and waits until the disk has it. The mode says who may read it; nobody may change it. */
function writeDurably(path: string, bytes: Buffer, mode: number): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    let written = 0;
    while (written < bytes.length) written += writeSync(file, bytes, written);
    fchmodSync(file, mode);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Makes names in a folder as durable as the files. (Windows has no such call, and needs none.) */
function syncFolder(path: string): void {
  if (process.platform === 'win32') return;
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
