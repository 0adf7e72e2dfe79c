import { listIn } from '../../prelude/grouped.js';
import { type Append, type AppendResult, encodeAppends, LogError } from '../event-log.js';
import type { NamespaceMark } from './namespace-mark.js';
import type { WriteOutcome } from './protocol/batch-appends.js';
import type { Connection } from './protocol/connection.js';
import { asLogError, historyMissing } from './errors.js';
import { inParallel, pause } from './protocol/waiting.js';
import type { StoredEvents } from './event-encoding.js';
import type { Proposed } from './protocol/wire.js';

/** How many appends of one call are under way at once; more make it no faster (see docs/guide/eventstoredb.md). */
const appendsAtOnce = 256;
/** The pauses before an append whose outcome is unknown is sent again, and how long that goes on. */
const resend = { firstMs: 25, mostMs: 1000, forMs: 10_000 };

/** Events to append to one stream. */
export interface Sending {
  readonly stream: string;
  readonly expectedRevision: number;
  readonly events: readonly Proposed[];
}

export interface AppenderDependencies {
  readonly connection: Connection;
  readonly stored: StoredEvents;
  readonly namespaceMark: NamespaceMark;
  readonly address: string;
  /** Aborts when the log is closed. */
  readonly closing: AbortSignal;
}

/** Appends a namespace's events, many at a time. */
export class Appender {
  private underWay = 0;
  private onSettled = () => {};

  constructor(private readonly on: AppenderDependencies) {}

  async append(requests: readonly Append[]): Promise<readonly AppendResult[]> {
    if (requests.some(({ along }) => along !== undefined)) {
      throw new LogError('event-invalid', `${this.on.address} takes no appends to several streams together`);
    }
    const sendings = encodeAppends(requests, this.on.address).map((append) => ({
      stream: this.on.stored.streamName(append),
      expectedRevision: append.expectedRevision,
      events: append.events.map((event) => this.on.stored.propose(event, append.graphId)),
    }));
    return await this.sendEach(sendings);
  }

  /** Each succeeds or fails by itself. */
  async sendEach(sendings: readonly Sending[]): Promise<readonly AppendResult[]> {
    this.underWay += 1;
    try {
      if (!this.on.namespaceMark.isEnsured) await this.on.namespaceMark.ensure();
      const [only] = sendings;
      return sendings.length === 1 ? [await this.send(only!)] : await this.sendAll(sendings);
    } finally {
      this.underWay -= 1;
      if (this.underWay === 0) this.onSettled();
    }
  }

  /** Resolves when every append has its answer. */
  async settled(): Promise<void> {
    if (this.underWay === 0) return;
    await new Promise<void>((resolve) => {
      this.onSettled = resolve;
    });
  }

  /** Requests for different streams go side by side; those for one stream go one after another. */
  private async sendAll(sendings: readonly Sending[]): Promise<readonly AppendResult[]> {
    const ofStream = new Map<string, number[]>();
    sendings.forEach(({ stream }, index) => listIn(ofStream, stream).push(index));
    const results: AppendResult[] = new Array<AppendResult>(sendings.length);
    await inParallel(appendsAtOnce, [...ofStream.values()], async (indexes) => {
      for (const index of indexes) results[index] = await this.send(sendings[index]!);
    });
    return results;
  }

  private async send(sending: Sending): Promise<AppendResult> {
    const { stream, expectedRevision, events } = sending;
    const startedAt = performance.now();
    for (let waitMs = resend.firstMs; ; waitMs = Math.min(2 * waitMs, resend.mostMs)) {
      try {
        return this.resultOf(sending, await this.on.connection.append(stream, expectedRevision, events));
      } catch (error) {
        const problem = asLogError(error, this.on.address);
        if (problem.code === 'store-history-missing') return { appended: false, actualRevision: null, problem };
        const isLate = performance.now() - startedAt + waitMs > resend.forMs;
        if (!problem.isTransient || isLate || this.on.closing.aborted) throw problem;
      }
      // The same events under the same ids: the server recognises those that it has.
      await pause(waitMs, this.on.closing);
    }
  }

  private resultOf({ stream, expectedRevision, events }: Sending, outcome: WriteOutcome): AppendResult {
    if (!outcome.written) return { appended: false, actualRevision: outcome.actualRevision };
    const expected = expectedRevision + events.length;
    if (outcome.revision === expected) return { appended: true, revision: expected };
    // The server lets a deleted stream begin again, at revisions after those it had.
    const instead = `what should be its event ${expected} became event ${outcome.revision}`;
    const problem = historyMissing(`stream ${stream} of the store ${this.on.address} was deleted: ${instead}`);
    return { appended: false, actualRevision: null, problem };
  }
}
