import { defined } from '../prelude/defined.js';
import { isoTime } from '../prelude/iso-time.js';
import { shownName } from '../prelude/known-names.js';
import { demand, inWords, kindOf, refuse, type Sentence } from './graph-rules.js';
import type { GraphTimes, Job } from './job-graph.js';
import { longestDelayMs } from './retry-policy.js';

/** An instant in text: a date and a time, with a zone. */
const instantPattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)$/;
/** What is later is a slip: nobody waits for it. */
const lastInstant = Date.parse('2199-12-31T23:59:59.999Z');

/** Throws a `Problem` if a job cannot start and end when it is asked to. */
export function checkJobTimes(
  given: Readonly<Partial<Record<keyof Job | 'startToCloseMs', unknown>>>,
  where: Sentence,
): Pick<Job, 'startAfter' | 'delayMs' | 'scheduleToStartMs' | 'scheduleToCloseMs' | 'timeoutMs'> {
  const { startAfter, timeoutMs, startToCloseMs } = given;
  refuse(
    timeoutMs !== undefined && startToCloseMs !== undefined && timeoutMs !== startToCloseMs,
    () =>
      `${inWords(where)} has a timeoutMs of ${shown(timeoutMs)} and a startToCloseMs of ${shown(startToCloseMs)}; these are two names of one limit, so give one`,
  );
  return defined({
    startAfter: startAfter === undefined ? undefined : instantOf(startAfter, () => `startAfter of ${inWords(where)}`),
    delayMs: lengthOf(given, 'delayMs', where),
    scheduleToStartMs: lengthOf(given, 'scheduleToStartMs', where),
    scheduleToCloseMs: lengthOf(given, 'scheduleToCloseMs', where),
    timeoutMs: lengthOf(given, startToCloseMs === undefined ? 'timeoutMs' : 'startToCloseMs', where),
  });
}

/** Throws a `Problem` if a graph cannot start and end when it is asked to. */
export function checkGraphTimes(given: { readonly [Name in keyof GraphTimes]?: unknown }): GraphTimes {
  const { startAfter, deadline, deadlineMs } = given;
  refuse(
    deadline !== undefined && deadlineMs !== undefined,
    'the graph has a deadline and a deadlineMs; give one of them',
  );
  const times = defined({
    startAfter: startAfter === undefined ? undefined : instantOf(startAfter, 'startAfter of the graph'),
    deadline: deadline === undefined ? undefined : instantOf(deadline, 'deadline of the graph'),
    deadlineMs: lengthOf(given, 'deadlineMs', 'the graph'),
  });
  refuse(
    times.deadline !== undefined && times.startAfter !== undefined && times.deadline <= times.startAfter,
    () => `the deadline of the graph, ${times.deadline}, is not after its startAfter, ${times.startAfter}`,
  );
  return times;
}

/** An instant as the log writes it. */
function instantOf(given: unknown, what: Sentence): string {
  const example = 'give a date and a time with a zone, such as 2026-12-01T06:00:00Z';
  if (given instanceof Date) {
    refuse(Number.isNaN(given.getTime()), () => `${inWords(what)} is an invalid Date; ${example}`);
    return withinReach(given.getTime(), what);
  }
  demand(typeof given === 'string', () => `${inWords(what)} is ${kindOf(given)}; ${example}`);
  const at = instantPattern.test(given) ? Date.parse(given) : NaN;
  refuse(Number.isNaN(at), () => `${inWords(what)} is ${shownName(given)}; ${example}`);
  return withinReach(at, what);
}

function withinReach(at: number, what: Sentence): string {
  refuse(
    at < 0 || at > lastInstant,
    () => `${inWords(what)} is ${new Date(at).toISOString()}; give an instant from 1970 up to 2199`,
  );
  return isoTime(at);
}

function lengthOf<Name extends string>(
  given: { readonly [Each in Name]?: unknown },
  name: Name,
  where: Sentence,
): number | undefined {
  const ms: unknown = given[name];
  if (ms === undefined) return undefined;
  const isLength = Number.isSafeInteger(ms) && (ms as number) > 0;
  refuse(!isLength, () => `${name} of ${inWords(where)} is ${shown(ms)}; it is a whole number of milliseconds from 1`);
  refuse(
    (ms as number) > longestDelayMs,
    () => `${name} of ${inWords(where)} is ${shown(ms)}; the limit is ${longestDelayMs}, a century`,
  );
  return ms as number;
}

function shown(given: unknown): string {
  return typeof given === 'number' ? String(given) : kindOf(given);
}
