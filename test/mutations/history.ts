/** Bugs in what looks back: verifying, exporting, importing, forking, comparing, projecting. */
import type { Mutation } from './mutation.js';

const checks = 'test/history/verify-checks.test.ts';

export const historyMutations: readonly Mutation[] = [
  {
    name: 'verify passes over a gap in the revisions of a stream',
    file: 'history/verify/invariants.ts',
    find: 'if (revision !== expected) {',
    replace: 'if (revision < expected) {',
    tests: ['test/history/verify-checks.test.ts'],
  },
  {
    name: 'verify compares the time of every event with that of the first only',
    file: 'history/verify/invariants.ts',
    find: '    this.last = event;\n',
    replace: '    if (this.last.position === null) this.last = event;\n',
    tests: [checks],
  },
  {
    name: 'verify takes any cause for an earlier event',
    file: 'history/verify/invariants.ts',
    find: 'if (!isNear && !this.events.has(causationId)) {',
    replace: 'if (!isNear && this.events.has(causationId)) {',
    tests: [checks],
  },
  {
    name: 'verify does not compare the log with what the audit has hashed before',
    file: 'history/verify/verify.ts',
    find: '      whole.foundFirst(await checkpointProblems(log, verifier.tree));\n',
    replace: '',
    tests: ['test/history/audit.test.ts'],
  },
  {
    name: 'verify does not look at the order of the log',
    file: 'history/verify/piece.ts',
    find: '        tally.found(inOrder.check(event));\n',
    replace: '',
    tests: ['test/history/verify-checks.test.ts'],
  },
  {
    name: 'an import takes an event with the same id and other data for the same event',
    file: 'history/export/import.ts',
    find: 'if (eventLine(event) === eventLine(there)) return;',
    replace: 'if (event.id === there.id) return;',
    tests: ['test/history/import-conflicts.test.ts'],
  },
  {
    name: 'an import leaves out the first event that the store lacks',
    file: 'history/export/import.ts',
    find: 'return seen >= length && !isKept;',
    replace: 'return seen > length && !isKept;',
    tests: ['test/history/import-conflicts.test.ts'],
  },
  {
    name: 'a fork keeps the results of jobs below one whose args have changed',
    file: 'history/fork/plan.ts',
    find: 'jobsAbove(new Set([...chosen, ...changed]))',
    replace: 'jobsAbove(new Set([...chosen]))',
    tests: ['test/history/fork-plan.test.ts'],
  },
  {
    name: 'a fork of a fork runs again what was carried over',
    file: 'history/fork/plan.ts',
    find: 'if (end === undefined) return node.carried;',
    replace: 'if (end === undefined) return null;',
    tests: ['test/history/fork-plan.test.ts', 'test/history/fork.test.ts'],
  },
  {
    name: 'a job that was chosen to run again may get a remembered result',
    file: 'history/fork/plan.ts',
    find: 'const isFresh = reason !== null && meantToRun.includes(reason);',
    replace: 'const isFresh = false;',
    tests: ['test/worker/memoized.test.ts'],
  },
  {
    name: 'a comparison of two graphs passes over results',
    file: 'history/moments/compare.ts',
    find: 'result: [before.result, after.result],',
    replace: 'result: [before.result, before.result],',
    tests: ['test/history/diff.test.ts'],
  },
  {
    name: 'a graph that is looked at from before it existed keeps states of the jobs it had',
    file: 'history/moments/graph-states.ts',
    find: '      this.keyframes.length = 0;\n',
    replace: '',
    tests: ['test/history/laws.test.ts'],
  },
  {
    name: 'a search by halves never looks at the last moment',
    file: 'history/bisect/search.ts',
    find: 'let [low, high] = [1, last + 1];',
    replace: 'let [low, high] = [1, last];',
    tests: ['test/history/laws.test.ts'],
  },
  {
    name: 'a change is marked as handled before it is',
    file: 'history/projections/project.ts',
    find: '        await onChange({ state, before, event });\n',
    replace:
      '        this.current = { state, position: event.position };\n        await onChange({ state, before, event });\n',
    tests: ['test/history/project.test.ts'],
  },
  {
    name: 'a projection that is computed anew tells again what it has told',
    file: 'history/projections/project.ts',
    find: 'const quietUpTo = kept?.position ?? last?.position ?? null;',
    replace: 'const quietUpTo = last?.position ?? null;',
    tests: ['test/history/project.test.ts'],
  },
  {
    name: 'a state of an older version of a projection is gone on with',
    file: 'history/projections/checkpoint.ts',
    find: "kept['version'] !== this.projection.version || ",
    replace: '',
    tests: ['test/history/project.test.ts'],
  },
];
