import { type FSWatcher, watch } from 'node:fs';
import type { Statement } from 'better-sqlite3';

/** How often to poll in each mode; `idleUnwatchedMs` where the file system cannot be watched. */
const paces = { busyMs: 1, quietMs: 3, idleMs: 500, idleUnwatchedMs: 30 };
const quietAfterMs = 1000;
const idleAfterMs = 60_000;

/** Time and files, for a watch. Tests bring their own. */
export interface WatchClock {
  /** Milliseconds on a monotonic clock. */
  now(): number;
  /** Calls back once, later; returns how to cancel that. */
  setTimer(ms: number, callback: () => void): () => void;
  /** Calls back whenever a file changes; returns how to stop. Throws if the file cannot be watched. */
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
  /** A statement whose result changes with every commit of another connection. Throws if the file cannot be used. */
  readonly version: () => Statement;
  /** The file that every commit writes to. */
  readonly journal: string;
}

/**
 * Tells waiting readers that the file may have grown: at once after this process's own commits, within milliseconds after
 * those of others. SQLite has no notices between processes. But `pragma data_version` changes with every commit of
 * another connection, and costs a microsecond or two, so it is polled while somebody waits.
 *
 * While nobody waits, nothing is polled. While somebody does, it is in one of three modes:
 *
 * - busy: something happened within the last second, so more may. It is polled closely.
 * - quiet: nothing for a second. It is polled less often, to save the processor.
 * - idle: nothing for a minute. It is polled rarely, and the `-wal` is watched through the file system. A notice from
 *   there comes before the commit can be seen, so it only leads back to busy, where polling finds the commit.
 */
export class ChangeWatch {
  private readonly waiting = new Set<() => void>();
  private cancelTimer: (() => void) | null = null;
  private endWatch: (() => void) | null = null;
  private changedAt: number;
  /** The last version seen. The first poll always counts as a change: nothing is known of commits before it. */
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

  /** Ends polling and watching, until somebody waits again. */
  stop(): void {
    this.rest();
    this.unwatch();
  }

  /** Ends polling. The file stays watched: a reader that waits again and again would have to start that anew each time. */
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
      // There may be no such file, or too many files are watched already.
    }
    return this.endWatch !== null;
  }

  /** A commit is about to appear: from now on, poll closely. */
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
      // Readers find out what is wrong when they read.
      this.notify();
      return;
    }
    if (version === this.seen) return;
    this.seen = version;
    this.notify();
  }
}
