import type { ProcessEnd } from './worker-process.js';

/** How a worker process ended, and what follows, in a sentence. */
export function endSentence({ pid, how, failure }: ProcessEnd, restartMs: number | null): string {
  const which = pid === undefined ? 'a worker process' : `worker process ${pid}`;
  const ended = pid === undefined ? `could not be started: ${how}` : `ended, by ${how}`;
  const why = failure === null ? '' : `: ${failure.message}`;
  const next = restartMs === null ? '' : `; another is started in ${(restartMs / 1000).toFixed(1)} s`;
  return `${which} ${ended}${why}${next}`;
}
