/** The projections on jobs that are answered from outside, or put off. */
import type { DomainEvent, JobDefinition } from '../../src/domain/events.js';
import {
  answered,
  answeredFailed,
  carried,
  deferred,
  failed,
  finished,
  graphAborted,
  graphPaused,
  graphReset,
  type Happening,
  reset,
  started,
  submitted,
} from '../support/given.js';

/** What happens in graph `g`, and the status of its jobs after it. */
export interface Case {
  readonly given: readonly Happening[];
  readonly then: Readonly<Record<string, string>>;
}

export function withRules(
  jobs: Readonly<Record<string, readonly string[]>>,
  rules: Readonly<Record<string, Partial<JobDefinition>>>,
): DomainEvent {
  const event = submitted(jobs) as Extract<DomainEvent, { type: 'GraphSubmitted' }>;
  return { ...event, data: { ...event.data, jobs: event.data.jobs.map((job) => ({ ...job, ...rules[job.id] })) } };
}

const asked = withRules({ a: [], b: ['a'], c: ['b'] }, { b: { external: {} } });
const askedOf: readonly Happening[] = [asked, ['a', started()], ['a', finished()]];

export const external: Readonly<Record<string, Case>> = {
  'a job that awaits an answer': { given: askedOf, then: { a: 'finished', b: 'awaiting', c: 'waiting' } },
  'the same, in a paused graph': {
    given: [...askedOf, graphPaused],
    then: { a: 'finished', b: 'awaiting', c: 'waiting' },
  },
  'a job that is answered': {
    given: [...askedOf, ['b', answered()], ['b', answeredFailed()]],
    then: { a: 'finished', b: 'finished', c: 'ready' },
  },
  'a job that is answered with a failure, reset, and answered again': {
    given: [...askedOf, ['b', answeredFailed()], ['b', reset()], ['b', answered()]],
    then: { a: 'finished', b: 'finished', c: 'ready' },
  },
  'an answer before it was asked for, to a job that workers run, and a claim of one that none runs': {
    given: [asked, ['b', answered()], ['a', answered()], ['a', started()], ['a', finished()], ['b', started()]],
    then: { a: 'finished', b: 'awaiting', c: 'waiting' },
  },
  'an answer that comes after the abort of its graph, which is reset': {
    given: [...askedOf, graphAborted, ['b', answered()], graphReset],
    then: { a: 'finished', b: 'awaiting', c: 'waiting' },
  },
  'an answer under way at the reset of a parent': {
    given: [
      withRules({ a: [], b: ['a'], c: ['b'] }, { b: { external: {}, when: 'all-ended' } }),
      ...([
        ['a', started()],
        ['a', failed()],
        ['a', reset()],
        ['b', answered()],
      ] as const),
    ],
    then: { a: 'ready', b: 'finished', c: 'ready' },
  },
  'a fork that carries over an answer': {
    given: [withRules({ a: [], b: ['a'] }, { a: { external: {}, carried: { ...carried(), attempt: 0 } } })],
    then: { a: 'finished', b: 'ready' },
  },
  'a job that is put off, and another attempt': {
    given: [submitted({ a: [] }), ['a', started()], ['a', deferred()], ['a', started(2)], ['a', deferred(1)]],
    then: { a: 'started' },
  },
  'a job that is put off': { given: [submitted({ a: [] }), ['a', started()], ['a', deferred()]], then: { a: 'ready' } },
};
