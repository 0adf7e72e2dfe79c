import type { AnswerOutcome } from '../domain/events.js';
import { cutMessage, limits } from '../domain/limits.js';
import { kindOf } from '../domain/graph-rules.js';
import { decideJob } from '../domain/job-decisions.js';
import { resultFrom } from '../domain/results.js';
import { defined } from '../prelude/defined.js';
import { OverseerError } from '../prelude/errors.js';
import { E } from '../prelude/fp.js';
import { type Json, jsonBytes, toJson } from '../prelude/json.js';
import { assertOptions } from '../prelude/known-names.js';
import { jobIn, loadGraph } from './load-graph.js';
import { commandJob } from './operate.js';
import { RejectedError } from './or-throw.js';
import { type Reason, stated } from './reason.js';
import type { Store } from './store.js';

/** Who answers a job from outside, why, and what a program may want to know of a failure. */
export interface FailJobOptions extends Reason {
  /** Kept with the failure, as a handler's error keeps its `data`: JSON. */
  readonly data?: unknown;
}

/**
 * Answers a job that its graph calls `external`: it has finished, with this result, and the jobs below it go on. Of two
 * answers at the same time one is recorded; the other is told what stands. A pause holds no answer back.
 *
 *     await finishJob(db, 'invoice-7', 'approval', { approved: true }, { by: 'kari', reason: 'checked the sum' })
 *
 * @param result JSON; nothing is null. It has the limit of what handlers return
 * @throws RejectedError `graph-not-found`, `job-not-found`, `job-not-external` if workers run the job, `job-not-ready` while
 *   it waits for others, `job-already-ended` if it was answered or aborted before, `graph-unreadable`; OverseerError
 *   `answer-invalid` if the result is no JSON or too large, `reason-invalid`
 */
export async function finishJob(
  store: Store,
  graphId: string,
  jobId: string,
  result: unknown,
  why: Reason = {},
): Promise<void> {
  const checked = resultFrom(result);
  if (E.isLeft(checked)) throw invalid(`the ${checked.left}`);
  await answerJob(store, graphId, jobId, { kind: 'finished', result: checked.right }, stated(store, why, ''));
}

/**
 * Answers a job that its graph calls `external`: it has failed for good, and what depends on its success is blocked. It can
 * be retried; then it waits for another answer.
 *
 *     await failJob(db, 'invoice-7', 'approval', 'the sum is wrong', { by: 'kari' })
 *
 * @param message what went wrong, for people to read; cut to the limit of messages
 * @throws as {@link finishJob} does; OverseerError `answer-invalid` if the message is empty or the data no JSON
 */
export async function failJob(
  store: Store,
  graphId: string,
  jobId: string,
  message: string,
  options: FailJobOptions = {},
): Promise<void> {
  assertOptions<FailJobOptions>('failJob', options, { by: true, reason: true, data: true });
  const { data, ...why } = options;
  const failure = failureAnswered(message, data);
  await answerJob(store, graphId, jobId, { kind: 'failed', failure }, stated(store, why, ''));
}

/** @internal What is recorded of a failure that somebody outside tells. */
export function failureAnswered(message: string, data?: unknown) {
  if (typeof message !== 'string') throw invalid(`the message is ${kindOf(message)}, not a string`);
  if (message.trim() === '') throw invalid('the message is empty; say what went wrong');
  const told = { reason: 'system/answer', exception: 'FailedFromOutside', message: cutMessage(message) };
  const failure = defined({ ...told, data: data === undefined ? undefined : checkedData(data) });
  const bytes = jsonBytes(failure);
  if (bytes <= limits.failureBytesMax) return failure;
  throw invalid(`the failure takes ${bytes} bytes as JSON; the limit is ${limits.failureBytesMax}`);
}

function checkedData(data: unknown): Json {
  const json = toJson(data, 'data');
  if (E.isLeft(json)) throw invalid(`the ${json.left}`);
  return json.right;
}

async function answerJob(
  store: Store,
  graphId: string,
  jobId: string,
  outcome: AnswerOutcome,
  { by, reason }: Required<Reason>,
): Promise<void> {
  const command = { kind: 'answer', by, reason, outcome } as const;
  await commandJob(store, graphId, jobId, command);
  // The abort of a graph is in another stream: one that was recorded just before stands, and the answer came too late.
  const graph = await loadGraph(store, graphId);
  if (graph.abort === null) return;
  const job = jobIn(graph, jobId);
  if (job.state.answer !== null) return;
  const decision = decideJob(job.subject(), command);
  if (E.isLeft(decision)) throw new RejectedError(decision.left);
}

function invalid(message: string): OverseerError {
  return new OverseerError('answer-invalid', message);
}
