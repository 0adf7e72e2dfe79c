/** Bugs in the projections that run in an EventStoreDB. They are hunted without a server. */
import type { Mutation } from './mutation.js';

const cases = ['test/server-projections/cases.test.ts'];
const parity = [...cases, 'test/server-projections/parity.test.ts'];

export const serverProjectionMutations: readonly Mutation[] = [
  {
    name: 'in the server, a job is skipped with the first parent that was',
    file: 'projections/graph-progress-spread.js',
    find: "skipped[i] === pending[i] ? 'skipped' : 'waiting'",
    replace: "skipped[i] > 0 ? 'skipped' : 'waiting'",
    tests: parity,
  },
  {
    name: 'in the server, an optional parent that was skipped keeps a job waiting',
    file: 'projections/graph-progress-spread.js',
    find: "if (optional.indexOf(',' + parent + ',') < 0) return false;",
    replace: 'return false;',
    tests: cases,
  },
  {
    name: 'in the server, an optional parent that comes in a later part is an ordinary one',
    file: 'projections/graph-progress-submission.js',
    find: 'if (numbers[parent] === undefined) graph.awaitedOptional[parent] = joined(graph.awaitedOptional[parent], number);\n    else',
    replace: 'if (numbers[parent] !== undefined)',
    tests: cases,
  },
  {
    name: 'in the server, an alert does not run after an abort',
    file: 'projections/graph-progress-spread.js',
    find: "return failed + aborted > 0 ? ready : isOpen ? 'waiting' : 'skipped';",
    replace: "return failed > 0 ? ready : isOpen ? 'waiting' : 'skipped';",
    tests: cases,
  },
  {
    name: 'in the server, a claim that was made before the reset of a parent is passed over',
    file: 'projections/graph-progress.js',
    find: "return graph.wasReady[i] === true || prospectOf(graph, i, 'ready') === 'ready';",
    replace: "return prospectOf(graph, i, 'ready') === 'ready';",
    tests: cases,
  },
  {
    name: 'in the server, the abort of a graph leaves a job running for those below it',
    file: 'projections/graph-progress.js',
    find: '    interrupted.push(i);\n',
    replace: '',
    tests: cases,
  },
  {
    name: 'in the server, jobs stand as if their graph were not aborted',
    file: 'projections/graph-progress-spread.js',
    find: "    if (isAborted && status !== 'finished' && status !== 'failed' && status !== 'skipped') status = 'aborted';\n",
    replace: '',
    tests: cases,
  },
  {
    name: 'in the server, a job that is worked out twice is told of twice',
    file: 'projections/graph-progress-spread.js',
    find: 'return isTwice ? null : changes;',
    replace: 'return changes;',
    tests: cases,
  },
  {
    name: 'in the server, a graph in which jobs were skipped is not finished',
    file: 'projections/graph-progress-spread.js',
    find: "  if (counts.aborted === 0) return 'finished';\n",
    replace:
      "  if (counts.finished === graph.jobs.length) return 'finished';\n  if (counts.skipped > 0) return 'aborted';\n",
    tests: cases,
  },
  {
    name: 'in the server, a job that skipped itself elsewhere is finished in a fork',
    file: 'projections/graph-progress-submission.js',
    find: "job.carriedStatus || 'finished'",
    replace: "'finished'",
    tests: cases,
  },
  {
    name: 'in the server, jobs that skip themselves cannot be read',
    file: 'projections/graph-progress-shapes.js',
    find: '  JobSkipped: record({ attempt: atLeast(1), reason: isText }),\n',
    replace: '',
    tests: cases,
  },
];
