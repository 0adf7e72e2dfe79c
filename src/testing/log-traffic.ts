import { allAppends, type Append, type AppendResult, streamKey } from '../log/event-log.js';

/** What has been appended to a test's log, as far as it concerns how time may pass. */
export class LogTraffic {
  /** Grows whenever the log has. */
  changes = 0;
  private readonly started = new Set<string>();
  private hasForeignEvents = false;

  /** Whether no job runs. Says no when in doubt: then time passes in smaller steps. */
  get isIdle(): boolean {
    return this.started.size === 0 && !this.hasForeignEvents;
  }

  appended(requests: readonly Append[], results: readonly AppendResult[]): void {
    this.changes += 1;
    for (const append of allAppends(requests.filter((_, index) => results[index]!.appended))) {
      for (const { event } of append.events) this.note(streamKey(append), event.type);
    }
  }

  restored(): void {
    this.changes += 1;
    this.hasForeignEvents = true;
  }

  private note(stream: string, type: string): void {
    if (type === 'JobStarted') this.started.add(stream);
    else if (type !== 'Heartbeat') this.started.delete(stream);
  }
}
