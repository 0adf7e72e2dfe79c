/** The graphs of a golden log, as they were submitted. The ids of the events that submit them follow from these. */
import { jobGraph, type JobGraph } from '../../src/index.js';

const args = { org: 1, nested: { list: [1, null, true] } };

const inParts = Object.fromEntries(
  Array.from({ length: 600 }, (_, n) => [`job ${n}`, { type: 'unhandled', args: { text: 'x'.repeat(600) } }]),
);

export const goldenGraphs: readonly JobGraph[] = [
  jobGraph(
    {
      jobs: {
        a: { type: 'start' },
        'b/ü 1': { type: 'flaky', after: ['a'], retry: { maximumAttempts: 3, nonRetryable: ['RangeError'] } },
        c: { type: 'join', after: ['a', 'b/ü 1'], args: { own: true }, timeoutMs: 60_000 },
      },
    },
    args,
    { id: 'finished', labels: { team: 'x' }, priority: 3 },
  ),
  jobGraph({ jobs: { a: { type: 'failing' }, b: { type: 'join', after: ['a'] }, c: { type: 'start' } } }, args, {
    id: 'failed',
  }),
  jobGraph({ jobs: { a: { type: 'aborting' }, b: { type: 'silent' }, c: { type: 'join', after: ['a'] } } }, args, {
    id: 'aborted',
  }),
  jobGraph({ never: [], start: ['never'] }, {}, { id: 'stopped' }),
  jobGraph({ jobs: { a: { type: 'unhandled' }, b: { type: 'unhandled', after: ['a'] } } }, {}, { id: 'open' }),
  jobGraph({ jobs: inParts }, {}, { id: 'in parts' }),
];

/** The forks of a golden log. */
export const goldenForks = [
  { of: 'failed', id: 'fork', options: { failed: true, labels: { of: 'failed' } } },
  { of: 'finished', id: 'fork of finished', options: { from: ['c'] } },
] as const;
