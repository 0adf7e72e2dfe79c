/** The cases of Overseer (cases.md), from its source: graphs, and what is asked about unknown ones. */
import { checkJobGraph, jobProblems } from '../../src/domain/build-job-graph.js';
import { limits } from '../../src/domain/limits.js';
import {
  abortGraph,
  abortJob,
  GraphConflictError,
  graphInfo,
  graphs,
  history,
  InvalidGraphError,
  jobGraph,
  jobInfo,
  RejectedError,
  retryGraph,
  retryJob,
  simpleGraph,
  transactGraph,
  validateGraphHandlers,
  waitForGraph,
} from '../../src/index.js';
import { assert, describe } from '../support/spec.js';
import { left } from '../support/right.js';
import { GraphHistory } from './graph-history.js';
import { collect, edgesOf, onEveryStore } from './world.js';

const spec = describe('Part 2: graphs');

/** A job graph as a program might make it without asking `jobGraph`. */
function handMade(parents: Readonly<Record<string, readonly string[]>>, more: object = {}) {
  const jobs = Object.entries(parents).map(([id, of]) => [id, { id, type: id, args: {}, parents: of, ...more }]);
  return { id: 'by-hand', jobs: Object.fromEntries(jobs), labels: {}, priority: 0 } as never;
}

function isInvalid(...words: readonly RegExp[]) {
  return (error: unknown) => error instanceof InvalidGraphError && words.every((word) => word.test(error.message));
}

onEveryStore(
  spec,
  'case 149: given jobs that depend on each other in a circle, when built or stored, then refused, naming the circle',
  async (world) => {
    const inOrder = isInvalid(/"a" → "c" → "b" → "a"|"b" → "a" → "c" → "b"|"c" → "b" → "a" → "c"/);
    const circle = { start: [], a: ['start', 'c'], b: ['a'], c: ['b'] };
    assert.throws(() => jobGraph(circle), inOrder);
    await assert.rejects(transactGraph(world.store, handMade(circle)), inOrder);
    assert.equal(await world.wholeLog(), []);
  },
);

onEveryStore(
  spec,
  'case 150: given a job that depends on itself, when built or stored, then refused, naming it',
  async (world) => {
    assert.throws(() => jobGraph({ a: [], b: ['a', 'b'] }), isInvalid(/"b" depends on itself/));
    await assert.rejects(transactGraph(world.store, handMade({ b: ['b'] })), isInvalid(/"b" depends on itself/));
    assert.equal(await world.wholeLog(), []);
  },
);

onEveryStore(
  spec,
  'case 151: given a parent that is no job of the graph, when built or stored, then refused, naming both',
  async (world) => {
    assert.throws(() => jobGraph({ a: ['ghost'] }), isInvalid(/"a"/, /"ghost"/));
    await assert.rejects(transactGraph(world.store, handMade({ a: ['ghost'] })), isInvalid(/"a"/, /"ghost"/));
    assert.equal(await world.wholeLog(), []);
  },
);

onEveryStore(spec, 'case 152: given a parent listed twice, when stored, then there is one edge', async (world) => {
  const graph = jobGraph({ a: [], b: ['a', 'a'] });
  assert.equal(edgesOf(graph.jobs), ['b→a']);
  const { jobs } = await graphInfo(world.store, await world.submit({ a: [], b: ['a', 'a'] }));
  assert.equal(edgesOf(jobs), ['b→a']);
});

onEveryStore(
  spec,
  'case 153: given no jobs at all, when built or stored, then both are refused in the same words',
  async (world) => {
    const empty = isInvalid(/a graph needs at least one job/);
    assert.throws(() => jobGraph({}), empty);
    assert.throws(() => jobGraph({ jobs: {} }), empty);
    assert.throws(() => simpleGraph(), empty);
    await assert.rejects(transactGraph(world.store, handMade({})), empty);
    assert.equal(await world.wholeLog(), []);
  },
);

onEveryStore(
  spec,
  'case 154: given two jobs of one id in a graph, when built or stored, then refused, naming the id',
  async (world) => {
    assert.throws(() => simpleGraph({ id: 'one', type: 'a' }, { id: 'one', type: 'b' }), isInvalid(/"one"/));
    const jobs = { one: { id: 'one', type: 'a' }, two: { id: 'one', type: 'b' } };
    const graph = { id: 'by-hand', jobs, labels: {}, priority: 0 };
    await assert.rejects(transactGraph(world.store, graph as never), isInvalid(/"two"/, /"one"/));
    assert.equal(await world.wholeLog(), []);
  },
);

onEveryStore(
  spec,
  'case 155: given a stored graph, when one with its id and more jobs is stored, then nothing is, and it says so',
  async (world) => {
    await world.submit({ old: [] }, {}, { id: 'known' });
    await assert.rejects(
      world.submit({ old: [], new1: [], new2: ['old'] }, {}, { id: 'known' }),
      (error) => error instanceof GraphConflictError && error.code === 'graph-id-taken',
    );
    assert.equal(Object.keys((await graphInfo(world.store, 'known')).jobs), ['old']);
    assert.is((await world.wholeLog()).length, 1);
  },
);

spec.test('case 156: given more handlers than types, when handlers are validated, then there is no error', () => {
  const handlers = { a: () => {}, b: () => {}, c: () => {}, d: () => {} };
  assert.not.throws(() => validateGraphHandlers(handlers, { a: [] }));
  assert.not.throws(() => validateGraphHandlers(handlers, jobGraph({ a: [], b: ['a'] })));
});

spec.test('case 157: given args that are a list, then the job, and a graph with it, is invalid', () => {
  assert.match(jobProblems({ id: 'a', type: 'a', args: [1, 2] }).join(), /args/);
  assert.throws(() => jobGraph({ a: [] }, [1, 2] as never), isInvalid(/args must be an object, not a list/));
  assert.match(left(checkJobGraph(handMade({ a: [] }, { args: [1, 2] }))), /args/);
});

onEveryStore(
  spec,
  'case 158: given args, heartbeat and failure that are null, then the job is valid and can be stored',
  async ({ store }) => {
    const job = { id: 'a', type: 'a', args: null, heartbeat: null, failure: null };
    assert.equal(jobProblems(job), []);
    const { graphId } = await transactGraph(store, simpleGraph(job as never));
    assert.equal((await jobInfo(store, graphId, 'a')).args, {});
  },
);

onEveryStore(
  spec,
  'case 159: given args with an id and a status, when stored, then the job’s own are untouched',
  async (world) => {
    const args = { id: 'mine', status: 'finished', type: 'other', parents: ['x'] };
    const job = await world.job(await world.submit({ job: [] }, args), 'job');
    assert.equal([job.id, job.status, job.type, job.parents], ['job', 'unstarted', 'job', []]);
    assert.equal(job.args, args);
  },
);

onEveryStore(
  spec,
  'case 160: given args that JSON cannot hold, when built or stored, then refused, naming where',
  async (world) => {
    for (const impossible of [() => {}, 10n, Symbol('x'), new Map(), Number.NaN, Infinity, [undefined]]) {
      const args = { deep: { er: impossible } };
      assert.throws(() => jobGraph({ a: [] }, args), isInvalid(/args\.deep\.er/));
      await assert.rejects(transactGraph(world.store, handMade({ a: [] }, { args })), isInvalid(/"a"\.deep\.er/));
    }
    const tooLarge = { text: 'x'.repeat(limits.argsBytesMax) };
    await assert.rejects(transactGraph(world.store, handMade({ a: [] }, { args: tooLarge })), isInvalid(/bytes/));
    assert.equal(await world.wholeLog(), []);
  },
);

onEveryStore(
  spec,
  'case 161: given types with a qualifier, when run, then they are kept whole, and each meets its own handler',
  async (world) => {
    const names = ['billing/send', 'mail/send', 'billing.v2:send'];
    const handlers = Object.fromEntries(names.map((name) => [name, () => `by ${name}`]));
    const info = await world.run(Object.fromEntries(names.map((name) => [name, []])), handlers);
    assert.equal(
      names.map((name) => [info.jobs[name]!.type, info.jobs[name]!.result]),
      names.map((name) => [name, `by ${name}`]),
    );
  },
);

function isRejected(code: RejectedError['code']) {
  return (error: unknown) => error instanceof RejectedError && error.code === code;
}

onEveryStore(spec, 'case 162: given an unknown id, when read, then an error that says so', async (world) => {
  const { store } = world;
  const graphId = await world.submit({ job: [] });
  await assert.rejects(jobInfo(store, graphId, 'ghost'), isRejected('job-not-found'));
  await assert.rejects(collect(history(store, graphId, { jobId: 'ghost' })), isRejected('job-not-found'));
  await assert.rejects(jobInfo(store, 'ghost', 'job'), isRejected('graph-not-found'));
  await assert.rejects(graphInfo(store, 'ghost'), isRejected('graph-not-found'));
  await assert.rejects(collect(history(store, 'ghost')), isRejected('graph-not-found'));
  await assert.rejects(waitForGraph(store, 'ghost'), isRejected('graph-not-found'));
});

onEveryStore(
  spec,
  'case 163: given an unknown id, when written to, then the same not-found error each time, and nothing is written',
  async (world) => {
    const { store } = world;
    const graphId = await world.submit({ job: [] });
    for (const write of [abortJob, retryJob]) {
      await assert.rejects(write(store, graphId, 'ghost'), isRejected('job-not-found'));
      await assert.rejects(write(store, 'ghost', 'job'), isRejected('graph-not-found'));
    }
    for (const write of [abortGraph, retryGraph]) {
      await assert.rejects(write(store, 'ghost'), isRejected('graph-not-found'));
    }
    assert.is((await world.wholeLog()).length, 1);
    assert.is((await graphs(store)).items.length, 1);
  },
);

spec.test(
  'case 163: given events about a job that is unknown, when folded, then they change nothing and are reported',
  () => {
    const data = { attempt: 1, worker: { id: 'w', host: 'h', pid: 1 }, leaseMs: 1000 };
    const graph = new GraphHistory({ job: [] }).tell('ghost', { type: 'JobStarted', data });
    assert.equal(graph.statuses(), { job: 'unstarted' });
    assert.match(graph.graph.anomalies.map((anomaly) => anomaly.problem).join(), /"ghost" is not a job/);
  },
);

spec.run();
