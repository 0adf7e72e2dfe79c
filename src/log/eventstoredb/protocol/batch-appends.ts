import type { ClientDuplexStream } from '@grpc/grpc-js';
import { convertToCommandError, UnavailableError, WrongExpectedVersionError } from '@eventstore/db-client';
import { randomUUID } from 'node:crypto';
import type { AppendAnswer, AppendRequest, Proposed } from './wire.js';

export type WriteOutcome =
  { readonly written: true; readonly revision: number } | { readonly written: false; readonly actualRevision: number };

/** How long an answer may take. The server gives up a write after 2 s; when its leader dies, some answers never come. */
const answerMs = 4000;

interface Waiting {
  readonly since: number;
  readonly resolve: (outcome: WriteOutcome) => void;
  readonly reject: (error: Error) => void;
}

/**
 * The appends that are under way on one call to the server.
 *
 * The call is open until it fails or the server ends it; then it is over for good, and whoever appends needs a new one.
 * While it is open, an append waits for the answer with its correlation id. It ends in one of four ways: the answer says
 * that it was written, or that the revision was wrong; the answer is an error; no answer comes for {@link answerMs}, and
 * it is given up while the call goes on; the call ends, and all that wait fail together. In the last two nobody
 * knows whether the server has written it.
 */
export class BatchAppends {
  /** By correlation id, oldest first. */
  private readonly waiting = new Map<string, Waiting>();
  private isOver = false;
  /** Runs while an append waits. */
  private patience: NodeJS.Timeout | null = null;

  /** @param onError called whenever an append fails, and when the call ends */
  constructor(
    private readonly call: ClientDuplexStream<AppendRequest, AppendAnswer>,
    private readonly onError: () => void,
  ) {
    call.on('data', (answer: AppendAnswer) => this.answered(answer));
    call.on('error', (error: Error) => this.failAll(convertToCommandError(error)));
    call.on('end', () => {
      this.failAll(new UnavailableError(undefined, 'the server ended the call'));
      call.end(); // The client opens another call only after this.
    });
  }

  get isIdle(): boolean {
    return this.waiting.size === 0;
  }

  append(stream: string, expectedRevision: number, events: readonly Proposed[]): Promise<WriteOutcome> {
    return new Promise((resolve, reject) => {
      if (this.isOver) return reject(new UnavailableError(undefined, 'the server has ended the call'));
      const correlationId = randomUUID();
      this.waiting.set(correlationId, { since: performance.now(), resolve, reject });
      this.patience ??= setTimeout(() => this.giveUpLate(), answerMs);
      // The sender bounds how many are under way (see appender.ts), and with that what is buffered here.
      this.call.write({ correlationId, stream, expectedRevision, events });
    });
  }

  private answered({ correlationId, outcome }: AppendAnswer): void {
    const waiting = this.waiting.get(correlationId);
    if (waiting === undefined) return; // It was given up earlier.
    this.waiting.delete(correlationId);
    if (typeof outcome === 'number') waiting.resolve({ written: true, revision: outcome });
    else if (outcome instanceof WrongExpectedVersionError) {
      // A bigint, or a word for a stream that does not exist.
      const { actualVersion } = outcome;
      const actualRevision = typeof actualVersion === 'bigint' ? Number(actualVersion) : -1;
      waiting.resolve({ written: false, actualRevision });
    } else {
      this.onError();
      waiting.reject(outcome);
    }
  }

  private giveUpLate(): void {
    this.patience = null;
    const now = performance.now();
    for (const [correlationId, { since, reject }] of this.waiting) {
      if (now - since < answerMs) {
        this.patience = setTimeout(() => this.giveUpLate(), answerMs - (now - since));
        return;
      }
      this.waiting.delete(correlationId);
      this.onError();
      reject(new UnavailableError(undefined, `the server has not answered an append for ${answerMs / 1000} s`));
    }
  }

  private failAll(error: Error): void {
    this.isOver = true;
    this.onError();
    if (this.patience !== null) clearTimeout(this.patience);
    this.patience = null;
    const all = [...this.waiting.values()];
    this.waiting.clear();
    for (const { reject } of all) reject(error);
  }
}
