/** Bugs in when jobs start, and in limits of time that run out. */
import type { Mutation } from './mutation.js';

const rules = ['test/domain/times.test.ts'];
const onEngines = ['test/history/times.test.ts'];

export const timeMutations: readonly Mutation[] = [
  {
    name: 'a delay counts from the submission',
    file: 'domain/graph.ts',
    find: "    if (node.record.above.prospect !== 'ready') this.readiness.delete(node);\n    else if (!this.readiness.has(node)) {",
    replace: '    if (!this.readiness.has(node)) {',
    tests: rules,
  },
  {
    name: 'a delay is not repeated when a parent is retried',
    file: 'domain/graph.ts',
    find: "    if (node.record.above.prospect !== 'ready') this.readiness.delete(node);\n    else if (",
    replace: "    if (node.record.above.prospect === 'ready' && ",
    tests: rules,
  },
  {
    name: 'the start of the graph holds no job back',
    file: 'domain/timing.ts',
    find: '  return Math.max(ofGraph, at + delayMs);',
    replace: '  return Math.max(since, at + delayMs);',
    tests: rules,
  },
  {
    name: 'a back-off makes a delayed job start early',
    file: 'domain/graph.ts',
    find: '(due ?? again) : Math.max(due, again)',
    replace: '(due ?? again) : Math.min(due, again)',
    tests: ['test/simulation/simulation.test.ts', ...rules],
  },
  {
    name: 'a limit that had not run out fails the job',
    file: 'domain/graph.ts',
    find: '  return expiresBy === null || Date.parse(recordedAt) < expiresBy.at;',
    replace: '  return expiresBy === null;',
    tests: rules,
  },
  {
    name: 'an abort by a deadline that has not passed aborts the graph',
    file: 'domain/graph.ts',
    find: 'Date.parse(recordedAt) >= this.deadlineAt;',
    replace: 'Date.parse(recordedAt) >= 0;',
    tests: rules,
  },
  {
    name: 'a deadline stops a graph again that somebody goes on with',
    file: 'domain/graph.ts',
    find: '        // Whoever goes on with a graph after its deadline means to.\n        this.deadlineAt = null;\n',
    replace: '',
    tests: rules,
  },
  {
    name: 'a retried job has no time left',
    file: 'domain/graph.ts',
    find: "    if (event.type === 'JobReset' && node.isTimed) this.reopen(node, event);\n",
    replace: '',
    tests: rules,
  },
  {
    name: 'a limit on the wait for a worker runs on while the job runs',
    file: 'domain/graph.ts',
    find: "    if (status === 'started') return closes;\n",
    replace: '',
    tests: rules,
  },
  {
    name: 'a back-off counts as a wait for a worker',
    file: 'domain/graph.ts',
    find: 'startsBy(this.definition, Math.max(due, readiness.reopenedAt, last))',
    replace: 'startsBy(this.definition, Math.max(due, readiness.reopenedAt))',
    tests: ['test/simulation/simulation.test.ts', ...rules],
  },
  {
    name: 'times are not brought back with a state',
    file: 'domain/graph.ts',
    find: '    this.readiness = new Map(readiness);\n',
    replace: '',
    tests: rules,
  },
  {
    name: 'anybody ends an attempt whose time has run out',
    file: 'domain/job.ts',
    find: "  if (attempt === (job.status === 'started' ? job.attempt : undefined)) return null;\n",
    replace: "  if (attempt === undefined || (job.status === 'started' && attempt === job.attempt)) return null;\n",
    tests: rules,
  },
  {
    name: 'a delayed job is claimed along with the end of its parent',
    file: 'worker/claims.ts',
    find: 'const isFree = !child.isTimed && child',
    replace: 'const isFree = child',
    tests: onEngines,
  },
  {
    name: 'nobody watches limits that run out while nobody runs the job',
    file: 'worker/time-limits.ts',
    find: '      for (const each of limited ?? []) {\n',
    replace: '      for (const each of []) {\n',
    tests: onEngines,
  },
  {
    name: 'a job that runs here is not told that its time has run out',
    file: 'worker/time-limits.ts',
    find: 'if (held !== undefined && this.clock.atLeast() >= expiry.at) held.expire(expiry);',
    replace: 'if (held !== undefined && this.clock.atLeast() >= Infinity) held.expire(expiry);',
    tests: onEngines,
  },
  {
    name: 'a fork has the deadline of the other run',
    file: 'history/fork/plan.ts',
    find: 'const times = defined({ startAfter: graph.startAfter ?? undefined, deadlineMs: graph.deadline.deadlineMs });',
    replace: 'const times = defined({ startAfter: graph.startAfter ?? undefined, ...graph.deadline });',
    tests: onEngines,
  },
  {
    name: 'a start in the year 9999 is taken',
    file: 'domain/check-times.ts',
    find: "const lastInstant = Date.parse('2199-12-31T23:59:59.999Z');",
    replace: "const lastInstant = Date.parse('9999-12-31T23:59:59.999Z');",
    tests: ['test/domain/job-graph.test.ts'],
  },
];
