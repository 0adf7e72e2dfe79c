import type { AttemptInput } from '../domain/attempt-input.js';
import { copied } from '../prelude/json.js';
import type { RunningJob } from './handler.js';

/** What a handler is given that belongs to the run itself. */
interface OfTheRun {
  readonly signal: AbortSignal;
  readonly heartbeat: RunningJob['heartbeat'];
}

/**
 * The job as its handler sees it. Args, inputs, labels and details are copies, so that the handler may change them. They are
 * made on first use: most handlers use few of them.
 */
export function jobForHandler(input: AttemptInput, run: OfTheRun): RunningJob {
  let { args, inputs, labels, details }: Partial<AttemptInput> = {};
  const job = {
    graphId: input.graphId,
    id: input.id,
    type: input.type,
    status: 'started' as const,
    attempt: input.attempt,
    get args() {
      return (args ??= copied(input.args));
    },
    set args(own) {
      args = own;
    },
    get inputs() {
      return (inputs ??= copied(input.inputs));
    },
    set inputs(own) {
      inputs = own;
    },
    get labels() {
      return (labels ??= copied(input.labels));
    },
    set labels(own) {
      labels = own;
    },
    get details() {
      return (details ??= copied(input.details));
    },
    set details(own) {
      details = own;
    },
    get signal() {
      return run.signal;
    },
    heartbeat: run.heartbeat,
  };
  return job;
}
