/**
 * Runs a handler on an attempt that is given as plain data. Nothing that this file can reach writes to a log.
 */
import type { AttemptInput } from '../domain/attempt-input.js';
import type { Failure } from '../domain/events.js';
import { E } from '../prelude/fp.js';
import type { Json } from '../prelude/json.js';
import { type Handler, invokeHandler, type RunningJob } from './handler.js';
import { checkedBeat, checkedResult, inspected } from './output.js';
import { jobForHandler } from './job-for-handler.js';
import { isAbort, isDefer, isFault } from './signals.js';
import { Spawning } from './spawning.js';
import { spawnedIn, type SpawnedDefinitions } from '../domain/spawn.js';

/** How a handler ended. */
export type HandlerOutcome =
  | { readonly kind: 'finished'; readonly result: Json; readonly spawned?: SpawnedDefinitions }
  /** It threw: `fault` if it called `fault(…)`, so that the job is tried again. */
  | { readonly kind: 'fault' | 'exception'; readonly failure: Failure; readonly stack: string | null }
  | { readonly kind: 'aborted'; readonly message: string; readonly silent: boolean }
  | { readonly kind: 'skipped'; readonly reason: string }
  | { readonly kind: 'deferred'; readonly reason: string };

/** A heartbeat that the handler sent. */
export interface HandlerBeat {
  readonly details: Json;
  readonly progress: number | null;
}

export interface RerunOptions {
  /** Passed to the handler. */
  readonly signal?: AbortSignal;
  /** Called at once for each heartbeat. */
  readonly onHeartbeat?: (beat: HandlerBeat) => void;
}

/** Runs a handler to its end, without a time limit. Everything it can do wrong becomes an outcome. */
export async function rerun(
  handler: Handler,
  input: AttemptInput,
  { signal = new AbortController().signal, onHeartbeat = () => {} }: RerunOptions = {},
): Promise<HandlerOutcome> {
  let isRunning = true;
  const { id, args } = input;
  // Of its graph, an attempt by itself knows nothing.
  const spawner = { id, args, isMemoized: false, jobsInGraph: 0, isJob: () => false };
  const spawning = new Spawning(spawner, () => isRunning);
  const job = jobForHandler(input, { signal, heartbeat: localHeartbeat(onHeartbeat), spawn: spawning.spawn });
  try {
    const result = checkedResult(await invokeHandler(handler, job));
    if (E.isLeft(result)) return outcomeOf(result.left);
    return { kind: 'finished', result: result.right, ...spawnedIn(spawning.parts()) };
  } catch (error) {
    return outcomeOf(error);
  } finally {
    isRunning = false;
  }
}

function outcomeOf(error: unknown): HandlerOutcome {
  const { signal, failure, stack = null } = inspected(error, 'threw');
  if (signal === null) return { kind: 'exception', failure, stack };
  if (isFault(signal)) return { kind: 'fault', failure, stack };
  if (isAbort(signal)) return { kind: 'aborted', message: signal.message, silent: signal.isSilent };
  if (isDefer(signal)) return { kind: 'deferred', reason: signal.message };
  return { kind: 'skipped', reason: signal.message };
}

function localHeartbeat(heard: (beat: HandlerBeat) => void): RunningJob['heartbeat'] {
  return (details, progress) => {
    const checked = checkedBeat(details, progress);
    if (E.isRight(checked)) {
      heard({ details: checked.right ?? null, progress: progress ?? null });
      return Promise.resolve();
    }
    const refused = Promise.reject<void>(checked.left);
    // A handler need not wait for its heartbeats; a failed one must not become an unhandled rejection.
    refused.catch(() => {});
    return refused;
  };
}
