import { assertAppendSizes, type Append, type AppendResult, LogError } from '../event-log.js';
import type { Beginning } from './beginning.js';
import type { WriteOutcome } from './batch-appends.js';
import type { Connection } from './connection.js';
import { asLogError, historyMissing } from './errors.js';
import { inParallel } from './parallel.js';
import type { StoredEvents } from './stored-events.js';
import type { Proposed } from './wire.js';

/** How many appends of one call are under way at once; more make it no faster (see docs/guide/eventstoredb.md). */
const appendsAtOnce = 256;
/** How long, and how often, an append whose outcome is unknown is sent again before its sender hears of it. */
const resend = { firstMs: 25, mostMs: 1000, forMs: 10_000 };

/** Appends a namespace's events, pipelined. */
export class Appender {
  private readonly underWay = new Set<Promise<unknown>>();

  constructor(
    private readonly connection: Connection,
    private readonly stored: StoredEvents,
    private readonly beginning: Beginning,
    private readonly address: string,
    private readonly closing: AbortSignal,
  ) {}

  async append(requests: readonly Append[]): Promise<readonly AppendResult[]> {
    assertAppendSizes(requests, this.address);
    const appending = this.appendAll(requests);
    this.underWay.add(appending);
    return await appending.finally(() => this.underWay.delete(appending));
  }

  /** Resolves when every append has its answer. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.underWay);
  }

  /**
   * Requests for different streams go side by side. Those for one stream go one after another: each is judged where the
   * one before has left the stream.
   */
  private async appendAll(requests: readonly Append[]): Promise<readonly AppendResult[]> {
    const ofStream = new Map<string, number[]>();
    requests.forEach((request, index) => {
      const name = this.stored.streamName(request);
      const indexes = ofStream.get(name);
      if (indexes === undefined) ofStream.set(name, [index]);
      else indexes.push(index);
    });
    await this.beginning.ensure();
    const results: AppendResult[] = new Array<AppendResult>(requests.length);
    await inParallel(appendsAtOnce, [...ofStream], async ([name, indexes]) => {
      for (const index of indexes) results[index] = await this.appendOne(name, requests[index]!);
    });
    return results;
  }

  private async appendOne(name: string, { graphId, expectedRevision, events }: Append): Promise<AppendResult> {
    const proposed = events.map((event) => this.stored.propose(event, graphId));
    const expected = expectedRevision + events.length;
    try {
      const outcome = await this.persist(name, expectedRevision, proposed);
      if (!outcome.written) return { appended: false, actualRevision: outcome.actualRevision };
      if (outcome.revision === expected) return { appended: true, revision: expected };
      // The server lets a stream that was deleted begin again, behind what it held.
      const instead = `what was to be its event ${expected} became event ${outcome.revision}`;
      throw historyMissing(`stream ${name} of the store ${this.address} was deleted: ${instead}`);
    } catch (error) {
      if (!(error instanceof LogError) || error.code !== 'store-history-missing') throw error;
      return { appended: false, actualRevision: null, problem: error };
    }
  }

  /** The same events under the same ids: the server recognises those it has. */
  private async persist(name: string, expectedRevision: number, events: readonly Proposed[]): Promise<WriteOutcome> {
    const startedAt = performance.now();
    for (let waitMs = resend.firstMs; ; waitMs = Math.min(2 * waitMs, resend.mostMs)) {
      try {
        return await this.connection.append(name, expectedRevision, events);
      } catch (error) {
        const problem = asLogError(error, this.address);
        const isLate = performance.now() - startedAt + waitMs > resend.forMs;
        if (!problem.isTransient || isLate || this.closing.aborted) throw problem;
      }
      await pause(waitMs, this.closing);
    }
  }
}

/** Waits, or stops waiting when the signal aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}
