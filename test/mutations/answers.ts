/** Bugs in jobs that somebody outside answers, and in jobs that their handlers put off. */
import type { Mutation } from './mutation.js';

const answers = ['test/domain/answers.test.ts', 'test/domain/laws.test.ts'];
const deferrals = ['test/domain/deferrals.test.ts'];
const onEngines = ['test/history/answers.test.ts'];

export const answerMutations: readonly Mutation[] = [
  {
    name: 'workers take jobs that are answered from outside',
    file: 'domain/graph.ts',
    find: "const mayStart = this.record.above.prospect === 'ready' && this.definition.external === undefined;",
    replace: "const mayStart = this.record.above.prospect === 'ready';",
    tests: answers,
  },
  {
    name: 'a job that workers run can be answered',
    file: 'domain/job-decisions.ts',
    find: '  if (job.definition.external === undefined) {\n',
    replace: "  if (job.definition.external === undefined && job.status === 'started') {\n",
    tests: answers,
  },
  {
    name: 'a job is answered before it was asked for',
    file: 'domain/job-decisions.ts',
    find: "  if (job.waitsFor.length > 0) {\n    return reject('job-not-ready', `${named(job)} cannot be answered yet",
    replace:
      "  if (job.waitsFor.length > 1) {\n    return reject('job-not-ready', `${named(job)} cannot be answered yet",
    tests: answers,
  },
  {
    name: 'a pause of the graph holds answers back',
    file: 'domain/job-decisions.ts',
    find: '  const { by, reason, outcome } = command;\n',
    replace:
      "  if (job.isPaused) return reject('job-paused', 'it is paused');\n  const { by, reason, outcome } = command;\n",
    tests: answers,
  },
  {
    name: 'an answer that fails the job finishes it',
    file: 'domain/job.ts',
    find: '  job.status = outcome.kind;\n',
    replace: "  job.status = 'finished';\n",
    tests: answers,
  },
  {
    name: 'a job that was answered and reset still says who answered it',
    file: 'domain/job.ts',
    find: '  job.skipReason = null;\n  job.answer = null;\n',
    replace: '  job.skipReason = null;\n',
    tests: answers,
  },
  {
    name: 'an answer that comes after the abort of its graph finishes the job',
    file: 'domain/graph.ts',
    find: "    return this.abort !== null && (state.status === 'unstarted' || state.status === 'started');",
    replace:
      "    return event.type !== 'JobAnswered' && this.abort !== null && (state.status === 'unstarted' || state.status === 'started');",
    tests: answers,
  },
  {
    name: 'the reducer takes an answer to a job that workers run',
    file: 'domain/graph.ts',
    find: "return event.type === 'JobAnswered' && !isExternal ?",
    replace: "return event.type === 'JobAnswered' && isExternal && definition.id === '' ?",
    tests: answers,
  },
  {
    name: 'an external job may have a retry policy, which means nothing',
    file: 'domain/check-policy.ts',
    find: "const ofAttempts = [\n  'retry',\n",
    replace: 'const ofAttempts = [\n',
    tests: answers,
  },
  {
    name: 'a graph with a job that is answered from outside is written so that an older release runs it',
    file: 'domain/events.ts',
    find: 'carriedStatus, external, limits];',
    replace: 'carriedStatus, limits];',
    tests: answers,
  },
  {
    name: 'a deferral counts as a failure',
    file: 'domain/job.ts',
    find: '  job.deferReason = event.data.reason;\n',
    replace: '  job.deferReason = event.data.reason;\n  job.failures += 1;\n',
    tests: deferrals,
  },
  {
    name: 'a job that is put off may start at once',
    file: 'domain/job.ts',
    find: '  wait(job, delayAfter(event), event.recordedAt);\n',
    replace: '',
    tests: deferrals,
  },
  {
    name: 'a handler may put its job off for no time at all, and so be busy without end',
    file: 'domain/retry-policy.ts',
    find: 'const shortestDeferralMs = 1000;',
    replace: 'const shortestDeferralMs = 0;',
    tests: deferrals,
  },
  {
    name: 'a deferral is recorded as a fault',
    file: 'worker/execute.ts',
    find: '  if (signal !== null && isDefer(signal)) {\n',
    replace: '  if (signal !== null && isDefer(signal) && signal.until.delayMs === 0) {\n',
    tests: onEngines,
  },
  {
    name: 'a fork forgets an answer',
    file: 'history/fork/plan.ts',
    find: " || event.type === 'JobAnswered')\n      ends.set",
    replace: ')\n      ends.set',
    tests: onEngines,
  },
  {
    name: 'a large answer is not read from the log for the jobs that need it',
    file: 'worker/execute.ts',
    find: "event?.type === 'JobFinished' || event?.type === 'JobAnswered' ?",
    replace: "event?.type === 'JobFinished' ?",
    tests: onEngines,
  },
  {
    name: 'who waits for a graph is not told that an answer has failed it',
    file: 'store/event-history.ts',
    find: "['JobStarted', 'Heartbeat', 'JobDeferred'];",
    replace: "['JobStarted', 'Heartbeat', 'JobDeferred', 'JobAnswered'];",
    tests: onEngines,
  },
  {
    name: 'jobs that await an answer are counted among those that a worker may take',
    file: 'store/queue-depths.ts',
    find: '  if (job.definition.external !== undefined) return;\n',
    replace: '',
    tests: onEngines,
  },
  {
    name: 'in the server, a job that awaits an answer is offered to workers',
    file: 'projections/graph-progress-spread.js',
    find: "      else status = external[i] === undefined ? ready : 'awaiting';\n",
    replace: '      else status = ready;\n',
    tests: ['test/server-projections/cases.test.ts'],
  },
  {
    name: 'the web page does not offer to answer',
    file: 'web/app/views/operations.tsx',
    find: "...(isAwaiting ? (['answer'] as const) : []), ",
    replace: '',
    tests: ['test/web/page/operating.test.ts'],
  },
];
