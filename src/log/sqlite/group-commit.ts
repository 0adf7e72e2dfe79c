import { setTimeout as delay } from 'node:timers/promises';
import { type Append, type AppendResult, type EncodedAppend, encodeAppends } from '../event-log.js';
import { isLocked } from './errors.js';
import { pauseBefore } from './when-free.js';

interface Waiting {
  readonly appends: readonly EncodedAppend[];
  /** When to give up on a locked file, on the monotonic clock. */
  readonly giveUpAt: number;
  readonly resolve: (results: readonly AppendResult[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Gathers the appends of one turn of the event loop and commits them together.
 *
 * It is idle until an append comes. Then it is gathering, to the end of the turn, and tries to commit. Either all are
 * committed, or all fail, and it is idle again. Or the file is locked: then they wait, those that come meanwhile join the
 * group after them, and the commit is tried again after a pause. Each append gives up by itself when it has waited for
 * `waitMs`.
 */
export class GroupCommit {
  private waiting: Waiting[] = [];
  private flushing: Promise<void> | null = null;

  constructor(
    private readonly commit: (appends: readonly EncodedAppend[]) => readonly AppendResult[],
    private readonly committed: () => void,
    private readonly waitMs: number,
  ) {}

  async add(requests: readonly Append[], path: string): Promise<readonly AppendResult[]> {
    const appends = encodeAppends(requests, path);
    return await new Promise((resolve, reject) => {
      this.waiting.push({ appends, giveUpAt: performance.now() + this.waitMs, resolve, reject });
      this.flushing ??= new Promise((flushed) => {
        setImmediate(() => {
          void this.flush().then(flushed);
        });
      });
    });
  }

  async settled(): Promise<void> {
    while (this.flushing !== null) await this.flushing;
  }

  /** Never rejects: the appends that wait hear what went wrong. */
  private async flush(): Promise<void> {
    for (let retry = 0; !this.tryToCommit(); retry++) await delay(pauseBefore(retry));
    this.flushing = null;
  }

  /** @returns whether no append waits any more */
  private tryToCommit(): boolean {
    const group = this.waiting;
    this.waiting = [];
    try {
      const results = this.commit(group.flatMap((each) => each.appends));
      let from = 0;
      for (const { appends, resolve } of group) resolve(results.slice(from, (from += appends.length)));
    } catch (error) {
      const now = performance.now();
      const patient = isLocked(error) ? group.filter(({ giveUpAt }) => giveUpAt > now) : [];
      for (const each of group) if (!patient.includes(each)) each.reject(error);
      this.waiting = patient;
      return patient.length === 0;
    }
    this.committed();
    return this.waiting.length === 0;
  }
}
