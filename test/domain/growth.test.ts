/** Graphs that grow: what an attempt spawns, when it exists, and who waits for it. */
import type { JobDefinition } from '../../src/domain/events.js';
import type { GraphState } from '../../src/domain/graph.js';
import type { Job } from '../../src/domain/job-graph.js';
import { readSpawned } from '../../src/domain/spawn.js';
import { E } from '../../src/prelude/fp.js';
import {
  aborted,
  carried,
  failed,
  faulted,
  finished,
  given,
  graphAborted,
  graphAfter,
  graphReset,
  type Happening,
  reset,
  spawned,
  started,
  statuses,
} from '../support/given.js';
import { assert, describe } from '../support/spec.js';

const spec = describe('graphs that grow');

/** `list`, and `sum` that waits for all below it, as far as it says so. */
const submission = (sum: Partial<JobDefinition> = {}, list: Partial<JobDefinition> = {}): Happening => {
  const jobs: readonly JobDefinition[] = [
    { id: 'list', type: 'list', parents: [], ...list },
    { id: 'sum', type: 'sum', parents: ['list'], withSpawned: ['list'], ...sum },
    { id: 'next', type: 'next', parents: ['list'] },
  ];
  return { type: 'GraphSubmitted', data: { part: 1, parts: 1, jobs, args: { shop: 1 }, labels: {}, priority: 0 } };
};

const runs = (jobId: string, ...jobs: readonly Record<string, Partial<JobDefinition>>[]): readonly Happening[] => [
  [jobId, started()],
  ...jobs.map((each): Happening => [jobId, spawned(each)]),
  [jobId, finished()],
];

const derived = (graph: GraphState) =>
  Object.fromEntries([...graph.jobs.values()].map((job) => [job.id, job.derivedStatus(Infinity)]));

spec.test('what an attempt spawned exists from its end on; who waits for all of it is not ready in between', () => {
  const before = graphAfter(submission(), ['list', started()], ['list', spawned({ 'list/a': {}, 'list/b': {} })]);
  assert.equal(derived(before), { list: 'started', sum: 'waiting', next: 'waiting' });
  const after = graphAfter(submission(), ...runs('list', { 'list/a': {}, 'list/b': {} }));
  assert.equal(derived(after), {
    ...{ list: 'finished', sum: 'waiting', next: 'ready' },
    ...{ 'list/a': 'ready', 'list/b': 'ready' },
  });
  assert.equal(after.jobs.get('sum')!.parentIds, ['list', 'list/a', 'list/b']);
  assert.equal([after.isSettled, after.anomalies], [false, []]);
  assert.is(after.jobs.get('list/a')!.record.above.readyCause, after.jobs.get('list')!.state.lastEventId);
});

spec.test('what is spawned below a spawned job is waited for too, however deep', () => {
  const graph = graphAfter(
    submission(),
    ...runs('list', { 'list/a': {} }),
    ...runs('list/a', { 'list/a/x': {} }),
    ...runs('list/a/x', { 'list/a/x/1': {}, 'list/a/x/2': { parents: ['list/a/x/1'] } }),
  );
  assert.equal(graph.jobs.get('sum')!.parentIds, ['list', 'list/a', 'list/a/x', 'list/a/x/1', 'list/a/x/2']);
  assert.equal([derived(graph)['sum'], derived(graph)['list/a/x/2']], ['waiting', 'waiting']);
  const done = graphAfter(
    submission(),
    ...runs('list', { 'list/a': {} }),
    ...runs('list/a', { 'list/a/x': {} }),
    ...runs('list/a/x'),
  );
  assert.is(derived(done)['sum'], 'ready');
});

spec.test('a spawned job may wait for all that is spawned below one beside it', () => {
  const jobs = { 'list/a': {}, 'list/b': { parents: ['list/a'], withSpawned: ['list/a'] } };
  const graph = graphAfter(submission(), ...runs('list', jobs), ...runs('list/a', { 'list/a/x': {} }));
  assert.equal(graph.jobs.get('list/b')!.parentIds, ['list/a', 'list/a/x']);
  assert.is(derived(graph)['list/b'], 'waiting');
  const done = graphAfter(
    submission(),
    ...runs('list', jobs),
    ...runs('list/a', { 'list/a/x': {} }),
    ...runs('list/a/x'),
  );
  assert.equal([derived(done)['list/b'], derived(done)['sum']], ['ready', 'waiting']);
});

spec.test('what a lost or faulted attempt spawned never existed, and the next one may spawn the same', () => {
  const lost = [
    submission(),
    ['list', started()],
    ['list', spawned({ 'list/a': {}, 'list/b': {} })],
    ['list', faulted()],
  ] as const;
  assert.equal([...graphAfter(...lost).jobs.keys()], ['list', 'sum', 'next']);
  const again = graphAfter(
    ...lost,
    ['list', started(2)],
    ['list', spawned({ 'list/a': {} }, 2)],
    ['list', finished(2)],
  );
  assert.equal([...again.jobs.keys()], ['list', 'sum', 'next', 'list/a']);
  assert.equal(again.anomalies, []);
  const interrupted = graphAfter(
    submission(),
    ['list', started()],
    ['list', spawned({ 'list/a': {} })],
    graphAborted,
    ['list', finished()],
    graphReset,
    ...([
      ['list', started(2)],
      ['list', finished(2)],
    ] as const),
  );
  assert.equal([...interrupted.jobs.keys()], ['list', 'sum', 'next']);
  assert.equal(interrupted.anomalies, []);
});

spec.test('a failure below is met by the rule of who waits for all, and a retry opens it', () => {
  const grown = [...runs('list', { 'list/a': {}, 'list/b': {} }), ...runs('list/a')];
  const fails: readonly Happening[] = [
    ['list/b', started()],
    ['list/b', failed()],
  ];
  assert.is(derived(graphAfter(submission(), ...grown, ...fails))['sum'], 'blocked');
  assert.is(derived(graphAfter(submission({ when: 'all-ended' }), ...grown, ...fails))['sum'], 'ready');
  assert.is(derived(graphAfter(submission({ when: 'any-failed' }), ...grown, ...fails))['sum'], 'ready');
  assert.is(derived(graphAfter(submission({ when: 'any-failed' }), ...grown))['sum'], 'waiting');
  assert.is(derived(graphAfter(submission(), ...grown, ...fails, ['list/b', reset()]))['sum'], 'waiting');
  const optional = submission({ optional: ['list'] });
  const skips = ['list/b', { type: 'JobSkipped', data: { attempt: 1, reason: '' } }] as const;
  assert.is(derived(graphAfter(optional, ...grown, ['list/b', started()], skips))['sum'], 'ready');
  assert.is(derived(graphAfter(submission(), ...grown, ['list/b', started()], skips))['sum'], 'skipped');
});

spec.test('args of a spawned job are its own, or those of its spawner; an abort reaches what is spawned', () => {
  const event = spawned({ 'list/a': {}, 'list/b': { args: { page: 2 } } });
  if (event.type !== 'JobsSpawned') throw new Error();
  const data = { ...event.data, args: { shop: 1, size: 3 } };
  const graph = graphAfter(submission(), ['list', started()], ['list', { ...event, data }], ['list', finished()]);
  assert.equal([graph.jobs.get('list/a')!.args, graph.jobs.get('list/b')!.args], [{ shop: 1, size: 3 }, { page: 2 }]);
  const grown = graphAfter(submission(), ...runs('list', { 'list/a': {}, 'list/b': { parents: ['list/a'] } }), [
    'list/a',
    aborted(),
  ]);
  assert.equal(statuses(grown), {
    ...{ list: 'finished', sum: 'aborted', next: 'unstarted' },
    ...{ 'list/a': 'aborted', 'list/b': 'aborted' },
  });
});

spec.test('given a fork with spawned jobs that are carried over, then they are waited for, and may grow', () => {
  const fork = (...more: readonly Happening[]) => {
    const jobs: readonly JobDefinition[] = [
      { id: 'sum', type: 'sum', parents: ['list'], withSpawned: ['list'] },
      { id: 'list', type: 'list', parents: [], carried: carried() },
      { id: 'list/a', type: 'page', parents: ['list'], spawnedBy: 'list' },
      { id: 'list/b', type: 'page', parents: ['list'], spawnedBy: 'list', carried: carried(7) },
    ];
    const data = { part: 1, parts: 1, jobs, args: {}, labels: {}, priority: 0 };
    return graphAfter({ type: 'GraphSubmitted', data }, ...more);
  };
  assert.equal(fork().jobs.get('sum')!.parentIds, ['list', 'list/a', 'list/b']);
  assert.equal(derived(fork()), { sum: 'waiting', list: 'finished', 'list/a': 'ready', 'list/b': 'finished' });
  const grown = fork(...runs('list/a', { 'list/a/x': {} }));
  assert.equal([derived(grown)['sum'], derived(grown)['list/a/x']], ['waiting', 'ready']);
  assert.is(derived(fork(...runs('list/a', { 'list/a/x': {} }), ...runs('list/a/x')))['sum'], 'ready');
  assert.equal([grown.anomalies, grown.jobs.get('list/a/x')!.spawner!.id], [[], 'list/a']);
});

spec.test('what only another program stores does not stop the rest', () => {
  const graph = graphAfter(
    submission(),
    ...runs('list', { 'list/a': {}, next: {}, 'list/c': { parents: ['sum', 'nowhere'] } }, { 'list/a': {} }),
  );
  assert.equal([...graph.jobs.keys()], ['list', 'sum', 'next', 'list/a', 'list/c']);
  assert.equal(derived(graph)['list/c'], 'waiting');
  assert.equal(
    graph.anomalies.map(({ problem }) => problem),
    [
      'job "next" is spawned a second time',
      'job "list/a" is spawned a second time',
      'job "list/c" depends on "sum", which does not exist',
      'job "list/c" depends on "nowhere", which does not exist',
    ],
  );
});

const spawner = {
  id: 'list',
  args: { shop: 1 },
  isMemoized: false,
  jobsInGraph: 3,
  isJob: (id: string) => ['list', 'sum', 'list/taken'].includes(id),
  spawned: new Map<string, Job>([['list/old', {} as Job]]),
};

spec.test('given jobs to spawn, then their ids, args and parents are those of their place', () => {
  const read = readSpawned(
    {
      a: { type: 'page', args: { page: 1 } },
      b: { type: 'page', after: ['a/*', { job: 'old', optional: true }], when: 'none-failed' },
      c: { type: 'page', after: ['list'] },
    },
    spawner,
  );
  assert.ok(E.isRight(read));
  const told = E.isRight(read) ? read.right.map(({ status: _, type: _type, ...job }) => job) : [];
  assert.equal(told, [
    { id: 'list/a', args: { shop: 1, page: 1 }, parents: ['list'] },
    {
      ...{ id: 'list/b', args: { shop: 1 }, parents: ['list/a', 'list/old'], when: 'none-failed' },
      ...{ optional: ['list/old'], withSpawned: ['list/a'] },
    },
    { id: 'list/c', args: { shop: 1 }, parents: ['list'] },
  ]);
});

const refusals: readonly (readonly [unknown, RegExp])[] = [
  [[], /what is spawned is a list; it is an object/],
  ['a', /what is spawned is the string "a"; it is an object/],
  [{ a: 'page' }, /spawned job "a" is the string "page", not an object with a type/],
  [{ a: {} }, /spawned job "a": .*type/],
  [{ a: { type: 'page', afters: [] } }, /spawned job "a" has no field "afters"; did you mean after\?/],
  [{ '': { type: 'page' } }, /name of a spawned job is empty/],
  [{ '*': { type: 'page' } }, /"\*", which stands for all of them/],
  [{ 'a/b': { type: 'page' } }, /has a slash in its name; a job spawns below itself only/],
  [{ 'sum/a': { type: 'page' } }, /has a slash in its name/],
  [{ [`${'x'.repeat(500)}`]: { type: 'page' } }, /id of spawned job .* is 505 bytes long; the limit is 500/],
  [{ old: { type: 'page' } }, /job "list\/old" is spawned twice/],
  [{ taken: { type: 'page' } }, /job "list\/taken" is in the graph already/],
  [{ a: { type: 'page', after: ['sum'] } }, /depends on "sum", which is not spawned with it or before it/],
  [{ page: { type: 'x' }, b: { type: 'x', after: ['pagee'] } }, /depends on "pagee".*did you mean "?page"?\?/],
  [{ a: { type: 'x', after: ['list/*'] } }, /spawned job "a" would wait for itself: it is one of "list\/\*"/],
  [
    { a: { type: 'x', after: ['b'] }, b: { type: 'x', after: ['a/*'] } },
    /in a cycle: "list\/a" → "list\/b" → "list\/a"/,
  ],
  [{ a: { type: 'x', after: ['a'] } }, /cycle|itself/],
  [{ a: { type: 'x', when: 'all-end', after: ['old'] } }, /all-end.*no rule.*all-ended/],
  [{ a: { type: 'x', args: { f: () => 1 } } }, /args of spawned job "a".*f/],
  [{ a: { type: 'x', args: { big: 'x'.repeat(300_000) } } }, /args of spawned job "a" take .* the limit is/],
];

for (const [definition, message] of refusals) {
  spec.test(`what cannot be spawned is refused: ${JSON.stringify(definition).slice(0, 60)}`, () => {
    const read = readSpawned(definition, spawner);
    assert.ok(E.isLeft(read));
    if (E.isLeft(read)) assert.match(read.left, message);
  });
}

spec.test('a job whose result is remembered spawns nothing, and a graph has its limit', () => {
  const one = { a: { type: 'x' } };
  const memoized = readSpawned(one, { ...spawner, isMemoized: true });
  assert.match(E.isLeft(memoized) ? memoized.left : '', /whose result is remembered \(memoize\) cannot spawn/);
  const full = readSpawned(one, { ...spawner, jobsInGraph: 999_999 });
  assert.match(E.isLeft(full) ? full.left : '', /at most 1000000 jobs; with these it would have 1000001/);
});

spec.test('given an attempt that is over, then it spawns nothing', () => {
  given(submission(), ['list', started()], ['list', faulted()])
    .when('list', { kind: 'spawn', attempt: 1, spawned: { jobs: [], args: {} } })
    .thenRejected('job-not-started');
  const jobs = [{ id: 'list/a', type: 'page', parents: ['list'] }];
  given(submission(), ['list', started()])
    .when('list', { kind: 'finish', attempt: 1, result: 7, spawned: { jobs, args: {} } })
    .then(
      { type: 'JobsSpawned', data: { attempt: 1, jobs, args: {} } },
      { type: 'JobFinished', data: { attempt: 1, result: 7 } },
    );
});

spec.run();
