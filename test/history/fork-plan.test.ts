import type { EventOf } from '../../src/domain/events.js';
import { readEvent, versionOf } from '../../src/domain/read-event.js';
import { decideJob } from '../../src/domain/job-decisions.js';
import { GraphState } from '../../src/domain/graph.js';
import { LiveProjection } from '../../src/domain/live-projection.js';
import { type ForkChoice, planFork } from '../../src/history/fork/plan.js';
import { GraphCheck } from '../../src/history/verify/invariants.js';
import {
  aborted,
  carried,
  failed,
  finished,
  forked,
  graphAborted,
  graphAfter,
  type Happening,
  Recorder,
  reset,
  started,
  statuses,
  submitted,
} from '../support/given.js';
import { left, right } from '../support/right.js';
import { assert, describe } from '../support/spec.js';

const spec = describe('planning a fork');

const pipeline = submitted({ fetch: [], parse: ['fetch'], count: ['parse'], publish: ['count', 'aside'], aside: [] });
const ran = (id: string, result: number): readonly Happening[] => [
  [id, started()],
  [id, finished(1, result)],
];
const allDone = [pipeline, ...['fetch', 'parse', 'count', 'aside', 'publish'].flatMap((id, at) => ran(id, at))];
const parseFailed: readonly Happening[] = [pipeline, ...ran('fetch', 0), ['parse', started()], ['parse', failed()]];

function eventsOf(happenings: readonly Happening[]) {
  const recorder = new Recorder();
  return happenings.map((happening) => {
    const [jobId, event] = 'type' in happening ? [null, happening] : happening;
    return recorder.record({ graphId: 'g', jobId }, event);
  });
}

function planned(happenings: readonly Happening[], choice: Partial<ForkChoice>) {
  return planFork('g', eventsOf(happenings), {
    from: [],
    keep: [],
    args: null,
    failed: false,
    id: 'f',
    labels: {},
    ...choice,
  });
}

function reasons(happenings: readonly Happening[], choice: Partial<ForkChoice>) {
  const { runs, carried } = right(planned(happenings, choice));
  const why = runs.map(({ id, reason, below }) => [id, below === null ? reason : `${reason} ${below}`]);
  return { runs: Object.fromEntries(why) as Record<string, string>, carried: carried.map(({ id }) => id) };
}

spec.test('the chosen jobs run, and all below them; everything else that finished is carried over', () => {
  assert.equal(reasons(allDone, { from: ['parse'] }), {
    runs: { parse: 'chosen', count: 'below-chosen parse', publish: 'below-chosen parse' },
    carried: ['fetch', 'aside'],
  });
  assert.equal(reasons(allDone, { from: ['publish'] }).carried, ['fetch', 'parse', 'count', 'aside']);
  assert.equal(reasons(allDone, { from: ['fetch', 'aside'] }).carried, []);
});

/** The pipeline, whose jobs share args but for `parse`, run to its end. */
const withArgs = (): readonly Happening[] => {
  const shape = { fetch: [], parse: ['fetch'], count: ['parse'], publish: ['count', 'aside'], aside: [] };
  const { data } = submitted(shape) as EventOf<'GraphSubmitted'>;
  const jobs = data.jobs.map((job) => (job.id === 'parse' ? { ...job, args: { day: 1, column: 'x' } } : job));
  return [{ type: 'GraphSubmitted', data: { ...data, jobs, args: { day: 1 } } }, ...allDone.slice(1)];
};

spec.test('given other args, then what gets others runs; results stay beside the args they came from', () => {
  const everything = ['fetch', 'parse', 'count', 'publish', 'aside'];
  assert.equal(
    reasons(withArgs(), { args: { day: 2 } }).runs,
    Object.fromEntries(everything.map((id) => [id, 'args-changed'])),
  );
  const kept = { args: { column: 'y' }, keep: ['fetch', 'aside', 'count', 'publish'] };
  assert.match(left(planned(withArgs(), kept)).message, /job "count" of graph g cannot keep its result: parse runs/);
  const { graph } = right(planned(withArgs(), { args: { column: 'y' }, keep: ['fetch', 'aside'] }));
  assert.equal(
    Object.values(graph.jobs).map(({ id, args, carried: result }) => [id, args, result?.result]),
    [
      ['fetch', { day: 1 }, 0],
      ['parse', { day: 1, column: 'y' }, undefined],
      ['count', { day: 1, column: 'y' }, undefined],
      ['publish', { day: 1, column: 'y' }, undefined],
      ['aside', { day: 1 }, 3],
    ],
  );
  const all = ['fetch', 'aside', 'count'];
  assert.equal(reasons(withArgs(), { args: { column: 'x' }, keep: all, from: ['publish'] }), {
    runs: { publish: 'chosen' },
    carried: ['fetch', 'parse', 'count', 'aside'],
  });
});

spec.test(
  'given args that leave every job as it is, then nothing is forked; what has not finished gets others too',
  () => {
    assert.is(left(planned(withArgs(), { args: { day: 1 } })).code, 'fork-same');
    const fetchFailed = [pipeline, ['fetch', started()], ['fetch', failed()]] as const;
    const args = { url: 'right' };
    assert.equal(reasons(fetchFailed, { args }).runs['fetch'], 'failed');
    assert.equal(right(planned(fetchFailed, { args })).graph.jobs['fetch']?.args, args);
    assert.is(left(planned(withArgs(), { args: { day: 2 }, keep: ['nobody'] })).code, 'job-not-found');
    assert.is(left(planned(parseFailed, { args: { day: 2 }, keep: ['parse'] })).code, 'job-not-kept');
    assert.is(left(planned(withArgs(), { args: { day: 2 }, keep: ['fetch'], from: ['fetch'] })).code, 'job-not-kept');
  },
);

spec.test('what has not finished runs in any case, and it is said why', () => {
  assert.equal(reasons(parseFailed, { failed: true }), {
    runs: { parse: 'failed', count: 'blocked', publish: 'blocked', aside: 'not-finished' },
    carried: ['fetch'],
  });
  assert.equal(reasons([pipeline, ...ran('fetch', 0), ['parse', aborted()]], { from: ['aside'] }).runs, {
    parse: 'aborted',
    count: 'aborted',
    publish: 'below-chosen aside',
    aside: 'chosen',
  });
  assert.equal(reasons([pipeline, ['fetch', started()]], { from: ['fetch'] }).runs['fetch'], 'chosen');
});

spec.test('a job that finished only after it had failed keeps the result it finished with', () => {
  const happenings: Happening[] = [
    pipeline,
    ['fetch', started()],
    ['fetch', failed()],
    ['fetch', reset()],
    ['fetch', started(2)],
    ['fetch', finished(2, 42)],
    ['fetch', finished(2, 43)],
  ];
  const events = eventsOf(happenings);
  const plan = right(
    planFork('g', events, { from: ['parse'], keep: [], args: null, failed: false, id: 'f', labels: {} }),
  );
  const { id: eventId, recordedAt: finishedAt } = events[5]!;
  assert.equal(plan.carried, [
    { id: 'fetch', type: 'fetch', graphId: 'g', attempt: 2, eventId, finishedAt, result: 42 },
  ]);
  assert.equal(plan.forkedFrom, { graphId: 'g', position: events.at(-1)!.position });
  assert.equal(plan.graph.jobs['fetch']!.carried, { graphId: 'g', attempt: 2, eventId, finishedAt, result: 42 });
  assert.is('carried' in plan.graph.jobs['parse']!, false);
});

spec.test('a fork of a fork names the graph in which a job ran, and can let it run again', () => {
  const fork = forked({ a: [], b: ['a'] }, { a: 7 });
  const again = right(planned([fork, ...ran('b', 8)], { from: ['b'] }));
  assert.equal(again.carried, [{ id: 'a', type: 'a', ...carried(7) }]);
  const whole = right(planned([fork, ...ran('b', 8)], { from: ['a'] }));
  assert.equal(whole.carried, []);
  assert.is('carried' in whole.graph.jobs['a']!, false);
});

spec.test('labels and priority are those of the graph unless given', () => {
  const labelled = {
    ...pipeline,
    data: { ...pipeline.data, labels: { team: 'x', run: '1' }, priority: 3 },
  } as Happening;
  const { graph } = right(planned([labelled], { from: ['fetch'], labels: { run: '2' } }));
  assert.equal([graph.id, graph.labels, graph.priority], ['f', { team: 'x', run: '2' }, 3]);
  assert.is(right(planned([labelled], { from: ['fetch'], priority: -1 })).graph.priority, -1);
});

spec.test('what cannot be forked is refused, and it is said why', () => {
  const refusal = (happenings: readonly Happening[], choice: Partial<ForkChoice>) => left(planned(happenings, choice));
  assert.equal(refusal([], { failed: true }), { code: 'graph-not-found', message: 'there is no graph "g"' });
  assert.equal(refusal(allDone, { from: ['parse', 'nope'] }), {
    code: 'job-not-found',
    message: 'graph g has no job "nope"',
  });
  assert.equal(refusal(allDone, { failed: true }), {
    code: 'nothing-failed',
    message: 'nothing in graph g has failed or was aborted (it is finished); name the jobs that shall run again',
  });
  assert.is(refusal([pipeline], { failed: true }).code, 'nothing-failed');
  assert.equal(reasons([pipeline, graphAborted], { failed: true }).runs['fetch'], 'aborted');
  const recorder = new Recorder();
  const odd = recorder.record({ graphId: 'g', jobId: null }, pipeline);
  const future = { ...recorder.record({ graphId: 'g', jobId: 'fetch' }, started()), ...readEvent('JobPaused', 1, {}) };
  const choice = { from: ['fetch'], keep: [], args: null, failed: false, id: 'f', labels: {} };
  const unread = left(planFork('g', [odd, future], choice));
  assert.is(unread.code, 'graph-unreadable');
  assert.match(
    unread.message,
    /^graph g cannot be forked, since this release cannot read all of it: no event is called/,
  );
});
spec.run();

const state = describe('the state of a fork');
const diamond = forked({ start: [], left: ['start'], right: ['start'], end: ['left', 'right'] }, { start: 1, left: 2 });

state.test('carried jobs are finished from the start, and only what waits for others waits', () => {
  const graph = graphAfter(diamond);
  assert.equal(statuses(graph), { start: 'finished', left: 'finished', right: 'unstarted', end: 'unstarted' });
  assert.equal(
    [...graph.jobs.values()].map((job) => job.isReady),
    [false, false, true, false],
  );
  assert.equal([graph.status, graph.isSettled, graph.countByStatus().finished], ['running', false, 2]);
  assert.equal(graph.forkedFrom, { graphId: 'origin', position: '7' });
  assert.equal(graph.jobs.get('left')!.carried, carried(2));
  assert.is(graph.jobs.get('left')!.state.result, 2);
  const done = graphAfter(diamond, ...ran('right', 3), ...ran('end', 4));
  assert.equal([done.status, done.isSettled, done.anomalies], ['finished', true, []]);
});

state.test('a carried job is never claimed, aborted or retried', () => {
  const job = graphAfter(diamond).jobs.get('start')!.subject();
  const worker = { id: 'w', host: 'h', pid: 1 };
  assert.is(left(decideJob(job, { kind: 'start', worker, leaseMs: 1, hasWaited: true })).code, 'job-already-ended');
  assert.is(left(decideJob(job, { kind: 'abort', by: '', message: '', silent: true })).code, 'job-already-ended');
  assert.is(left(decideJob(job, { kind: 'reset', by: '', reason: '' })).code, 'job-not-ended');
  const claimed = graphAfter(diamond, ['start', started()]);
  assert.equal(
    claimed.anomalies.map(({ problem }) => problem),
    ['JobStarted cannot follow while the job is finished'],
  );
});

state.test('children may stand before their parents, and in other parts', () => {
  const { jobs, ...rest } = (diamond as Extract<Happening, { type: 'GraphSubmitted' }>).data;
  const part = (number: number) => ({
    type: 'GraphSubmitted' as const,
    data: { ...rest, part: number, parts: 4, jobs: [[...jobs].reverse()[number - 1]!] },
  });
  const graph = graphAfter(part(1), part(2), part(3), part(4));
  assert.equal(
    [...graph.jobs.values()].map((job) => [job.id, job.isReady]),
    [
      ['end', false],
      ['right', true],
      ['left', false],
      ['start', false],
    ],
  );
});

state.test('large results are not kept where they are not to be, only that they exist', () => {
  const large = forked({ a: [], b: ['a'], c: [] }, { a: 'x'.repeat(100), c: 'short' });
  const recorded = new Recorder().record({ graphId: 'g', jobId: null }, large);
  const graph = new GraphState('g', { resultBytesMax: 50 });
  graph.apply(recorded);
  const [a, , c] = [...graph.jobs.values()];
  assert.equal([a!.record.resultOmitted, a!.state.result, a!.definition.carried!.result], [true, null, null]);
  assert.equal([c!.record.resultOmitted, c!.state.result], [false, 'short']);
  assert.is(graph.jobs.get('b')!.isReady, true);
});

state.test('the live projection offers what is below carried jobs; a fork with nothing to run leaves at once', () => {
  const live = new LiveProjection();
  const recorder = new Recorder();
  live.apply(recorder.record({ graphId: 'g', jobId: null }, diamond));
  assert.equal([...live.ready.keys()], ['right']);
  live.apply(recorder.record({ graphId: 'h', jobId: null }, forked({ a: [] }, { a: 1 })));
  assert.equal([...live.graphs.keys()], ['g']);
});

state.test('the auditor finds nothing wrong with a fork, and a claim of a carried job wrong', () => {
  const found = (...happenings: readonly Happening[]) => {
    const audit = new GraphCheck('g');
    return eventsOf(happenings).flatMap((event) => audit.check(event).map(({ problem }) => problem));
  };
  assert.equal(found(diamond, ...ran('right', 1), ...ran('end', 1)), []);
  assert.equal(found(diamond, ['left', started()]), ['JobStarted cannot follow while the job is finished']);
});
state.run();

const stored = describe('the stored form of a fork');

stored.test(
  'what carries results needs version 2 of the submission; what does not stays readable for older releases',
  () => {
    assert.is(versionOf(diamond), 2);
    assert.is(versionOf(forked({ a: [] }, {})), 1);
    assert.is(versionOf(pipeline), 1);
    assert.is(versionOf(started()), 1);
    for (const event of [diamond, pipeline]) {
      assert.equal(readEvent(event.type, versionOf(event), JSON.parse(JSON.stringify(event.data))), event);
    }
    const unread = readEvent('GraphSubmitted', 4, diamond.data);
    assert.is(unread.type === 'Unreadable' && unread.data.problem, 'event-from-the-future');
  },
);
stored.run();
