import { type RecordedAttempt, recordedAttempt as attemptIn, type RecordedOutcome } from './recorded-attempt.js';
import { type Patch, patchBetween } from '../../prelude/json-patch.js';
import type { Handler } from '../../handlers/handler.js';
import { type HandlerBeat, type HandlerOutcome, rerun, type RerunOptions } from '../../handlers/rerun.js';
import type { Json } from '../../prelude/json.js';
import { allowed, orThrow } from '../../store/or-throw.js';
import type { Store } from '../../store/store.js';
import { assertOptions } from '../../prelude/known-names.js';
import { missingGraph } from '../../store/load-graph.js';
import { completesSubmission } from '../../domain/submission.js';

/**
 * The record of an attempt that has ended: all that its handler was given, and how it ended. Plain data, for
 * {@link replayAttempt} or a test of your own.
 *
 * @param options.attempt from 1; the last one that has ended, unless given
 * @throws RejectedError `graph-not-found`, `job-not-found`, `attempt-not-found` or `attempt-not-ended`
 */
export async function recordedAttempt(
  store: Store,
  graphId: string,
  jobId: string,
  options: { readonly attempt?: number } = {},
): Promise<RecordedAttempt> {
  assertOptions<{ readonly attempt?: number }>('recordedAttempt', options, { attempt: true });
  const { attempt } = options;
  const events = await orThrow(store.log.readGraph(graphId));
  if (!events.some(completesSubmission)) throw await missingGraph(store, graphId);
  return allowed(attemptIn(graphId, events, jobId, attempt));
}

/**
 * Whether a replay ended as the attempt did. `incomparable`: something else ended the attempt (a timeout, a lost lease, an
 * abort), so nobody knows how its handler would have ended.
 */
export type ReplayVerdict = 'same' | 'different' | 'incomparable';

/** The result of a replay. */
export interface Replay {
  readonly verdict: ReplayVerdict;
  readonly recorded: RecordedOutcome;
  readonly replayed: HandlerOutcome;
  /**
   * From the recorded outcome to the replayed one, as operations of RFC 6902: results and spawned jobs are compared, or
   * failures, or aborts.
   * Of an exception the class and the message count, of an abort its message and whether it was silent.
   */
  readonly differences: Patch;
  /** The heartbeats that the handler sent; they were written nowhere. */
  readonly heartbeats: readonly HandlerBeat[];
}

/**
 * Runs a handler here on exactly what an attempt was given, and compares the two outcomes. It is given
 * no store and no log, so that nothing can be written; what the handler itself does to the world, it does again.
 *
 * @param handler of the job's type: the one that ran then, or another
 */
export async function replayAttempt(
  recorded: RecordedAttempt,
  handler: Handler,
  options: RerunOptions = {},
): Promise<Replay> {
  assertOptions<RerunOptions>('replayAttempt', options, { signal: true, onHeartbeat: true });
  const heartbeats: HandlerBeat[] = [];
  const onHeartbeat = (beat: HandlerBeat) => {
    heartbeats.push(beat);
    options.onHeartbeat?.(beat);
  };
  const replayed = await rerun(handler, recorded, { ...options, onHeartbeat });
  return { ...compared(recorded.outcome, replayed), recorded: recorded.outcome, replayed, heartbeats };
}

function compared(recorded: RecordedOutcome, replayed: HandlerOutcome): Pick<Replay, 'verdict' | 'differences'> {
  const before = essenceOfRecorded(recorded);
  if (before === null) return { verdict: 'incomparable', differences: [] };
  const differences = patchBetween(before, essenceOfReplayed(replayed));
  return { verdict: differences.length === 0 ? 'same' : 'different', differences };
}

/** @internal Whether a handler ended its attempt itself, so that a replay can be compared with it. */
export function isFromHandler(outcome: RecordedOutcome): boolean {
  return essenceOfRecorded(outcome) !== null;
}

/** What is compared of an outcome; null if it did not come from the handler. */
function essenceOfRecorded(outcome: RecordedOutcome): Json | null {
  if (outcome.kind === 'finished') return essenceOfFinished(outcome);
  if (outcome.kind === 'aborted') {
    const { byHandler, message, silent } = outcome;
    return byHandler ? { aborted: { message, silent } } : null;
  }
  if (outcome.kind === 'skipped') return { skipped: outcome.reason };
  // For how long may follow from the time of day, which is another now.
  if (outcome.kind === 'deferred') return { deferred: outcome.reason };
  const { cause, failure } = outcome;
  if (cause !== 'fault' && cause !== 'exception') return null;
  return { [cause]: { exception: failure.exception, message: failure.message } };
}

function essenceOfFinished({ result, spawned }: Extract<HandlerOutcome, { readonly kind: 'finished' }>): Json {
  return spawned === undefined ? { result } : { result, spawned: spawned as unknown as Json };
}

function essenceOfReplayed(outcome: HandlerOutcome): Json {
  if (outcome.kind === 'finished') return essenceOfFinished(outcome);
  if (outcome.kind === 'aborted') return { aborted: { message: outcome.message, silent: outcome.silent } };
  if (outcome.kind === 'skipped') return { skipped: outcome.reason };
  if (outcome.kind === 'deferred') return { deferred: outcome.reason };
  const { kind, failure } = outcome;
  return { [kind]: { exception: failure.exception, message: failure.message } };
}
