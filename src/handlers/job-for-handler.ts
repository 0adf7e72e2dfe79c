import type { AttemptInput } from '../domain/attempt-input.js';
import { copied, type Json } from '../prelude/json.js';
import type { RunningJob } from './handler.js';

/** What a handler is given that belongs to the run itself. */
interface OfTheRun {
  readonly signal: AbortSignal;
  readonly heartbeat: RunningJob['heartbeat'];
  readonly spawn: RunningJob['spawn'];
}

/**
 * The job as its handler sees it. Args, inputs, labels and details are copies, so that the handler may change them. What is
 * small is copied at once; the rest on first use, since most handlers use little of it.
 */
export function jobForHandler(input: AttemptInput, run: OfTheRun): RunningJob {
  const { graphId, id, type, attempt } = input;
  let parents: RunningJob['parents'] | null = null;
  const job = {
    graphId,
    id,
    type,
    status: 'started' as const,
    attempt,
    args: copiedIfSmall(input.args),
    inputs: copiedIfSmall(input.inputs),
    labels: copiedIfSmall(input.labels),
    details: copiedIfSmall(input.details),
    get parents() {
      return (parents ??= input.parents ?? {});
    },
    get signal() {
      return run.signal;
    },
    heartbeat: run.heartbeat,
    spawn: run.spawn,
  };
  for (const name of ['args', 'inputs', 'labels', 'details'] as const) {
    if (!isSmall(input[name])) Object.defineProperty(job, name, copiedOnUse(input[name]));
  }
  return job;
}

function copiedIfSmall<A extends Json>(value: A): A;
function copiedIfSmall(value: Json): Json {
  if (!isObject(value) || !isSmall(value)) return value;
  return Array.isArray(value) ? [...(value as readonly Json[])] : { ...value };
}

/** Whether copying a value takes less than putting it off. */
function isSmall(value: Json): boolean {
  if (!isObject(value)) return true;
  const items: readonly Json[] = Array.isArray(value) ? value : Object.values(value);
  return items.length <= smallMax && !items.some(isObject);
}

const smallMax = 8;

function isObject(value: Json): value is Exclude<Json, string | number | boolean | null> {
  return typeof value === 'object' && value !== null;
}

function copiedOnUse(value: Json): PropertyDescriptor {
  let own: unknown;
  let isOwn = false;
  const set = (given: unknown) => {
    own = given;
    isOwn = true;
  };
  const get = () => {
    if (!isOwn) set(copied(value));
    return own;
  };
  return { get, set, enumerable: true, configurable: true };
}
