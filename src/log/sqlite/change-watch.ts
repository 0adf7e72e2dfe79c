import type { Statement } from 'better-sqlite3';

const pollMs = 2;

/**
 * Tells those who wait that the file may have grown: at once for this process's own commits, within milliseconds for
 * those of others. SQLite has no notices between processes; `pragma data_version` changes with every commit of another
 * connection and costs a microsecond or two, so it is asked while somebody waits. (Watching the `-wal` file lags one
 * write behind: its notice comes before the commit can be seen.)
 */
export class ChangeWatch {
  private readonly waiting = new Set<() => void>();
  private timer: NodeJS.Timeout | null = null;
  private seen: unknown = null;
  private dataVersion: Statement | null = null;

  constructor(private readonly prepare: () => Statement) {}

  onChange(callback: () => void): () => void {
    this.waiting.add(callback);
    if (this.timer === null) {
      // What others committed before now may not have been read yet: the first look counts as a change unless it is known.
      this.timer = setInterval(() => this.look(), pollMs);
    }
    return () => {
      this.waiting.delete(callback);
      if (this.waiting.size === 0) this.stop();
    };
  }

  notify(): void {
    for (const callback of [...this.waiting]) callback();
  }

  stop(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
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
