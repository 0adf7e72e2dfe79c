import type { Statement } from 'better-sqlite3';

/** How often to ask: closely while things happen, since more will; less often after a quiet second, to save the processor. */
const pollMs = { busy: 1, quiet: 3 };
const quietAfterMs = 1000;

/**
 * Tells those who wait that the file may have grown: at once for this process's own commits, within milliseconds for
 * those of others. SQLite has no notices between processes; `pragma data_version` changes with every commit of another
 * connection and costs a microsecond or two, so it is asked while somebody waits. (Watching the `-wal` file lags one
 * write behind: its notice comes before the commit can be seen.)
 */
export class ChangeWatch {
  private readonly waiting = new Set<() => void>();
  private timer: NodeJS.Timeout | null = null;
  private changedAt = -Infinity;
  /** The last answer. What others commit before the first one has been read by whoever waits, so that one is a change. */
  private seen: unknown = null;
  private dataVersion: Statement | null = null;

  constructor(private readonly prepare: () => Statement) {}

  onChange(callback: () => void): () => void {
    this.waiting.add(callback);
    if (this.timer === null) this.askLater();
    return () => {
      this.waiting.delete(callback);
      if (this.waiting.size === 0) this.stop();
    };
  }

  notify(): void {
    this.changedAt = performance.now();
    for (const callback of [...this.waiting]) callback();
  }

  stop(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  private askLater(): void {
    const isBusy = performance.now() - this.changedAt < quietAfterMs;
    this.timer = setTimeout(
      () => {
        this.timer = null;
        this.look();
        if (this.waiting.size > 0 && this.timer === null) this.askLater();
      },
      isBusy ? pollMs.busy : pollMs.quiet,
    );
  }

  private look(): void {
    let version: unknown;
    try {
      this.dataVersion ??= this.prepare();
      version = this.dataVersion.get();
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
