import { type FSWatcher, watch } from 'node:fs';
import type { Statement } from 'better-sqlite3';

/**
 * How often to ask. Closely while things happen, since more will; less often after a quiet second, to save the
 * processor. After a quiet minute seldom, and then the file system is to tell; where it cannot, somewhat more often.
 */
const paces = { busyMs: 1, quietMs: 3, idleMs: 500, idleUnwatchedMs: 30 };
const quietAfterMs = 1000;
const idleAfterMs = 60_000;

/** What a watch does by: tests give their own. */
export interface WatchClock {
  /** Milliseconds on a clock that is never set. */
  now(): number;
  /** Calls back once, later; returns how to take that back. */
  setTimer(ms: number, callback: () => void): () => void;
  /** Calls back when something is written to a file, or happens to it; returns how to end that. Throws if that cannot be. */
  watchFile(path: string, callback: () => void): () => void;
}

const systemClock: WatchClock = {
  now: () => performance.now(),
  setTimer: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
  watchFile: (path, callback) => {
    const watcher: FSWatcher = watch(path, { persistent: false }, callback);
    watcher.on('error', callback);
    return () => watcher.close();
  },
};

export interface WatchedFile {
  /** A statement whose result changes with every commit of another connection. Throws what keeps the file from being used. */
  readonly version: () => Statement;
  /** The file that every commit writes to. */
  readonly journal: string;
}

/**
 * Tells those who wait that the file may have grown: at once for this process's own commits, within milliseconds for
 * those of others. SQLite has no notices between processes; `pragma data_version` changes with every commit of another
 * connection and costs a microsecond or two, so it is asked while somebody waits.
 *
 * It is in one of three modes. *busy*: something happened within the last second. *quiet*: not for a second. *idle*: not
 * for a minute. The last one also watches the `-wal`. Its notice comes before the commit can be seen; so it only leads
 * back to being busy, and asking closely finds the commit a moment later.
 */
export class ChangeWatch {
  private readonly waiting = new Set<() => void>();
  private cancelTimer: (() => void) | null = null;
  private endWatch: (() => void) | null = null;
  private changedAt: number;
  /** The last answer. What others commit before the first one has been read by whoever waits, so that one is a change. */
  private seen: unknown = null;

  constructor(
    private readonly file: WatchedFile,
    private readonly clock: WatchClock = systemClock,
  ) {
    this.changedAt = clock.now();
  }

  onChange(callback: () => void): () => void {
    this.waiting.add(callback);
    if (this.cancelTimer === null) this.askLater();
    return () => {
      this.waiting.delete(callback);
      if (this.waiting.size === 0) this.rest();
    };
  }

  notify(): void {
    this.changedAt = this.clock.now();
    this.unwatch();
    for (const callback of [...this.waiting]) callback();
  }

  /** Ends all asking, until somebody waits again. */
  stop(): void {
    this.rest();
    this.unwatch();
  }

  /** Who waits in turns lets go of it between them: what watches the file is kept, since making it anew costs more. */
  private rest(): void {
    this.cancelTimer?.();
    this.cancelTimer = null;
  }

  private askLater(): void {
    this.cancelTimer = this.clock.setTimer(this.paceMs(), () => {
      this.cancelTimer = null;
      this.look();
      if (this.waiting.size > 0 && this.cancelTimer === null) this.askLater();
    });
  }

  private paceMs(): number {
    const quietMs = this.clock.now() - this.changedAt;
    if (quietMs < quietAfterMs) return paces.busyMs;
    if (quietMs < idleAfterMs) return paces.quietMs;
    return this.isWatching() ? paces.idleMs : paces.idleUnwatchedMs;
  }

  private isWatching(): boolean {
    try {
      this.endWatch ??= this.clock.watchFile(this.file.journal, () => this.wake());
    } catch {
      // There may be no file, or too many are watched already.
    }
    return this.endWatch !== null;
  }

  /** Something is about to happen: from now on it is asked closely. */
  private wake(): void {
    this.changedAt = this.clock.now();
    this.unwatch();
    if (this.cancelTimer === null) return;
    this.rest();
    this.askLater();
  }

  private unwatch(): void {
    this.endWatch?.();
    this.endWatch = null;
  }

  private look(): void {
    let version: unknown;
    try {
      version = this.file.version().get();
    } catch {
      // Whoever waits finds out what is wrong by reading.
      this.notify();
      return;
    }
    if (version === this.seen) return;
    this.seen = version;
    this.notify();
  }
}
