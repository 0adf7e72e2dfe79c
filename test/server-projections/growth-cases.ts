/** Histories of graphs that grow, for the projections. */
import type { JobDefinition } from '../../src/domain/events.js';
import { carried, faulted, finished, type Happening, skipped, spawned, started, submitted } from '../support/given.js';
import { type Case, withRules } from './external-cases.js';

/** A job that spawns one, which spawns one in its turn, and a job that waits for all of them. */
const grown = (sum: Partial<JobDefinition>): readonly Happening[] => [
  withRules({ sum: ['list'], list: [] }, { sum: { withSpawned: ['list'], ...sum } }),
  ['list', started()],
  ['list', spawned({ 'list/a': {} })],
  ['list', finished()],
  ['list/a', started()],
  ['list/a', spawned({ 'list/a/x': {} })],
  ['list/a', finished()],
  ['list/a/x', started()],
];

export const growthCases: Readonly<Record<string, Case>> = {
  'a job that waits for all that is spawned, at the last of it': {
    given: grown({}),
    then: { sum: 'waiting', list: 'finished', 'list/a': 'finished', 'list/a/x': 'started' },
  },
  'a job that waits for all that is spawned, when the last has finished': {
    given: [...grown({}), ['list/a/x', finished()]],
    then: { sum: 'ready', list: 'finished', 'list/a': 'finished', 'list/a/x': 'finished' },
  },
  'a job that waits for all that is spawned, some of which is skipped': {
    given: [...grown({}), ['list/a/x', skipped()]],
    then: { sum: 'skipped', list: 'finished', 'list/a': 'finished', 'list/a/x': 'skipped' },
  },
  'a job that lets all that is spawned be skipped': {
    given: [...grown({ optional: ['list'] }), ['list/a/x', skipped()]],
    then: { sum: 'ready', list: 'finished', 'list/a': 'finished', 'list/a/x': 'skipped' },
  },
  'spawned jobs that a fork carries over, one of which is skipped': {
    given: [
      withRules(
        { sum: ['list'], list: [], 'list/a': ['list'], 'list/b': ['list'] },
        {
          sum: { withSpawned: ['list'], optional: ['list'] },
          list: { carried: carried() },
          'list/a': { spawnedBy: 'list', carried: carried(), carriedStatus: 'skipped' },
          'list/b': { spawnedBy: 'list' },
        },
      ),
      ['list/b', started()],
      ['list/b', spawned({ 'list/b/x': {} })],
      ['list/b', finished()],
      ['list/b/x', started()],
      ['list/b/x', skipped()],
    ],
    then: { sum: 'ready', list: 'finished', 'list/a': 'skipped', 'list/b': 'finished', 'list/b/x': 'skipped' },
  },
  'an attempt that was lost, and what it spawned': {
    given: [
      submitted({ a: [] }),
      ['a', started()],
      ['a', spawned({ 'a/x': {} })],
      ['a', faulted()],
      ['a', started(2)],
      ['a', finished(2)],
    ],
    then: { a: 'finished' },
  },
};
