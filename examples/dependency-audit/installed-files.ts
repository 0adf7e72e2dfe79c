/**
 * The files of an installed package. Their names are held as one character per byte (latin1): a name need not be
 * UTF-8, and one that is not would be lost otherwise, and with it the file.
 */
import { createHash } from 'node:crypto';
import { createReadStream, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';

export interface InstalledFile {
  readonly path: string;
  readonly size: number;
  readonly changedMs: number;
  /** Which file on the disk it is, when it has several names (hard links); null when it has only this one. */
  readonly linked: string | null;
}

export interface PackageFiles {
  /** By path, in the order of bytes. */
  readonly files: readonly InstalledFile[];
  readonly bytes: number;
  readonly notFiles: number;
}

/**
 * Lists a package's files. What is nested in its own `node_modules` are other packages. Symbolic links are not followed:
 * they could lead out of the installation, or round in circles.
 */
export async function listFiles(folder: string, breathing: Breathing): Promise<PackageFiles> {
  const files: InstalledFile[] = [];
  let notFiles = 0;
  const open = [''];
  for (let inside = open.pop(); inside !== undefined; inside = open.pop()) {
    const entries = readdirSync(bytePath(folder, inside), { withFileTypes: true, encoding: 'latin1' });
    for (const entry of entries) {
      const path = inside === '' ? entry.name : `${inside}/${entry.name}`;
      if (entry.isDirectory()) {
        if (path !== 'node_modules') open.push(path);
      } else if (entry.isFile()) {
        const { size, mtimeMs, nlink, dev, ino } = lstatSync(bytePath(folder, path));
        files.push({ path, size, changedMs: mtimeMs, linked: nlink > 1 ? `${dev}:${ino}` : null });
      } else {
        notFiles += 1;
      }
    }
    await breathing.breathe();
  }
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { files, bytes: files.reduce((sum, { size }) => sum + size, 0), notFiles };
}

/** One line per file: size, time of change, which file on the disk, name. */
export function writeFileList(files: readonly InstalledFile[]): string {
  return files
    .map(({ path, size, changedMs, linked }) => `${size} ${changedMs} ${linked ?? '-'} ${escapeName(path)}\n`)
    .join('');
}

export function readFileList(list: string): readonly InstalledFile[] {
  return lines(list).map((line) => {
    const [, size, changedMs, linked, name] = /^(\d+) ([\d.e+-]+) (\S+) (.*)$/.exec(line)!;
    return {
      path: unescapeName(name!),
      size: Number(size),
      changedMs: Number(changedMs),
      linked: linked === '-' ? null : linked!,
    };
  });
}

/** Whether two lists show no change. A new name for a file, made elsewhere, is not a change. */
export function isUnchanged(before: readonly InstalledFile[], now: readonly InstalledFile[]): boolean {
  return (
    before.length === now.length &&
    before.every(({ path, size, changedMs }, index) => {
      const other = now[index]!;
      return other.path === path && other.size === size && other.changedMs === changedMs;
    })
  );
}

/** Files up to this size are read in one go; of a larger one, never more than a piece is in memory. */
const inOneGoBytesMax = 1024 * 1024;

/** SHA-256 of a file, or null if it is not there any more. */
export async function hashFile(folder: string, file: InstalledFile): Promise<string | null> {
  const path = bytePath(folder, file.path);
  const hash = createHash('sha256');
  try {
    if (file.size <= inOneGoBytesMax) return hash.update(readFileSync(path)).digest('hex');
    for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
    return hash.digest('hex');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** As `sha256sum` writes it: a line that begins with a backslash has its name escaped. */
export function hashLine(sha256: string, path: string): string {
  const escaped = escapeName(path);
  return `${escaped === path ? '' : '\\'}${sha256}  ${escaped}\n`;
}

export function readHashLines(list: string): readonly { readonly sha256: string; readonly path: string }[] {
  return lines(list).map((line) => {
    const [, mark, sha256, name] = /^(\\?)([0-9a-f]{64}) {2}(.*)$/.exec(line)!;
    return { sha256: sha256!, path: mark === '' ? name! : unescapeName(name!) };
  });
}

/** A name as people read it. */
export function nameForPeople(path: string): string {
  return Buffer.from(path, 'latin1').toString();
}

/**
 * Reading many small files is ten times cheaper with calls that block. Between them the process must have time for its
 * other jobs, and above all for its heartbeats.
 */
export class Breathing {
  private lastAt = performance.now();

  constructor(private readonly signal: AbortSignal) {}

  /** Also where a job that is no longer wanted ends. */
  async breathe(): Promise<void> {
    if (performance.now() - this.lastAt < 10) return;
    await setImmediate();
    this.signal.throwIfAborted();
    this.lastAt = performance.now();
  }
}

function bytePath(folder: string, path: string): Buffer {
  return Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(path, 'latin1')]);
}

function lines(text: string): readonly string[] {
  return text === '' ? [] : text.slice(0, -1).split('\n');
}

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r' };
const unescapes: Readonly<Record<string, string>> = { '\\\\': '\\', '\\n': '\n', '\\r': '\r' };

function escapeName(path: string): string {
  return path.replace(/[\\\n\r]/g, (character) => escapes[character]!);
}

function unescapeName(name: string): string {
  return name.replace(/\\[\\nr]/g, (pair) => unescapes[pair]!);
}
