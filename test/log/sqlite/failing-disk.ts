/**
 * A store in a real SQLite file, on a disk that fails: reads and commits that end in errors, commits that are in the file
 * though they are said to have failed, a file that another program has locked, and power cuts in the middle of a commit.
 *
 * The errors are thrown where the driver would throw them, so that SQLite's own transactions roll back. A power cut
 * leaves the file as it was at the last commit that was answered, and any part of what the next one had added.
 */
import { copyFileSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite, { type Database } from 'better-sqlite3';
import type { RecordedEvent } from '../../../src/domain/events.js';
import { GraphState } from '../../../src/domain/graph.js';
import { type EventLog, LogError, type Moved } from '../../../src/log/event-log.js';
import { openSqliteLog } from '../../../src/log/sqlite/sqlite-log.js';
import { E } from '../../../src/prelude/fp.js';
import { rightOf } from '../../support/right.js';
import { between, type Calling, type Chances } from '../../simulation/chance.js';

/** Shorter than in use: a world need not wait that long in real time. */
const busyTimeoutMs = 25;

export class FailingDisk {
  private readonly folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'overseer-simulation-'));
  private cuts = 0;
  private path = join(this.folder, 'overseer.db');
  private log: EventLog;
  /** Called when the power has been cut: everything that ran is dead. */
  onPowerCut = (): void => {};

  constructor(
    private readonly now: () => number,
    private readonly chances: Chances,
  ) {
    this.log = this.open();
  }

  /** The log, on whichever file the store is now. */
  opened(): EventLog {
    type Call = (...args: readonly unknown[]) => () => Promise<unknown>;
    const calls = Object.entries(this.log).flatMap(([name, method]): [string, unknown][] => {
      if (typeof method !== 'function') return [];
      const call: Call =
        (...args) =>
        () =>
          (this.log as unknown as Record<string, Call>)[name]!(...args)();
      return [[name, call]];
    });
    const { subscribe, close } = {
      subscribe: ((request) => this.log.subscribe(request)) as EventLog['subscribe'],
      close: () => this.close(),
    };
    return { ...this.log, ...Object.fromEntries(calls), subscribe, close };
  }

  async install(): Promise<void> {
    await rightOf(this.log.install());
    failing.set(this.path, this);
  }

  /** Another program locks the file for a while of real time. */
  lock(ms: number): void {
    this.byAnother((other) => other.exec('begin immediate'), ms);
  }

  /** Another program moves what is in the `-wal` into the file. */
  checkpoint(): void {
    this.byAnother((other) => other.pragma('wal_checkpoint(TRUNCATE)'), 0);
  }

  /**
   * Somebody archives graphs that are over: all, or only some of their events. Whatever fails on the way is left to the next
   * time. Whether they are over, they know as everybody else does: from the log.
   */
  async archive(random: () => number): Promise<void> {
    const { archive } = this.log;
    const last = await this.log.readAll({ direction: 'backwards', limit: 1 })();
    if (E.isLeft(last) || last.right[0] === undefined) return;
    const { position } = last.right[0];
    const resting = await archive!.restingGraphs(position)();
    if (E.isLeft(resting)) return;
    const over: string[] = [];
    const judge = (graphId: string, history: readonly RecordedEvent[] | LogError) => {
      if (history instanceof LogError) return;
      const state = new GraphState(graphId);
      for (const event of history) state.apply(event);
      if (state.isSettled && state.unreadable === null) over.push(graphId);
    };
    const read = await this.log.readGraphs(
      resting.right.map(({ graphId }) => graphId),
      position,
      judge,
    )();
    if (E.isLeft(read)) return;
    const stop = new AbortController();
    const batches = between(random, 1, 4);
    const onBatch = ({ files }: Moved) => files >= batches && stop.abort();
    const sizes = { fileEventsMax: between(random, 1, 60), pieceEventsMax: between(random, 1, 20) };
    await archive!.move(over, position, { ...sizes, signal: stop.signal, onBatch })();
  }

  private byAnother(work: (other: Database) => unknown, ms: number): void {
    const other = new Sqlite(this.path, { timeout: 0 });
    try {
      work(other);
    } catch {
      // A third one has it locked.
    }
    setTimeout(() => other.close(), ms);
  }

  /** What may go wrong with a transaction: see {@link failing}. */
  transact<A>(work: () => A, call: (body: () => A) => A, name: string): A {
    const chance = this.chances.next('disk', name);
    if (chance.strikes('io-error')) throw new Sqlite.SqliteError('disk I/O error', 'SQLITE_IOERR_READ');
    const before = existsSync(`${this.path}-wal`) ? statSync(`${this.path}-wal`).size : 0;
    const result = call(() => {
      const done = work();
      if (chance.strikes('commit-full')) throw new Sqlite.SqliteError('database or disk is full', 'SQLITE_FULL');
      return done;
    });
    if (chance.strikes('power-cut')) this.cutPower(before, chance);
    if (chance.strikes('commit-unknown')) throw new Sqlite.SqliteError('disk I/O error', 'SQLITE_IOERR_FSYNC');
    return result;
  }

  read(): void {
    if (this.chances.next('disk', 'read').strikes('read-error'))
      throw new Sqlite.SqliteError('disk I/O error', 'SQLITE_IOERR_READ');
  }

  /** Copies the files as they would be after a power cut while the last commit was being written. */
  private cutPower(before: number, { random }: Calling): never {
    const old = this.path;
    const closing = this.log;
    this.cuts += 1;
    this.path = join(this.folder, `after-cut-${this.cuts}.db`);
    copyFileSync(old, this.path);
    // They are flushed before the commit, so that they are whole after the cut.
    if (existsSync(`${old}-archive`)) cpSync(`${old}-archive`, `${this.path}-archive`, { recursive: true });
    const journal = readFileSync(`${old}-wal`);
    const kept = before > journal.length ? 0 : before;
    const torn = Buffer.from(journal.subarray(0, between(random, kept, journal.length)));
    // Blocks may have reached the disk in another order, or not at all.
    if (random() < 0.5) torn.fill(0, between(random, kept, torn.length));
    writeFileSync(`${this.path}-wal`, torn);
    failing.delete(old);
    failing.set(this.path, this);
    this.log = this.open();
    this.onPowerCut();
    setTimeout(() => void closing.close(), 0);
    throw new Sqlite.SqliteError('disk I/O error', 'SQLITE_IOERR_WRITE');
  }

  private open(): EventLog {
    return openSqliteLog({ path: this.path, now: this.now, busyTimeoutMs });
  }

  private async close(): Promise<void> {
    failing.delete(this.path);
    await this.log.close();
    rmSync(this.folder, { recursive: true });
  }
}

/** The disks that fail, by the file on them. */
const failing = new Map<string, FailingDisk>();

type Transact = (...args: readonly unknown[]) => unknown;

/** Makes the driver ask the disk of each file before and after what it does. */
export function letDisksFail(): void {
  const { transaction } = Sqlite.prototype as unknown as { transaction: (this: Database, body: Transact) => unknown };
  type Modes = Record<'default' | 'immediate' | 'deferred' | 'exclusive', Transact>;
  Sqlite.prototype.transaction = function (this: Database, body: Transact) {
    const inMode =
      (mode: keyof Modes): Transact =>
      (...args) => {
        const run = (work: Transact) => (transaction.call(this, work) as Modes)[mode]();
        const disk = this.readonly || this.inTransaction ? undefined : failing.get(this.name);
        if (disk === undefined) return run(() => body(...args));
        // One that does not begin by writing only reads: nothing that it did can be lost.
        if (mode === 'default' || mode === 'deferred') disk.read();
        else return disk.transact(() => body(...args), run, 'transaction');
        return run(() => body(...args));
      };
    const [immediate, deferred, exclusive] = [inMode('immediate'), inMode('deferred'), inMode('exclusive')];
    const byDefault = inMode('default');
    return Object.assign(byDefault, { default: byDefault, immediate, deferred, exclusive, database: this }) as never;
  } as Database['transaction'];
  const statement = Object.getPrototypeOf(new Sqlite(':memory:').prepare('select 1')) as Record<'all', Transact>;
  const { all } = statement;
  statement.all = function (this: { readonly database: Database }, ...args: readonly unknown[]) {
    const disk = failing.get(this.database.name);
    if (disk !== undefined && !this.database.inTransaction) disk.read();
    return all.apply(this, args as never);
  };
}
