import { OverseerError } from '../../prelude/errors.js';
import type { Handler, Handlers, RunningJob } from '../../handlers/handler.js';
import { thrownAt } from '../output/thrown-at.js';
import { listed } from '../../prelude/phrases.js';

/** The jobs whose handlers run in this process, as GRAPH/JOB. */
const running = new Set<string>();
/** What to do about a run that ended too early. */
let advice = '';

/** The same handlers, keeping note of the jobs they run: if one ends the process, the message names them. */
export function watchedHandlers(handlers: Handlers): Handlers {
  return Object.fromEntries(Object.entries(handlers).map(([type, handler]) => [type, watched(handler)]));
}

/** Sets what to advise if a handler ends this process. */
export function adviseAfterEarlyEnd(sentence: string): void {
  advice = `; ${sentence}`;
}

/**
 * The error of a process that ends before its command has.
 *
 * @param isCalled whether `process.exit` was called; otherwise nothing was left to wait for
 */
export function earlyEnd(isCalled: boolean): OverseerError {
  const what = [...running];
  const meanwhile = what.length === 0 ? 'before the command had ended' : `while ${listed(what)} ran`;
  const cause = isCalled
    ? `process.exit was called ${meanwhile}${thrownAt(new Error('the process ends'))}`
    : `nothing was left to wait for ${meanwhile}: a promise never settles`;
  const held =
    what.length === 0
      ? ''
      : '; what was running stays started until its lease ends; then any worker on the graph takes it over';
  return new OverseerError('process-ended', `${cause}${held}${advice}`);
}

function watched(handler: Handler): Handler {
  if (typeof handler === 'function') return watchedStage(handler);
  const { preProcess, process: main, postProcess } = handler;
  return {
    process: watchedStage(main.bind(handler)),
    ...(preProcess !== undefined && { preProcess: watchedStage(preProcess.bind(handler)) }),
    ...(postProcess !== undefined && { postProcess: watchedStage(postProcess.bind(handler)) }),
  };
}

function watchedStage<Rest extends unknown[]>(stage: (job: RunningJob, ...rest: Rest) => unknown) {
  return async (job: RunningJob, ...rest: Rest): Promise<unknown> => {
    const place = `${job.graphId}/${job.id}`;
    running.add(place);
    try {
      return await stage(job, ...rest);
    } finally {
      running.delete(place);
    }
  };
}
