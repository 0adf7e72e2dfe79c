import {
  aborted,
  failed,
  finished,
  graphAborted,
  graphAfter,
  graphReset,
  reset,
  started,
  statuses,
  submitted,
} from '../support/given.js';
import { decideGraph } from '../../src/domain/graph-decisions.js';
import { left, right } from '../support/right.js';
import { assert, describe } from '../support/spec.js';

const spec = describe('a graph’s state');

const diamond = submitted({ start: [], left: ['start'], right: ['start'], end: ['left', 'right'] });
const derived = (graph: ReturnType<typeof graphAfter>) =>
  Object.fromEntries(
    [...graph.jobs.values()].map((job) => [job.id, job.derivedStatus(Date.parse('2026-06-01T00:00:00.000Z'))]),
  );

spec.test('given a diamond, then the root is ready and the others wait', () => {
  const graph = graphAfter(diamond);
  assert.equal(derived(graph), { start: 'ready', left: 'waiting', right: 'waiting', end: 'waiting' });
  assert.is(graph.status, 'running');
});

spec.test('given all jobs finished, then the graph is finished', () => {
  const graph = graphAfter(
    diamond,
    ...['start', 'left', 'right', 'end'].flatMap((id) => [[id, started()] as const, [id, finished()] as const]),
  );
  assert.is(graph.status, 'finished');
  assert.equal(graph.anomalies, []);
});

spec.test(
  'given a failed job, then its descendants are blocked, others go on, and the graph fails when they have',
  () => {
    const graph = graphAfter(
      diamond,
      ['start', started()],
      ['start', finished()],
      ['left', started()],
      ['left', failed()],
    );
    assert.equal(derived(graph), { start: 'finished', left: 'failed', right: 'ready', end: 'blocked' });
    assert.is(graph.status, 'running');
    const later = graphAfter(
      diamond,
      ['start', started()],
      ['start', finished()],
      ['left', started()],
      ['left', failed()],
      ['right', started()],
      ['right', finished()],
    );
    assert.is(later.status, 'failed');
  },
);

spec.test('given a failed job that is reset, then what it blocked waits again', () => {
  const graph = graphAfter(diamond, ['start', started()], ['start', failed()], ['start', reset()]);
  assert.equal(derived(graph), { start: 'ready', left: 'waiting', right: 'waiting', end: 'waiting' });
  assert.is(graph.status, 'running');
});

spec.test('given an aborted job, then its descendants are aborted, its siblings and ancestors are not', () => {
  const graph = graphAfter(diamond, ['start', started()], ['start', finished()], ['left', aborted()]);
  assert.equal(statuses(graph), { start: 'finished', left: 'aborted', right: 'unstarted', end: 'aborted' });
});

spec.test(
  'given a job under two aborted parents, when one is reset, then it stays aborted; when both are, it opens',
  () => {
    const before = [
      diamond,
      ['start', started()],
      ['start', finished()],
      ['left', aborted()],
      ['right', aborted()],
    ] as const;
    assert.is(statuses(graphAfter(...before, ['left', reset()]))['end'], 'aborted');
    const graph = graphAfter(...before, ['left', reset()], ['right', reset()]);
    assert.equal(statuses(graph), { start: 'finished', left: 'unstarted', right: 'unstarted', end: 'unstarted' });
    assert.equal(derived(graph), { start: 'finished', left: 'ready', right: 'ready', end: 'waiting' });
  },
);

spec.test(
  'given a job with an abort of its own under an aborted parent, when the parent is reset, then the job stays aborted',
  () => {
    const graph = graphAfter(
      submitted({ a: [], b: ['a'], c: ['b'] }),
      ['b', aborted()],
      ['a', aborted()],
      ['a', reset()],
    );
    assert.equal(statuses(graph), { a: 'unstarted', b: 'aborted', c: 'aborted' });
  },
);

spec.test('given a graph that is aborted, then every job that has not ended is aborted, and nothing else', () => {
  const graph = graphAfter(diamond, ['start', started()], ['start', finished()], ['left', started()], graphAborted);
  assert.equal(statuses(graph), { start: 'finished', left: 'aborted', right: 'aborted', end: 'aborted' });
  assert.is(graph.status, 'aborted');
  assert.ok(graph.isSettled);
});

spec.test(
  'given facts that reach the log after their graph’s abort, then they change no status and are no anomaly',
  () => {
    const graph = graphAfter(diamond, ['start', started()], graphAborted, ['start', finished(1, 'late')]);
    assert.equal(statuses(graph), { start: 'aborted', left: 'aborted', right: 'aborted', end: 'aborted' });
    assert.equal(graph.anomalies, []);
    assert.is(graph.jobs.get('start')!.state.revision, 1);
    const claimed = graphAfter(diamond, graphAborted, ['start', started()], ['start', aborted()]);
    assert.equal(claimed.anomalies, []);
    assert.is(claimed.jobs.get('start')!.state.attempt, 1);
  },
);

spec.test(
  'given a graph’s abort that is taken back, then jobs aborted only by it open, and the next attempt has a new number',
  () => {
    const graph = graphAfter(
      diamond,
      ['start', started()],
      graphAborted,
      ['start', aborted()],
      ['start', reset()],
      graphReset,
    );
    assert.equal(derived(graph), { start: 'ready', left: 'waiting', right: 'waiting', end: 'waiting' });
    assert.is(graph.status, 'running');
    assert.is(graph.jobs.get('start')!.state.attempt, 1);
  },
);

spec.test('given a submission in parts, then the graph exists from its last part on, across part borders', () => {
  const part = (n: number, jobs: readonly object[]) =>
    ({
      type: 'GraphSubmitted',
      data: { part: n, parts: 2, jobs, args: n === 1 ? { x: 1 } : {}, labels: {}, priority: n === 1 ? 5 : 0 },
    }) as never;
  const first = part(1, [{ id: 'b', type: 't', parents: ['a'] }]);
  const half = graphAfter(first);
  assert.is(half.existsFrom, null);
  assert.not.ok(half.jobs.get('b')!.isReady);
  const whole = graphAfter(first, part(2, [{ id: 'a', type: 't', parents: [] }]));
  assert.is(whole.existsFrom, '2');
  assert.equal(
    [...whole.jobs.values()].map((job) => [job.id, job.isReady]),
    [
      ['b', false],
      ['a', true],
    ],
  );
  assert.equal([whole.priority, whole.args], [5, { x: 1 }]);
  assert.is(graphAfter(part(2, [])).anomalies.length, 1);
});

spec.test('given events nobody could have written, then each is an anomaly and nothing else happens', () => {
  const graph = graphAfter(
    diamond,
    ['left', started()],
    ['nobody', started()],
    ['start', started(3)],
    ['start', started(1)],
    ['start', finished(2)],
    graphReset,
    diamond,
  );
  assert.equal(
    graph.anomalies.map((anomaly) => anomaly.problem),
    [
      'it started while 1 of its parents were not finished',
      'job "nobody" is not a job of this graph',
      'attempt 3 cannot follow attempt 0',
      'JobFinished of attempt 2 while attempt 1 runs',
      'the graph is not aborted',
      'part 1 of 1 cannot follow part 1',
    ],
  );
  assert.equal(statuses(graph), { start: 'started', left: 'unstarted', right: 'unstarted', end: 'unstarted' });
});

spec.test('given an event of a newer release, then nothing of the graph may be claimed', () => {
  const unreadable = {
    type: 'Unreadable',
    data: {
      storedType: 'JobPaused',
      problem: 'unknown-event-type',
      explanation: 'no event is called "JobPaused"',
      stored: {},
    },
  } as never;
  const graph = graphAfter(diamond, ['start', unreadable]);
  assert.not.ok(graph.jobs.get('start')!.isReady);
  assert.is(graph.anomalies.length, 1);
  assert.is(graph.unreadable?.problem, 'no event is called "JobPaused"');
});

spec.test('given a running graph, when it is aborted, then GraphAborted; given an ended one, then a rejection', () => {
  const why = { kind: 'abort', by: 'op', reason: 'stop' } as const;
  assert.equal(right(decideGraph(graphAfter(diamond), why)), [
    { type: 'GraphAborted', data: { by: 'op', reason: 'stop' } },
  ]);
  assert.equal(right(decideGraph(graphAfter(diamond, graphAborted), why)), []);
  const ended = graphAfter(submitted({ a: [] }), ['a', started()], ['a', finished()]);
  assert.is(left(decideGraph(ended, why)).code, 'graph-already-ended');
});

spec.run();
