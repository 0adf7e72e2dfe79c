import { existsSync, realpathSync, statSync } from 'node:fs';
import { LogError } from '../event-log.js';

/** The identity of a file, whatever its name, and how long it is. */
interface FileId {
  readonly device: bigint;
  readonly inode: bigint;
  readonly bytes: bigint;
}

/** The file at a path; null if there is none. It is not opened: closing it again would release SQLite's locks. */
export function fileAt(path: string): FileId | null {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found === undefined ? null : { device: found.dev, inode: found.ino, bytes: found.size };
}

export function isSameFile(a: FileId | null, b: FileId | null): boolean {
  return a !== null && b !== null && a.inode === b.inode && a.device === b.device;
}

/**
 * Where the files of an open database are. A program that holds a file open goes on writing to it after the file was
 * deleted, moved or replaced, and nobody will ever read what it writes. So it is checked again and again that the paths
 * still lead to the files that were opened. As long as these are open, no other file gets their inode numbers.
 *
 * A file may also be cut short in its place. SQLite writes on behind the cut as if nothing had happened, and finds out when
 * it needs what is missing, which may be much later. It shortens neither file itself, but other programs may have it do
 * so: by a VACUUM, or a checkpoint that truncates the -wal. So whoever asks must look which of the two it was.
 */
export class FilePlace {
  private readonly journal: { readonly path: string; readonly id: FileId | null };
  /** How long each file was at least when it was last known to be whole. */
  private readonly bytes = new Map<string, bigint>();
  /** How long each was at the last look. */
  private readonly seen = new Map<string, bigint>();

  /**
   * @param path of the database
   * @param id of the file that was opened at that path
   */
  constructor(
    readonly path: string,
    private readonly id: FileId,
  ) {
    const journal = `${realPath(path)}-wal`;
    this.journal = { path: journal, id: fileAt(journal) };
  }

  /**
   * Throws `store-gone` once one of the files is no longer where it was.
   *
   * @returns whether one of them is shorter than it was
   */
  assertUnmoved(): boolean {
    const isShorter = this.assertThere(this.path, this.id);
    const { path, id } = this.journal;
    return (id !== null && this.assertThere(path, id)) || isShorter;
  }

  /** The files are whole, though one of them was shorter at the last look. They may be cut from now on. */
  areWhole(): void {
    for (const [path, bytes] of this.seen) this.bytes.set(path, bytes);
  }

  private assertThere(path: string, id: FileId): boolean {
    const found = this.look(path);
    if (!isSameFile(found, id)) throw gone(path, found === null);
    const { bytes } = found!;
    this.seen.set(path, bytes);
    const before = this.bytes.get(path) ?? 0n;
    if (bytes < before) return true;
    if (bytes > before) this.bytes.set(path, bytes);
    return false;
  }

  private look(path: string): FileId | null {
    try {
      return fileAt(path);
    } catch (error) {
      const { code = '', message } = error as NodeJS.ErrnoException;
      if (code === 'ESTALE' || code === 'ENOTDIR') return null;
      // Whether it is still there cannot be known now, so what was written is not acknowledged either.
      throw new LogError('store-unavailable', `${path} cannot be looked at: ${message}`, {
        cause: error,
        isTransient: true,
        outcomeUnknown: true,
      });
    }
  }
}

function gone(path: string, isNothingThere: boolean): LogError {
  const happened = isNothingThere ? 'was deleted or moved away' : 'was replaced by another file';
  return new LogError(
    'store-gone',
    `${path} ${happened} while the store was in use; stop every worker, put it back (the file and its -wal together) or begin a new one, then start again`,
    { outcomeUnknown: true },
  );
}

const looksMax = 3;

/**
 * Throws if a part of the store is missing, as far as that can be seen from outside. SQLite would throw away the rest.
 * Other processes may be opening and closing it at the same time, so the order of the checks follows the order in which
 * SQLite creates and deletes the files.
 */
export function assertNotLost(path: string): void {
  const real = realPath(path);
  // A -wal that is not empty belongs to a file that already has its tables.
  if (sizeOf(`${real}-wal`) > 0 && sizeOf(real) === 0) {
    throw lost(
      path,
      `it is not there, or is empty, and ${real}-wal holds the end of a store`,
      `put the file back, or move ${real}-wal away`,
    );
  }
  for (let look = 0; look < looksMax; look++) {
    // The -shm is created after the -wal, and deleted before it.
    if (sizeOf(`${real}-shm`) === 0 || existsSync(`${real}-wal`)) return;
  }
  throw lost(
    path,
    `${real}-wal is missing, and ${real}-shm says that it held the end of the log`,
    `put it back; if it is lost for good, delete ${real}-shm, and go on with what is in ${path} alone`,
  );
}

export function lost(path: string, what: string, whatToDo: string): LogError {
  return new LogError('store-damaged', `${path} is damaged: ${what}; ${whatToDo}`);
}

/** The path of the file itself: SQLite keeps its other files beside that, not beside a link to it. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
