/** Which jobs run, are skipped or blocked, by the rules of their dependencies. */
import { dependencyRules, type DependencyRule } from '../../src/domain/dependency-rules.js';
import { versionOf } from '../../src/domain/read-event.js';
import { jobGraph } from '../../src/index.js';
import { partsOf } from '../../src/domain/submission.js';
import type { Dependency } from '../../src/index.js';
import {
  aborted,
  failed,
  finished,
  given,
  graphAborted,
  graphAfter,
  type Happening,
  reset,
  skipped,
  started,
  type submitted,
  worker,
} from '../support/given.js';
import { assert, describe } from '../support/spec.js';

const spec = describe('rules of dependencies');

type After = readonly Dependency[];

/** A graph of jobs, each with what it depends on and its rule. */
function graphOf(jobs: Readonly<Record<string, readonly [after: After, when?: DependencyRule]>>): Happening {
  const full = Object.entries(jobs).map(([id, [after, when]]) => {
    return [id, { type: id, after, ...(when === undefined ? {} : { when }) }] as const;
  });
  const [part] = partsOf(jobGraph({ jobs: Object.fromEntries(full) }, {}, { id: 'g' }));
  return part!;
}

/** The events by which a job comes out so. */
const by = {
  finished: (id: string): readonly Happening[] => [
    [id, started()],
    [id, finished()],
  ],
  failed: (id: string): readonly Happening[] => [
    [id, started()],
    [id, failed()],
  ],
  skipped: (id: string): readonly Happening[] => [
    [id, started()],
    [id, skipped()],
  ],
  aborted: (id: string): readonly Happening[] => [[id, aborted()]],
  started: (id: string): readonly Happening[] => [[id, started()]],
  open: (): readonly Happening[] => [],
};
type End = keyof typeof by;

/** What becomes of a job after two parents, one of which has come out so and the other so. */
function statusAfter(when: DependencyRule, first: End, second: End, after: After = ['a', 'b']): string {
  const graph = graphAfter(graphOf({ a: [[]], b: [[]], c: [after, when] }), ...by[first]('a'), ...by[second]('b'));
  assert.equal(graph.anomalies, []);
  return graph.jobs.get('c')!.derivedStatus(Infinity);
}

const ends: readonly End[] = ['open', 'started', 'finished', 'skipped', 'failed', 'aborted'];

/** For each rule: what becomes of a job, by how two parents have come out; rows and columns in the order of `ends`. */
const table: Readonly<Record<DependencyRule, readonly (readonly string[])[]>> = {
  'all-finished': [
    ['waiting', 'waiting', 'waiting', 'waiting', 'blocked', 'aborted'],
    ['waiting', 'waiting', 'waiting', 'waiting', 'blocked', 'aborted'],
    ['waiting', 'waiting', 'ready', 'skipped', 'blocked', 'aborted'],
    ['waiting', 'waiting', 'skipped', 'skipped', 'blocked', 'aborted'],
    ['blocked', 'blocked', 'blocked', 'blocked', 'blocked', 'aborted'],
    ['aborted', 'aborted', 'aborted', 'aborted', 'aborted', 'aborted'],
  ],
  'none-failed': [
    ['waiting', 'waiting', 'waiting', 'waiting', 'blocked', 'aborted'],
    ['waiting', 'waiting', 'waiting', 'waiting', 'blocked', 'aborted'],
    ['waiting', 'waiting', 'ready', 'ready', 'blocked', 'aborted'],
    ['waiting', 'waiting', 'ready', 'ready', 'blocked', 'aborted'],
    ['blocked', 'blocked', 'blocked', 'blocked', 'blocked', 'aborted'],
    ['aborted', 'aborted', 'aborted', 'aborted', 'aborted', 'aborted'],
  ],
  'all-ended': [
    ['waiting', 'waiting', 'waiting', 'waiting', 'waiting', 'waiting'],
    ['waiting', 'waiting', 'waiting', 'waiting', 'waiting', 'waiting'],
    ['waiting', 'waiting', 'ready', 'ready', 'ready', 'ready'],
    ['waiting', 'waiting', 'ready', 'ready', 'ready', 'ready'],
    ['waiting', 'waiting', 'ready', 'ready', 'ready', 'ready'],
    ['waiting', 'waiting', 'ready', 'ready', 'ready', 'ready'],
  ],
  'any-finished': [
    ['waiting', 'waiting', 'ready', 'waiting', 'waiting', 'waiting'],
    ['waiting', 'waiting', 'ready', 'waiting', 'waiting', 'waiting'],
    ['ready', 'ready', 'ready', 'ready', 'ready', 'ready'],
    ['waiting', 'waiting', 'ready', 'skipped', 'blocked', 'aborted'],
    ['waiting', 'waiting', 'ready', 'blocked', 'blocked', 'blocked'],
    ['waiting', 'waiting', 'ready', 'aborted', 'blocked', 'aborted'],
  ],
  'any-failed': [
    ['waiting', 'waiting', 'waiting', 'waiting', 'ready', 'ready'],
    ['waiting', 'waiting', 'waiting', 'waiting', 'ready', 'ready'],
    ['waiting', 'waiting', 'skipped', 'skipped', 'ready', 'ready'],
    ['waiting', 'waiting', 'skipped', 'skipped', 'ready', 'ready'],
    ['ready', 'ready', 'ready', 'ready', 'ready', 'ready'],
    ['ready', 'ready', 'ready', 'ready', 'ready', 'ready'],
  ],
};

spec.test('given two parents that come out in every way, then a job of each rule is what the table says', () => {
  for (const when of dependencyRules) {
    const found = ends.map((first) => ends.map((second) => statusAfter(when, first, second)));
    assert.equal(found, table[when], when);
  }
});

spec.test('given an optional parent that is skipped, then the job is not; if it fails, the job is blocked', () => {
  const after = [{ job: 'a', optional: true }, 'b'];
  assert.is(statusAfter('all-finished', 'skipped', 'finished', after), 'ready');
  assert.is(statusAfter('all-finished', 'finished', 'skipped', after), 'skipped');
  assert.is(statusAfter('all-finished', 'failed', 'finished', after), 'blocked');
  assert.is(statusAfter('all-finished', 'skipped', 'open', after), 'waiting');
});

spec.test('given a job that is skipped, then those that need its result are too, and their clean-up runs', () => {
  const graph = graphAfter(
    graphOf({ a: [[]], b: [['a']], c: [['b']], join: [['c'], 'none-failed'], tidy: [['c'], 'all-ended'] }),
    ...by.skipped('a'),
  );
  assert.equal(statusesIn(graph), { a: 'skipped', b: 'skipped', c: 'skipped', join: 'ready', tidy: 'ready' });
  assert.is(graph.status, 'running');
});

spec.test(
  'given a failure far above, then what can never run counts as failed for alerts and as ended for clean-ups',
  () => {
    const graph = graphAfter(
      graphOf({ a: [[]], b: [['a']], c: [['b']], alert: [['c'], 'any-failed'], tidy: [['c'], 'all-ended'] }),
      ...by.failed('a'),
    );
    assert.equal(statusesIn(graph), { a: 'failed', b: 'blocked', c: 'blocked', alert: 'ready', tidy: 'ready' });
  },
);

spec.test('given a graph whose jobs all finished or were skipped, then it is finished', () => {
  const graph = graphAfter(
    graphOf({ a: [[]], b: [['a']], alert: [['a', 'b'], 'any-failed'] }),
    ...by.finished('a'),
    ...by.finished('b'),
  );
  assert.equal(statusesIn(graph), { a: 'finished', b: 'finished', alert: 'skipped' });
  assert.equal([graph.isSettled, graph.status, graph.countByStatus().skipped], [true, 'finished', 1]);
});

spec.test('given a failure that an alert has answered, then the graph has failed all the same', () => {
  const graph = graphAfter(
    graphOf({ a: [[]], alert: [['a'], 'any-failed'] }),
    ...by.failed('a'),
    ...by.finished('alert'),
  );
  assert.equal([graph.isSettled, graph.status], [true, 'failed']);
});

spec.test('given an abort, then a clean-up runs after it; given one of the graph, then nothing does', () => {
  const jobs = graphOf({ a: [[]], b: [['a']], tidy: [['a', 'b'], 'all-ended'], alert: [['b'], 'any-failed'] });
  const one = graphAfter(jobs, ...by.aborted('a'));
  assert.equal(statusesIn(one), { a: 'aborted', b: 'aborted', tidy: 'ready', alert: 'ready' });
  assert.is(one.status, 'running');
  const all = graphAfter(jobs, graphAborted);
  assert.equal(statusesIn(all), { a: 'aborted', b: 'aborted', tidy: 'aborted', alert: 'aborted' });
});

spec.test('given a job that failed, when it is retried, then what was skipped or blocked because of it opens', () => {
  const jobs = graphOf({ a: [[]], b: [['a']], c: [['a'], 'any-finished'], tidy: [['a'], 'all-ended'] });
  const before = graphAfter(jobs, ...by.failed('a'));
  assert.equal(statusesIn(before), { a: 'failed', b: 'blocked', c: 'blocked', tidy: 'ready' });
  const after = graphAfter(jobs, ...by.failed('a'), ['a', reset()]);
  assert.equal(statusesIn(after), { a: 'ready', b: 'waiting', c: 'waiting', tidy: 'waiting' });
});

spec.test('given a clean-up that has run, when what it ran after is retried, then it stays as it is', () => {
  const graph = graphAfter(
    graphOf({ a: [[]], tidy: [['a'], 'all-ended'] }),
    ...by.failed('a'),
    ...by.finished('tidy'),
    ['a', reset()],
  );
  assert.equal(statusesIn(graph), { a: 'ready', tidy: 'finished' });
});

spec.test('given a claim that reaches the log after the reset of a parent, then it counts, and is no anomaly', () => {
  const jobs = graphOf({ a: [[]], tidy: [['a'], 'all-ended'] });
  const late = graphAfter(jobs, ...by.failed('a'), ['a', reset()], ['tidy', started()]);
  assert.equal([statusesIn(late), late.anomalies], [{ a: 'ready', tidy: 'started' }, []]);
  const early = graphAfter(jobs, ['tidy', started()]);
  assert.match(early.anomalies[0]!.problem, /before|had not ended as its rule all-ended asks for/);
  assert.is(early.jobs.get('tidy')!.status, 'unstarted');
});

spec.test(
  'given a job that skipped itself, when it is retried, then it is ready; one that others made so refuses',
  () => {
    const jobs = graphOf({ a: [[]], b: [['a']] });
    const again = { kind: 'reset', by: 'op', reason: 'again' } as const;
    given(jobs, ...by.skipped('a'))
      .when('a', again)
      .then({ type: 'JobReset', data: { by: 'op', reason: 'again' } });
    given(jobs, ...by.skipped('a'))
      .when('b', again)
      .thenRejected('job-not-ended', /because of the jobs it depends on; retry one of those/);
    given(jobs, ...by.skipped('a'))
      .when('b', { kind: 'abort', by: 'op', message: '', silent: true })
      .thenRejected('job-already-ended', /is skipped and stays so/);
    assert.equal(statusesIn(graphAfter(jobs, ...by.skipped('a'), ['a', reset()])), { a: 'ready', b: 'waiting' });
  },
);

spec.test(
  'given the first parent that finishes, then it is the cause of the start, whatever finishes afterwards',
  () => {
    const graph = graphAfter(
      graphOf({ a: [[]], b: [[]], c: [['a', 'b'], 'any-finished'] }),
      ...by.finished('a'),
      ...by.finished('b'),
    );
    assert.is(graph.jobs.get('c')!.record.above.readyCause, graph.jobs.get('a')!.state.lastEventId);
  },
);

spec.test('given an attempt, then its parents are those of the moment it started, whatever becomes of them', () => {
  const jobs = graphOf({ a: [[]], b: [[]], c: [['a', 'b'], 'any-finished'] });
  const graph = graphAfter(jobs, ...by.finished('a'), ['c', started()], ...by.finished('b'));
  const atStart = graph.jobs.get('c')!.record.parentsAtStart!;
  assert.equal(
    atStart.map(({ state }) => state.status),
    ['finished', 'unstarted'],
  );
});

spec.test('given jobs with rules, then their submission needs a newer reader; given none, the oldest will do', () => {
  const versionFor = (jobs: Parameters<typeof graphOf>[0]) => versionOf(graphOf(jobs) as ReturnType<typeof submitted>);
  assert.is(versionFor({ a: [[]], b: [['a']] }), 1);
  assert.is(versionFor({ a: [[]], b: [['a'], 'all-finished'] }), 1);
  assert.is(versionFor({ a: [[]], b: [['a'], 'all-ended'] }), 3);
  assert.is(versionFor({ a: [[]], b: [[{ job: 'a', optional: true }]] }), 3);
  assert.is(versionFor({ a: [[]], b: [[{ job: 'a', optional: false }]] }), 1);
});

spec.test('given a start by the rules, then no parent stands in its way', () => {
  const start = { kind: 'start', worker: worker('w2'), leaseMs: 500, hasWaited: true } as const;
  const jobs = graphOf({ a: [[]], b: [[]], c: [['a', 'b'], 'any-failed'] });
  given(jobs, ...by.failed('b'))
    .when('c', start)
    .then({ type: 'JobStarted', data: { attempt: 1, worker: worker('w2'), leaseMs: 500 } });
  given(jobs, ...by.finished('b'))
    .when('c', start)
    .thenRejected('job-not-ready', /waits for a$/);
});

function statusesIn(graph: ReturnType<typeof graphAfter>): Readonly<Record<string, string>> {
  return Object.fromEntries([...graph.jobs.values()].map((job) => [job.id, job.derivedStatus(Infinity)]));
}

spec.run();
