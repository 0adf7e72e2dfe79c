import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import Sqlite, { type Database } from 'better-sqlite3';
import { LogError } from '../event-log.js';
import { asLogError } from './errors.js';
import { formatVersion, migrate, readFormat } from './schema.js';

export interface SqliteOptions {
  /** The database file. */
  readonly path: string;
  /**
   * FULL (the default): an acknowledged event survives a power cut. NORMAL: it survives the death of every process, and
   * a power cut may take the last moments; several times as many commits a second.
   */
  readonly synchronous?: 'FULL' | 'NORMAL';
  /** How long a write waits for other processes' writes. Default 5000. */
  readonly busyTimeoutMs?: number;
}

/**
 * One connection to the file. A store that is not installed yet has none: naming a file creates nothing, `install` does.
 */
export class SqliteConnection {
  readonly path: string;
  private db: Database | null = null;
  private isClosed = false;

  constructor(private readonly options: SqliteOptions) {
    this.path = resolve(options.path);
    checkPlace(this.path);
    if (existsSync(this.path)) this.guarded(() => this.open({ fileMustExist: true }));
  }

  /** The open database; throws what keeps it from being used. */
  get database(): Database {
    if (this.isClosed) throw new LogError('store-closed', `the store ${this.path} is closed`);
    if (this.db === null && existsSync(this.path)) this.open({ fileMustExist: true });
    if (this.db === null) {
      throw new LogError(
        'store-not-installed',
        `${this.path} is not set up as a store yet; run \`overseer install\` or call install(store) first`,
      );
    }
    return this.db;
  }

  install(): void {
    if (this.isClosed) throw new LogError('store-closed', `the store ${this.path} is closed`);
    if (this.db === null) this.open({ fileMustExist: false });
  }

  close(): void {
    this.isClosed = true;
    this.db?.close();
    this.db = null;
  }

  guarded<A>(work: () => A): A {
    try {
      return work();
    } catch (error) {
      throw asLogError(error, this.path);
    }
  }

  private open({ fileMustExist }: { fileMustExist: boolean }): void {
    const isWritable = !fileMustExist || canWrite(this.path);
    const db = new Sqlite(this.path, {
      fileMustExist,
      readonly: !isWritable,
      timeout: this.options.busyTimeoutMs ?? 5000,
    });
    try {
      const format = readFormat(db, this.path);
      if (format === 0 && fileMustExist) return void db.close();
      if (format < formatVersion && isWritable) migrate(db, this.path);
      if (isWritable) db.pragma(`synchronous = ${this.options.synchronous ?? 'FULL'}`);
      db.pragma('foreign_keys = off'); // The references hold by construction; checking them costs every insert.
      this.db = db;
    } catch (error) {
      db.close();
      throw error;
    }
  }
}

function checkPlace(path: string): void {
  if (existsSync(path) && statSync(path).isDirectory()) {
    throw new LogError(
      'store-is-a-folder',
      `${path} is a folder; name a file in it, such as sqlite:${path}/overseer.db`,
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

function canWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
