import { OverseerError } from '../../prelude/errors.js';
import type { Handler, Handlers, RunningJob } from '../../handlers/handler.js';
import { placeIn } from '../output/thrown-at.js';
import { listed } from '../output/phrases.js';

/** The jobs whose handlers run in this process, by graph and id. */
const running = new Set<string>();
/** What to do about a run that ended too early. */
let advice = '';

/** The same handlers, of which is known what they run: should one end the process, that can be told. */
export function watchedHandlers(handlers: Handlers): Handlers {
  return Object.fromEntries(Object.entries(handlers).map(([type, handler]) => [type, watched(handler)]));
}

/** Says how to go on, should this process be ended by a handler. */
export function adviseAfterEarlyEnd(sentence: string): void {
  advice = `; ${sentence}`;
}

/**
 * The process ends while a command is under way, and not because of the command.
 *
 * @param isCalled whether somebody has called `process.exit`, as opposed to nothing being left to wait for
 */
export function earlyEnd(isCalled: boolean): OverseerError {
  const what = [...running];
  const meanwhile = what.length === 0 ? 'before the command had ended' : `while ${listed(what)} ran`;
  const cause = isCalled
    ? `process.exit was called ${meanwhile}${placeIn(new Error('the process ends'))}`
    : `nothing was left to wait for ${meanwhile}: a promise never settles`;
  const held =
    what.length === 0
      ? ''
      : '; what ran stays started until its lease ends, and is then taken up by whoever works on the graph';
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
