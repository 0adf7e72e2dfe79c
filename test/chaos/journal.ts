/**
 * What a process knows for certain, written down by itself: what the log has acknowledged to it, and what its handlers
 * were given. Each line is written before the process goes on, so that killing it takes nothing back. What was written to
 * a file outlives the process, whatever ends that; only a power cut could take it.
 */
import { openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { allAppends, type EventLog } from '../../src/log/event-log.js';

/** An event that the log has said it holds. */
export interface Acknowledged {
  readonly kind: 'acknowledged';
  readonly id: string;
  readonly type: string;
  readonly graphId: string;
  readonly jobId: string | null;
  readonly revision: number;
}

/** A handler that was begun. */
interface Run {
  readonly kind: 'run';
  readonly workerId: string;
  readonly graphId: string;
  readonly jobId: string;
  readonly attempt: number;
  /** The digest of each input, by the parent's id. */
  readonly inputs: Readonly<Record<string, string>>;
}

export type JournalLine = Acknowledged | Run;

export class Journal {
  private readonly file: number;

  constructor(path: string) {
    this.file = openSync(path, 'a');
  }

  write(lines: readonly JournalLine[]): void {
    if (lines.length > 0) writeSync(this.file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  }

  /** Has every append of a log written down, once it is acknowledged and before the caller hears of it. */
  follow(log: EventLog): void {
    const append = log.append.bind(log);
    log.append = (requests) => async () => {
      const results = await append(requests)();
      if (results._tag === 'Left') return results;
      const taken = allAppends(requests.filter((_, index) => results.right[index]!.appended));
      const lines = taken.flatMap(({ graphId, jobId, expectedRevision, events }) =>
        events.map(({ id, event }, at): Acknowledged => {
          const revision = expectedRevision + 1 + at;
          return { kind: 'acknowledged', id, type: event.type, graphId, jobId, revision };
        }),
      );
      this.write(lines);
      return results;
    };
  }
}

/** The last line counts only if it was written whole. */
export function readJournal(path: string): readonly JournalLine[] {
  const whole = readFileSync(path);
  return whole
    .subarray(0, whole.lastIndexOf('\n') + 1)
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as JournalLine);
}

export function journalBytes(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
