import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import Sqlite, { type Database } from 'better-sqlite3';
import { LogError } from '../event-log.js';
import { asLogError, damaged, isLocked } from './errors.js';
import { assertNotLost, fileAt, FilePlace, isSameFile } from './file-place.js';
import { pageProblems } from './page-check.js';
import { atOneMoment, damageAtEnd } from './quick-check.js';
import { formatVersion, migrate, readFormat, schemaProblems } from './schema.js';

export interface SqliteOptions {
  /** The database file. */
  readonly path: string;
  /**
   * FULL (the default): an acknowledged event survives a power cut. NORMAL: it survives the death of every process, but a
   * power cut may lose the last moments. NORMAL makes several times as many commits a second.
   */
  readonly synchronous?: 'FULL' | 'NORMAL';
  /** How long a write waits for other processes' writes. Default 5000. */
  readonly busyTimeoutMs?: number;
}

/** How long SQLite itself may wait for a lock. It blocks the whole process meanwhile. */
const blockedMsMax = 10;
/** How often reads check that the files are still where they were. */
const lookEveryMs = 100;

interface Opened {
  readonly db: Database;
  readonly place: FilePlace;
  readonly format: number;
}

/**
 * One connection to the file, in one of three modes:
 *
 * - not open: there is no such file, it is not installed, or it could not be opened: it is locked or damaged. Each use
 *   tries again to open it. Naming a file creates nothing; only `install` does.
 * - open: for good, to the file that was there then. If the path leads elsewhere later, each use throws `store-gone`.
 * - closed: each use throws `store-closed`.
 *
 * Any call may find the file locked, and throws `store-locked` after a moment: see {@link whenFree}.
 */
export class SqliteConnection {
  readonly path: string;
  readonly busyTimeoutMs: number;
  private opened: Opened | null = null;
  private isClosed = false;
  private lookedAt = -Infinity;

  constructor(private readonly options: SqliteOptions) {
    this.path = resolve(options.path);
    this.busyTimeoutMs = options.busyTimeoutMs ?? 5000;
    checkPlace(this.path);
    try {
      this.guarded(() => this.open());
    } catch (error) {
      // A locked file is opened by a later use, and a damaged one can still be examined.
      if (!isLocked(error) && !isDamaged(error)) throw error;
    }
  }

  /** The open database; throws if it cannot be used. */
  get database(): Database {
    const { db } = this.current();
    const now = performance.now();
    if (now - this.lookedAt > lookEveryMs) {
      this.assertInPlace();
      this.lookedAt = now;
    }
    return db;
  }

  /**
   * Writes, unless the files were cut short; then throws if they are no longer where they were: what went elsewhere does not
   * count as recorded.
   */
  written<A>(write: () => A): A {
    // A write goes to the end that SQLite remembers, and so makes a file long again of which the middle is missing.
    this.assertInPlace();
    const result = write();
    this.assertInPlace();
    return result;
  }

  /** Throws if the file cannot be written to, or if a quick look finds damage. */
  assertWritable(): void {
    const { db, format } = this.current();
    if (db.readonly) throw readOnly(this.path);
    const problems = atOneMoment(db, () => [...schemaProblems(db, format), ...damageAtEnd(db)]);
    if (problems.length > 0) throw damaged(this.path, problems.join('; '));
  }

  /**
   * Looks at the file, even if it is too damaged to be used.
   *
   * @param look its `why` says why the file cannot be used; null if it can
   */
  examined<A>(look: (db: Database, format: number, why: string | null) => A): A {
    const usable = this.currentOrDamage();
    if (!(usable instanceof LogError)) return look(usable.db, usable.format, null);
    const why = usable.cause instanceof Error ? usable.cause.message : usable.message;
    const db = new Sqlite(this.path, { readonly: true, timeout: blockedMsMax });
    try {
      passOverBadTables(db);
      return look(db, formatVersion, why);
    } finally {
      db.close();
    }
  }

  install(): void {
    this.assertNotClosed();
    if (this.opened === null) this.open();
    if (this.opened === null) {
      this.create();
      this.open();
    }
    this.assertWritable();
  }

  close(): void {
    this.isClosed = true;
    this.opened?.db.close();
    this.opened = null;
  }

  guarded<A>(work: () => A): A {
    try {
      return work();
    } catch (error) {
      throw asLogError(error, this.path);
    }
  }

  private assertNotClosed(): void {
    if (this.isClosed) throw new LogError('store-closed', `the store ${this.path} is closed`);
  }

  private current(): Opened {
    this.assertNotClosed();
    if (this.opened === null) this.open();
    if (this.opened !== null) return this.opened;
    throw new LogError(
      'store-not-installed',
      `${this.path} is not set up as a store yet; run \`overseer install\` or call install(store) first`,
    );
  }

  private assertInPlace(): void {
    const { place } = this.current();
    if (!place.assertUnmoved()) return;
    this.assertWhole();
    place.areWhole();
  }

  /** Reads every page anew, since this connection may remember those that are missing. */
  private assertWhole(): void {
    const db = new Sqlite(this.path, { readonly: true, timeout: blockedMsMax });
    try {
      assertReadable(db);
      const [problem] = pageProblems(db);
      if (problem !== undefined) throw damaged(this.path, `it was cut short while it was in use: ${problem}`);
    } finally {
      db.close();
    }
  }

  private currentOrDamage(): Opened | LogError {
    try {
      return this.guarded(() => this.current());
    } catch (error) {
      if (isDamaged(error)) return error;
      throw error;
    }
  }

  /** Opens the file, if there is one and it is a store. */
  private open(): void {
    assertNotLost(this.path);
    const id = fileAt(this.path);
    if (id === null) return;
    const isWritable = canWrite(this.path);
    const db = this.connect({ fileMustExist: true, readonly: !isWritable });
    try {
      let format = readFormat(db, this.path);
      if (format === null) return void db.close();
      if (format < formatVersion && isWritable) {
        migrate(db, this.path);
        format = formatVersion;
      }
      if (isWritable) {
        db.pragma('journal_mode = wal');
        db.pragma(`synchronous = ${this.options.synchronous ?? 'FULL'}`);
      }
      db.pragma('foreign_keys = off'); // The references hold by construction; checking them costs every insert.
      db.pragma('user_version'); // The first read makes sure of the -wal, whose place is then watched too.
      if (!isSameFile(id, fileAt(this.path))) throw replacedMeanwhile(this.path);
      this.opened = { db, place: new FilePlace(this.path, id), format };
    } catch (error) {
      db.close();
      throw error;
    }
  }

  /** Makes a store of an empty or missing file. Any number of processes may try at once: one does it, the others see it. */
  private create(): void {
    assertNotLost(this.path);
    const db = this.connect({ fileMustExist: false, readonly: false });
    try {
      migrate(db, this.path);
    } finally {
      db.close();
    }
  }

  private connect(options: { readonly fileMustExist: boolean; readonly readonly: boolean }): Database {
    return new Sqlite(this.path, { ...options, timeout: Math.min(this.busyTimeoutMs, blockedMsMax) });
  }
}

/** Throws if a file is locked even for readers. What else is wrong, the check itself will find. */
function assertReadable(db: Database): void {
  try {
    db.exec('begin');
    db.pragma('user_version');
  } catch (error) {
    if (isLocked(error)) throw error;
  }
}

/** Makes SQLite skip what it cannot read in the list of tables, as far as it can. */
function passOverBadTables(db: Database): void {
  db.unsafeMode(true);
  try {
    db.pragma('writable_schema = on');
  } catch {
    // The first statement reads the list, and fails on it; from the next one on it is skipped.
  }
}

function checkPlace(path: string): void {
  if (existsSync(path) && statSync(path).isDirectory()) {
    throw new LogError(
      'store-is-a-folder',
      `${path} is a folder; name a file in it, such as sqlite:${join(path, 'overseer.db')}`,
    );
  }
  const folder = dirname(path);
  if (!existsSync(folder)) {
    throw new LogError(
      'store-folder-missing',
      `${folder} does not exist; create the folder, then the store ${path} in it`,
    );
  }
}

function replacedMeanwhile(path: string): LogError {
  return new LogError('store-locked', `${path} was replaced while it was being opened; try again`, {
    isTransient: true,
  });
}

/** Whether SQLite itself has found damage. */
function isDamaged(error: unknown): error is LogError {
  return error instanceof LogError && error.code === 'store-damaged' && error.cause instanceof Sqlite.SqliteError;
}

function readOnly(path: string): LogError {
  return new LogError('store-read-only', `${path} cannot be written to; check its permissions and those of its folder`);
}

function canWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
