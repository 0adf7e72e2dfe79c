/** How statuses and what went wrong are written for people. */
import { inShort, localTime, thousands } from '../prelude/phrases.js';
import type { Failure } from './events.js';
import { type DerivedStatus, derivedStatuses, type GraphStatus } from './graph.js';
import type { MemoizedFrom } from './memoize.js';

/** Puts text into a colour, for whatever it is shown on. */
export type Paint = Readonly<
  Record<'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'magenta' | 'cyan' | 'blue', (text: string) => string>
>;

/** What went wrong, in a line: `TypeError: x is not a function`. */
export function failureInShort({ exception, message }: Failure, lengthMax = 200): string {
  return inShort(message === null || message === '' ? exception : `${exception}: ${message}`, lengthMax);
}

/** Where a remembered result comes from: `remembered from GRAPH/JOB, which finished at …`. */
export function rememberedFrom({ graphId, jobId, finishedAt }: MemoizedFrom): string {
  return `remembered from ${graphId}/${jobId}, which finished at ${localTime(finishedAt)}`;
}

/** `3 finished, 1 failed`. */
export function countsInWords(counts: Readonly<Partial<Record<DerivedStatus, number>>>, paint: Paint): string {
  // What is done, under way, to come, and what went wrong.
  const said = derivedStatuses.flatMap((status) => {
    const count = counts[status] ?? 0;
    return count === 0 ? [] : [colourOf(status, paint)(`${thousands(count)} ${status}`)];
  });
  return said.join(', ');
}

/** A status, or another text that tells of it, in its colour. */
export function coloured(
  status: DerivedStatus | GraphStatus | 'unstarted',
  paint: Paint,
  text: string = status,
): string {
  return colourOf(status, paint)(text);
}

function colourOf(status: DerivedStatus | GraphStatus | 'unstarted', paint: Paint): (text: string) => string {
  switch (status) {
    case 'finished':
      return paint.green;
    case 'skipped':
      return paint.blue;
    case 'failed':
      return paint.red;
    case 'aborted':
    case 'blocked':
      return paint.magenta;
    case 'started':
    case 'running':
      return paint.cyan;
    case 'backing-off':
    case 'deferred':
    case 'delayed':
    case 'awaiting':
      return paint.yellow;
    case 'ready':
    case 'waiting':
    case 'unstarted':
      return paint.dim;
  }
}
