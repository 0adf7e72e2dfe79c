import type { ClientDuplexStream } from '@grpc/grpc-js';
import { convertToCommandError, ErrorType, UnavailableError, WrongExpectedVersionError } from '@eventstore/db-client';
import { randomUUID } from 'node:crypto';
import { BatchAppendReq, type BatchAppendResp, Empty, StreamIdentifier, unpackToCommandError, UUID } from './wire.js';

/** An event as the server is to store it. */
export interface Proposed {
  readonly id: string;
  readonly type: string;
  readonly contentType: 'application/json' | 'application/octet-stream';
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
}

export type WriteOutcome =
  { readonly written: true; readonly revision: number } | { readonly written: false; readonly actualRevision: number };

/** How long an answer may take. The server itself gives a write up after 2 s; where its leader dies, some answers never come. */
const answerMs = 4000;

interface Waiting {
  readonly stream: string;
  readonly resolve: (outcome: WriteOutcome) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/** The appends that are under way on one call to the server. When the call fails, these have an unknown outcome. */
export class BatchAppends {
  private readonly waiting = new Map<string, Waiting>();

  constructor(private readonly call: ClientDuplexStream<BatchAppendReq, BatchAppendResp>) {
    call.on('data', (response: BatchAppendResp) => this.answered(response));
    call.on('error', (error: Error) => this.failed(convertToCommandError(error)));
    call.on('end', () => this.failed(new UnavailableError(undefined, 'the server ended the call')));
  }

  async append(stream: string, expectedRevision: number, events: readonly Proposed[]): Promise<WriteOutcome> {
    const correlationId = randomUUID();
    const answer = new Promise<WriteOutcome>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting.delete(correlationId);
        reject(new UnavailableError(undefined, `the server has not answered an append for ${answerMs / 1000} s`));
      }, answerMs);
      this.waiting.set(correlationId, { stream, resolve, reject, timer });
    });
    // How much may be under way is bounded by whoever sends (see appender.ts), and so is what is buffered here.
    this.call.write(requestOf(correlationId, stream, expectedRevision, events));
    return await answer;
  }

  private answered(response: BatchAppendResp): void {
    const correlationId = response.getCorrelationId()?.getString() ?? '';
    const waiting = this.waiting.get(correlationId);
    if (waiting === undefined) return; // It was given up before.
    this.waiting.delete(correlationId);
    clearTimeout(waiting.timer);
    const problem = response.getError();
    if (problem === undefined) {
      waiting.resolve({ written: true, revision: Number(response.getSuccess()!.getCurrentRevision()) });
      return;
    }
    const error = unpackToCommandError(problem, waiting.stream);
    if (error instanceof WrongExpectedVersionError && error.type === ErrorType.WRONG_EXPECTED_VERSION) {
      const { actualVersion } = error; // A bigint, or a word for a stream that is not there.
      waiting.resolve({
        written: false,
        actualRevision: typeof actualVersion === 'bigint' ? Number(actualVersion) : -1,
      });
    } else waiting.reject(error);
  }

  private failed(error: Error): void {
    const all = [...this.waiting.values()];
    this.waiting.clear();
    for (const { reject, timer } of all) {
      clearTimeout(timer);
      reject(error);
    }
  }
}

/**
 * No deadline goes with it: the server would compare it with its own clock, and refuse everything from a host whose
 * clock is behind.
 */
function requestOf(
  correlationId: string,
  stream: string,
  expectedRevision: number,
  events: readonly Proposed[],
): BatchAppendReq {
  const options = new BatchAppendReq.Options().setStreamIdentifier(
    new StreamIdentifier().setStreamName(Buffer.from(stream)),
  );
  if (expectedRevision < 0) options.setNoStream(new Empty());
  else options.setStreamPosition(String(expectedRevision));
  const request = new BatchAppendReq()
    .setCorrelationId(new UUID().setString(correlationId))
    .setOptions(options)
    .setIsFinal(true);
  for (const { id, type, contentType, data, metadata } of events) {
    const message = new BatchAppendReq.ProposedMessage()
      .setId(new UUID().setString(id))
      .setData(data)
      .setCustomMetadata(metadata);
    message.getMetadataMap().set('type', type).set('content-type', contentType);
    request.addProposedMessages(message);
  }
  return request;
}
