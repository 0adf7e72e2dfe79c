/** Bugs in the rules of dependencies: what parents mean for a job, and what a handler is told of them. */
import type { Mutation } from './mutation.js';

const rules = ['test/domain/dependency-rules.test.ts', 'test/domain/laws.test.ts'];

export const dependencyRuleMutations: readonly Mutation[] = [
  {
    name: 'a job is skipped with the first parent that was, though others have not ended',
    file: 'domain/dependency-rules.ts',
    find: "      if (openParents > 0) return 'waiting';\n      return rule === 'all-finished'",
    replace:
      "      if (openParents > 0 && skippedParents === 0) return 'waiting';\n      return rule === 'all-finished'",
    tests: rules,
  },
  {
    name: 'a job whose parents have finished or were skipped is skipped',
    file: 'domain/dependency-rules.ts',
    find: "return rule === 'all-finished' && skippedParents > 0",
    replace: 'return skippedParents > 0',
    tests: rules,
  },
  {
    name: 'an abort does not reach the jobs that need a success',
    file: 'domain/dependency-rules.ts',
    find: "      if (abortedParents > 0) return 'aborted';\n      if (failedParents",
    replace: '      if (failedParents',
    tests: rules,
  },
  {
    name: 'a clean-up does not wait for the last parent',
    file: 'domain/dependency-rules.ts',
    find: "return openParents > 0 ? 'waiting' : 'ready';",
    replace: "return openParents > 1 ? 'waiting' : 'ready';",
    tests: rules,
  },
  {
    name: 'an alert waits until all parents have ended',
    file: 'domain/dependency-rules.ts',
    find: "if (failedParents > 0 || abortedParents > 0) return 'ready';\n      return openParents > 0",
    replace:
      "if ((failedParents > 0 || abortedParents > 0) && openParents === 0) return 'ready';\n      return openParents > 0",
    tests: rules,
  },
  {
    name: 'an abort raises no alert',
    file: 'domain/dependency-rules.ts',
    find: 'if (failedParents > 0 || abortedParents > 0)',
    replace: 'if (failedParents > 0)',
    tests: rules,
  },
  {
    name: 'a job that runs with the first parent that finishes is skipped where one has failed',
    file: 'domain/dependency-rules.ts',
    find: "      if (failedParents > 0) return 'blocked';\n      return abortedParents",
    replace: '      return abortedParents',
    tests: rules,
  },
  {
    name: 'what can never run is not counted as failed',
    file: 'domain/dependency-rules.ts',
    find: "    case 'failed':\n    case 'blocked':\n      return 'failedParents';",
    replace: "    case 'failed':\n      return 'failedParents';\n    case 'blocked':\n      return 'openParents';",
    tests: rules,
  },
  {
    name: 'an optional parent may not be skipped',
    file: 'domain/dependency-rules.ts',
    find: "return isOptional ? null : 'skippedParents';",
    replace: "return 'skippedParents';",
    tests: rules,
  },
  {
    name: 'what comes of a job reaches only its own children',
    file: 'domain/graph.ts',
    find: 'if (!open.has(child)) open.set(child, childWas);',
    replace: '',
    tests: rules,
  },
  {
    name: 'a claim that comes after the reset of a parent is an anomaly',
    file: 'domain/graph.ts',
    find: "prospect === 'ready' || wasReady) return null;",
    replace: "prospect === 'ready') return null;",
    tests: rules,
  },
  {
    name: 'the last parent that finishes is the cause of a start, and not the first',
    file: 'domain/graph.ts',
    find: "isReady && above.prospect === 'ready' ? above.readyCause : eventId",
    replace: 'eventId',
    tests: rules,
  },
  {
    name: 'a graph in which jobs were skipped is not finished',
    file: 'domain/graph.ts',
    find: "return this.counts.aborted > 0 ? 'aborted' : 'finished';",
    replace: "return this.counts.finished === this.jobs.size ? 'finished' : 'aborted';",
    tests: [...rules, 'test/history/dependency-rules.test.ts'],
  },
  {
    name: 'the abort of a graph reaches jobs that were skipped',
    file: 'domain/graph.ts',
    find: "    if (own === 'unstarted' && this.record.above.prospect === 'skipped') return 'skipped';\n    if (this.graph.abort !== null) return 'aborted';",
    replace:
      "    if (this.graph.abort !== null) return 'aborted';\n    if (own === 'unstarted' && this.record.above.prospect === 'skipped') return 'skipped';",
    tests: rules,
  },
  {
    name: 'a handler is told of its parents as they are now, and not as they were when it started',
    file: 'domain/attempt-input.ts',
    find: 'if (records === null) return parentsNow(job);',
    replace: 'if (records !== null || records === null) return parentsNow(job);',
    tests: ['test/domain/attempt-input.test.ts'],
  },
  {
    name: 'a handler is given null for a parent that was skipped',
    file: 'domain/attempt-input.ts',
    find: "return parents.filter(({ record }) => record.state.status === 'finished');",
    replace: 'return parents;',
    tests: ['test/history/dependency-rules.test.ts'],
  },
  {
    name: 'who waits for a graph is not told of an end that only follows from another event',
    file: 'store/event-history.ts',
    find: 'if (when !== undefined || carriedStatus !== undefined) this.hasOtherEvents = true;',
    replace: '',
    tests: ['test/history/dependency-rules.test.ts'],
  },
  {
    name: 'a fork runs again what skipped itself',
    file: 'history/fork/plan.ts',
    find: "return status === 'finished' || status === 'skipped';",
    replace: "return status === 'finished';",
    tests: ['test/history/dependency-rules.test.ts'],
  },
  {
    name: 'a fork keeps what ran because of a failure that it mends',
    file: 'history/fork/plan.ts',
    find: 'parent !== undefined && !node.hasFixedInputs',
    replace: 'false',
    tests: ['test/history/dependency-rules.test.ts'],
  },
  {
    name: 'an older release is shown graphs whose rules it does not know',
    file: 'domain/events.ts',
    find: 'const ofVersion3 = [when, optional,',
    replace: 'const ofVersion3 = [optional,',
    tests: rules,
  },
];
