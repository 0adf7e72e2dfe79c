import picocolors from 'picocolors';
import { aligned } from '../../src/cli/commands/look/explain.js';
import { jobTable } from '../../src/cli/commands/look/job-rows.js';
import { toGraphInfo } from '../../src/domain/graph-info.js';
import { lineOfJob } from '../../src/web/app/model/job-lines.js';
import { graphLines, jobLines } from '../../src/history/explain/explanation-lines.js';
import type { Speech } from '../../src/history/explain/speech.js';
import type { GraphState } from '../../src/domain/graph.js';
import { explainGraph, explainJob, type WorkerSeen } from '../../src/history/explain/explanation.js';
import {
  aborted,
  carried,
  failed,
  faulted,
  finished,
  graphAborted,
  graphAfter,
  heartbeat,
  skipped,
  started,
  submitted,
} from '../support/given.js';
import { initialWork } from '../../src/domain/pauses.js';
import { assert, describe } from '../support/spec.js';

const w1: WorkerSeen = { id: 'w1', host: 'here', pid: 1, lastSeenAt: '2026-01-01T00:00:00.000Z', types: ['a'] };
const w2: WorkerSeen = { ...w1, id: 'w2', types: ['z'] };
const diamond = submitted({ a: [], b: ['a'], c: ['a'], d: ['b', 'c'] });

/** An explanation, and the lines printed for it, a second after the last event. */
function explained(graph: GraphState, jobId: string, workersSeen: readonly WorkerSeen[] = []) {
  const now = Date.parse(graph.lastEventAt!) + 1000;
  const told = explainJob(graph.jobs.get(jobId)!, { now, work: initialWork, workersSeen });
  return { ...told, said: textOf(jobLines(told, speech(now))) };
}

function explainedGraph(graph: GraphState, workersSeen: readonly WorkerSeen[] = []) {
  const now = Date.parse(graph.lastEventAt!) + 1000;
  const told = explainGraph(graph, { now, work: initialWork, workersSeen });
  return { ...told, said: textOf(graphLines(told, speech(now))) };
}

function speech(now: number): Speech {
  const hint = (...words: string[]) => `overseer ${words.join(' ')}`;
  return { now, paint: picocolors.createColors(false), hint, limit: 10 };
}

function textOf(lines: ReturnType<typeof jobLines>): string {
  return aligned(lines, null)
    .map((line) => (typeof line === 'string' ? line : `${line.lead} ${line.command}`))
    .join('\n');
}

const ids = (briefs: readonly { readonly id: string }[]) => briefs.map(({ id }) => id);

const explain = describe('explaining a job');

explain.test('ready: who could take it, or that nobody was seen who could', () => {
  const graph = graphAfter(diamond);
  const some = explained(graph, 'a', [w1, w2]);
  assert.is(some.status, 'ready');
  assert.equal(ids(some.candidates), ['w1']);
  assert.match(
    some.said,
    /it waits for a worker with a free slot\n {2}workers that took jobs of type a in the last 15 min: w1/,
  );
  assert.match(some.said, /\n3 jobs that have not ended depend on it$/);
  const none = explained(graph, 'a', [w2]);
  assert.match(
    none.said,
    /no worker took a job of type a in the last 15 min \(1 worker took others\)\nit runs once there is a worker/,
  );
});

explain.test('waiting: for its parents, and where the waiting ends', () => {
  const graph = graphAfter(diamond, ['a', started()], ['a', finished()], ['b', started()]);
  const d = explained(graph, 'd');
  assert.equal(
    d.unfinishedParents.map(({ id, status }) => [id, status]),
    [
      ['b', 'started'],
      ['c', 'ready'],
    ],
  );
  assert.equal(ids(d.heldUpBy).sort(), ['b', 'c']);
  assert.match(
    d.said,
    /it waits for 2 parents that are not finished:\n {4}b +started +attempt 1 on w1 for 1\.\d s\n {4}c +ready\n/,
  );
  const far = explained(graphAfter(diamond), 'd');
  assert.equal(ids(far.heldUpBy), ['a']);
  assert.match(far.said, /and these wait, in the end, for:\n {4}a +ready/);
});

explain.test('blocked: by the ancestors that failed, wherever they are', () => {
  const graph = graphAfter(diamond, ['a', started()], ['a', failed()]);
  const d = explained(graph, 'd');
  assert.is(d.status, 'blocked');
  assert.equal(ids(d.blockedBy), ['a']);
  assert.match(
    d.said,
    /can never start, because a job it depends on failed:\n {4}a +failed +Error: boom\nto let it run: overseer retry g\/a$/,
  );
});

explain.test('blocked by several, and waiting for another', () => {
  const jobs = submitted({ a: [], b: [], c: [], d: ['a', 'b', 'c'] });
  const graph = graphAfter(jobs, ['a', started()], ['a', failed()], ['b', started()], ['b', failed()]);
  const d = explained(graph, 'd');
  assert.equal([ids(d.blockedBy), ids(d.heldUpBy)], [['a', 'b'], ['c']]);
  assert.match(
    d.said,
    /it also waits for:\n {4}c +ready\nto let it run:\n {2}overseer retry g\/a\n {2}overseer retry g\/b$/,
  );
});

explain.test('failed, finished', () => {
  const graph = graphAfter(diamond, ['a', started()], ['a', failed()]);
  const a = explained(graph, 'a');
  assert.match(a.said, /attempt 1 failed for good at .*: Error: boom\nto run it again: overseer retry g\/a\n3 jobs/);
  const done = explained(graphAfter(diamond, ['a', started()], ['a', finished()]), 'a');
  assert.match(done.said, /is finished\n {2}attempt 1 finished it at .*; there is nothing to wait for$/);
});

explain.test('aborted: itself, through others, through its graph; what to retry', () => {
  const jobs = submitted({ a: [], b: [], d: ['a', 'b'] });
  const both = graphAfter(jobs, ['a', aborted('anna')], ['b', aborted('ben')]);
  const d = explained(both, 'd');
  assert.equal(d.abortedBy, [
    { jobId: 'a', by: 'anna', message: 'no' },
    { jobId: 'b', by: 'ben', message: 'no' },
  ]);
  assert.match(
    d.said,
    /job a was aborted by anna: no\n {2}job b was aborted by ben: no\nto open it again: overseer retry g\/a\nand: overseer retry g\/b$/,
  );
  const whole = explained(graphAfter(jobs, ['a', aborted('anna')], graphAborted), 'd');
  assert.match(
    whole.said,
    /the graph was aborted by me: no\n {2}job a was aborted by anna: no\nto open it again: overseer retry g$/,
  );
});

explain.test('skipped: by itself, because of another, in the graph it was forked from; and what will be', () => {
  const jobs = submitted({ a: [], b: ['a'], c: ['a', 'd'], d: [] });
  const graph = graphAfter(jobs, ['a', started()], ['a', skipped()]);
  const own = explained(graph, 'a');
  assert.match(own.said, /its handler found nothing to do at .*, in attempt 1: nothing new\nto run it all the same: /);
  assert.equal([own.skippedBy, explained(graph, 'b').skippedBy.map(({ id }) => id)], [[], ['a']]);
  assert.match(explained(graph, 'b').said, /it needs the results of jobs that were skipped:\n {4}a {2}skipped/);
  assert.match(
    explained(graph, 'c').said,
    /when they have ended it is skipped, since it needs what was skipped:\n {4}a /,
  );
  const [line] = rowLines(graph, 'a');
  assert.match(line!, /skipped +1 .* nothing new$/);
  assert.match(rowLines(graph, 'b')[0]!, /skipped +- +- +because of a job it depends on$/);
  const forked = graphAfter(carriedSkip);
  assert.match(
    explained(forked, 'a').said,
    /it skipped itself in graph origin, in attempt 1 at .*, and is skipped here too$/m,
  );
  assert.match(rowLines(forked, 'a')[0]!, /skipped +- +- +from origin$/);
  assert.is(lineOfJob(forked.jobs.get('a')!.record, 'skipped'), 'in the graph this is a fork of');
  assert.is(lineOfJob(graph.jobs.get('b')!.record, 'skipped'), 'because of a job it depends on');
});

/** A fork in which job a is skipped, since it skipped itself in the other graph. */
const carriedSkip = {
  type: 'GraphSubmitted',
  data: {
    ...{ part: 1, parts: 1, args: {}, labels: {}, priority: 0 },
    jobs: [{ id: 'a', type: 'a', parents: [], carried: { ...carried(), graphId: 'origin' }, carriedStatus: 'skipped' }],
  },
} as const;

/** The line of a job in `overseer show`. */
function rowLines(graph: GraphState, jobId: string): readonly string[] {
  const now = Date.parse(graph.lastEventAt!);
  const { jobs } = toGraphInfo(graph, { now, work: initialWork });
  return jobTable([jobs[jobId]!], { now, paint: picocolors.createColors(false), columns: 120 }).slice(1);
}

explain.test('backing off: until when, after what', () => {
  const backingOff = graphAfter(diamond, ['a', started()], ['a', faulted(1, 61_000)]);
  const later = new Date(Date.parse(backingOff.lastEventAt!) + 61_000).toISOString();
  const a = explained(backingOff, 'a');
  assert.equal([a.status, a.notBefore], ['backing-off', later]);
  assert.match(a.said, /attempt 1 went wrong: Error: boom\n {2}it may start again at .*, in \d+(\.\d)? (s|min)/);
});

explain.test('started: who, since when, last sign of life, and when the lease ends', () => {
  const graph = graphAfter(diamond, ['a', started()], ['a', heartbeat()]);
  const { startedAt, heartbeatAt } = graph.jobs.get('a')!.state;
  const a = explained(graph, 'a');
  const leaseEndsAt = new Date(Date.parse(heartbeatAt!) + 1000).toISOString();
  assert.equal(a.running, {
    worker: { id: 'w1', host: 'here', pid: 1 },
    startedAt,
    heartbeatAt,
    leaseEndsAt,
    isLeaseOver: false,
    progress: null,
  });
  assert.match(
    a.said,
    /attempt 1 runs on worker w1 \(process 1 on here\) since .*, for 1\.0 s\n {2}its last sign of life came 1\.0 s ago; unless/,
  );
  const late = explainJob(graph.jobs.get('a')!, {
    now: Date.parse(heartbeatAt!) + 1001,
    work: initialWork,
    workersSeen: [],
  });
  assert.is(late.running!.isLeaseOver, true);
  assert.match(
    textOf(jobLines(late, speech(Date.parse(heartbeatAt!) + 1001))),
    /its lease ended at .*: another worker takes the job back/,
  );
});
explain.run();

const graphs = describe('explaining a graph');

graphs.test('what runs, what is ready and for whom, what backs off, what failed', () => {
  const jobs = submitted({ a: [], b: [], c: [], d: ['c'], e: [] });
  const graph = graphAfter(
    ...[jobs, ['a', started()] as const, ['b', started()] as const, ['b', faulted(1, 1_000_000)] as const],
    ...[['c', started()] as const, ['c', failed()] as const],
  );
  const told = explainedGraph(graph, [w2]);
  assert.equal(told.counts, { started: 1, 'backing-off': 1, failed: 1, blocked: 1, ready: 1 });
  assert.equal([ids(told.started), ids(told.backingOff), ids(told.failed)], [['a'], ['b'], ['c']]);
  assert.equal(told.ready, [{ type: 'e', jobs: ['e'], candidates: [] }]);
  assert.match(
    told.said,
    /^graph g is running \(1 started, 1 ready, 1 backing-off, 1 blocked, 1 failed\)\n {2}running:\n {4}a /,
  );
  assert.match(told.said, /to run again what failed: overseer retry g$/);
});

graphs.test('finished, and aborted', () => {
  const done = explainedGraph(graphAfter(submitted({ a: [] }), ['a', started()], ['a', finished()]));
  assert.is(done.said, 'graph g is finished (1 finished)\n  all its jobs are finished');
  const gone = explainedGraph(graphAfter(submitted({ a: [] }), graphAborted));
  assert.is(
    gone.said,
    'graph g is aborted (1 aborted)\n  the graph was aborted by me: no\nto open it again: overseer retry g',
  );
});
graphs.run();
