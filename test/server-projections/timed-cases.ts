/** The projections on jobs and graphs that say something of time. */
import type { DomainEvent } from '../../src/domain/events.js';
import { expired, failed, finished, graphReset, reset, started, submitted } from '../support/given.js';
import { type Case, withRules } from './external-cases.js';

const limited = withRules({ a: [], b: ['a'] }, { a: { scheduleToCloseMs: 1, scheduleToStartMs: 1 } });
const late: DomainEvent = {
  type: 'GraphAborted',
  data: { by: 'deadline', reason: 'late', deadline: '2026-01-01T00:00:00.000Z' },
};
const dated = submitted({ a: [] }) as Extract<DomainEvent, { type: 'GraphSubmitted' }>;
const withDeadline: DomainEvent = { ...dated, data: { ...dated.data, deadline: '2026-01-01T00:00:00.000Z' } };

export const timed: Readonly<Record<string, Case>> = {
  'a job whose time runs out before anybody starts it': {
    given: [limited, ['a', expired(0, 'scheduleToStart')]],
    then: { a: 'failed', b: 'blocked' },
  },
  'a job whose time runs out while it runs, as its worker says, and is retried': {
    given: [limited, ['a', started()], ['a', expired(1)], ['a', reset()], ['a', started(2)], ['a', finished(2)]],
    then: { a: 'finished', b: 'ready' },
  },
  'what is said of a job that runs, by others or of another attempt': {
    given: [limited, ['a', started()], ['a', expired()], ['a', expired(2)]],
    then: { a: 'started', b: 'waiting' },
  },
  'a job that is not ready, and one that has ended': {
    given: [
      withRules({ a: [], b: ['a'] }, { b: { scheduleToCloseMs: 1 }, a: { scheduleToCloseMs: 1 } }),
      ['b', expired()],
      ['a', started()],
      ['a', failed()],
      ['a', expired()],
    ],
    then: { a: 'failed', b: 'blocked' },
  },
  'a job that is delayed': {
    given: [withRules({ a: [] }, { a: { delayMs: 60_000, startAfter: '2030-01-01T00:00:00.000Z' } })],
    then: { a: 'ready' },
  },
  'a job that was said to have run out of time too early, and starts all the same': {
    given: [
      withRules({ a: [], b: ['a'] }, { a: { scheduleToCloseMs: 9_000_000 } }),
      ['a', expired()],
      ['a', started()],
    ],
    then: { a: 'started', b: 'waiting' },
  },
  'a graph whose deadline has passed': { given: [withDeadline, late], then: { a: 'aborted' } },
  'the same, taken back': { given: [withDeadline, late, graphReset, ['a', started()]], then: { a: 'started' } },
};
