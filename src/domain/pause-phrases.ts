/** How pauses are written for people. */
import { absurd } from '../prelude/absurd.js';
import { inShort, localTime } from '../prelude/phrases.js';
import type { Pause } from './pauses.js';
import type { Paint } from './status-phrases.js';

const reasonMax = 200;

/** `jobs of type fetch are paused since 2026-03-01 12:00:00 by ann@host: the site is down` */
export function pauseLine(pause: Pause): string {
  return `${subjectOf(pause)} paused since ${whoAndWhy(pause)}`;
}

/** `2026-03-01 12:00:00 by ann@host: the site is down` */
export function whoAndWhy({ at, by, reason }: Pick<Pause, 'at' | 'by' | 'reason'>): string {
  return `${localTime(at)} by ${by}: ${inShort(reason, reasonMax)}`;
}

function subjectOf({ scope, type, graphId }: Pause): string {
  switch (scope) {
    case 'namespace':
      return 'all work is';
    case 'type':
      return `jobs of type ${type} are`;
    case 'graph':
      return `graph ${graphId} is`;
    default:
      return absurd(scope);
  }
}

/** The words of the command that ends a pause. */
export function resumeWords({ scope, type, graphId }: Pause): readonly string[] {
  switch (scope) {
    case 'namespace':
      return ['resume', '--all'];
    case 'type':
      return ['resume', '--type', type!];
    case 'graph':
      return ['resume', graphId!];
    default:
      return absurd(scope);
  }
}

/** All the pauses that hold any of some things back, each once. */
export function distinctPauses(held: Iterable<{ readonly pauses: readonly Pause[] }>): readonly Pause[] {
  const found = new Map<string, Pause>();
  for (const { pauses } of held) {
    for (const pause of pauses) found.set(resumeWords(pause).join(' '), pause);
  }
  return [...found.values()];
}

/** Pauses as names and values. */
export function pausedPairs(pauses: readonly Pause[], paint: Paint): [string, string][] {
  return pauses.map((pause) => ['paused', paint.yellow(pauseLine(pause))]);
}
