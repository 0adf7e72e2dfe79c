/** The cases of Overseer (cases.md), section B: getting graphs in. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { validate as isUuid } from 'uuid';
import { readEvent } from '../../src/domain/read-event.js';
import { GraphState } from '../../src/domain/graph.js';
import { partsOf } from '../../src/domain/submission.js';
import { limits } from '../../src/domain/limits.js';
import {
  GraphConflictError,
  graphInfo,
  graphs,
  install,
  jobGraph,
  type JobGraph,
  jobsReady,
  jobsUnstarted,
  simpleGraph,
  Store,
  store,
  transactGraph,
} from '../../src/index.js';
import { orThrow } from '../../src/store/or-throw.js';
import { Recorder } from '../support/given.js';
import { assert, describe } from '../support/spec.js';
import { sqliteAddress, temporaryFolder } from '../support/stores.js';
import { logWithAppends, outage } from './logs.js';
import { edgesOf, onEveryStore } from './world.js';

const spec = describe('B: inserting');

const pair = { start: [], process: ['start'] };
const args = { org: 'acme', limits: { rows: 12, ratio: 0.5, names: ['a', 'b'], none: null, strict: true } };

onEveryStore(
  spec,
  'case 26: given a valid graph, when stored, then the value returned holds an equal graph',
  async ({ store }) => {
    const graph = jobGraph(pair, args);
    assert.equal(await transactGraph(store, graph), { graphId: graph.id, stored: true, graph });
  },
);

onEveryStore(
  spec,
  'case 27: given it is stored, when stored again, then the same graph is returned, no error, and it says so',
  async ({ store }) => {
    const graph = jobGraph(pair, args);
    await transactGraph(store, graph);
    assert.equal(await transactGraph(store, graph), { graphId: graph.id, stored: false, graph });
  },
);

onEveryStore(
  spec,
  'case 28: given a stored graph of two jobs, when stored again, then there are still two jobs',
  async (world) => {
    const graph = jobGraph(pair);
    await transactGraph(world.store, graph);
    const before = await world.wholeLog();
    await transactGraph(world.store, graph);
    assert.is((await jobsUnstarted(world.store)).items.length, 2);
    assert.is((await world.wholeLog()).length, before.length);
  },
);

onEveryStore(
  spec,
  'case 29: given a graph stored under an id, when another one is stored under it, then an error, and the first stays',
  async (world) => {
    await world.submit(pair, { x: 1 }, { id: 'foo' });
    await assert.rejects(
      world.submit(pair, { x: 2 }, { id: 'foo' }),
      (error) => error instanceof GraphConflictError && error.code === 'graph-id-taken' && error.graphId === 'foo',
    );
    assert.equal((await world.job('foo', 'start')).args, { x: 1 });
    assert.is((await world.wholeLog()).length, 1);
  },
);

onEveryStore(spec, 'case 30: given process on start stored, then there are two jobs, both unstarted', async (world) => {
  const { jobs } = await graphInfo(world.store, await world.submit(pair));
  assert.equal(
    Object.values(jobs).map(({ id, status }) => [id, status]),
    [
      ['start', 'unstarted'],
      ['process', 'unstarted'],
    ],
  );
});

onEveryStore(spec, 'case 31: given the same with args, then both jobs carry the args', async (world) => {
  const { jobs } = await graphInfo(world.store, await world.submit(pair, args));
  assert.equal(jobs.start!.args, args);
  assert.equal(jobs.process!.args, args);
});

onEveryStore(
  spec,
  'case 32: given the same, then no job has a revision yet, and each takes its first event as revision 0',
  async (world) => {
    const graphId = await world.submit(pair);
    for (const jobId of ['start', 'process']) {
      assert.equal(await orThrow(world.store.log.readStream({ graphId, jobId })), []);
    }
    await world.claimedByGhost(graphId, 'start', 60_000);
    const [first] = await world.events(graphId, 'start');
    assert.is(first!.revision, 0);
  },
);

onEveryStore(spec, 'case 33: given the same, then it is known when it was stored and last changed', async (world) => {
  const before = Date.now();
  const info = await graphInfo(world.store, await world.submit(pair));
  const after = Date.now();
  for (const stamp of [info.submittedAt, info.lastEventAt]) {
    assert.ok(before <= Date.parse(stamp) && Date.parse(stamp) <= after, `${stamp} is between before and after`);
  }
});

onEveryStore(
  spec,
  'case 34: given the same, then there is exactly one dependency, of process on start',
  async (world) => {
    const { jobs } = await graphInfo(world.store, await world.submit(pair));
    assert.equal(edgesOf(jobs), ['process→start']);
  },
);

onEveryStore(
  spec,
  'case 35: given j1 on j0, and j3 on j1 and j2, then exactly these three edges are kept',
  async (world) => {
    const { jobs } = await graphInfo(world.store, await world.submit({ j0: [], j1: ['j0'], j2: [], j3: ['j1', 'j2'] }));
    assert.equal(edgesOf(jobs), ['j1→j0', 'j3→j1', 'j3→j2']);
  },
);

onEveryStore(
  spec,
  'case 36: given a job stored with all it may have, when read, then every attribute is as submitted',
  async (world) => {
    const retry = { maximumAttempts: 3, initialIntervalMs: 5, nonRetryable: ['TypeError'] };
    const specification = { type: 'fetch', after: ['first'], args, retry, timeoutMs: 1234, maximumLostLeases: 2 };
    const graphId = await world.submit({ jobs: { first: { type: 'begin' }, 'page-1': specification } });
    const job = await world.job(graphId, 'page-1');
    assert.is(job.graphId, graphId);
    assert.is(job.id, 'page-1');
    assert.is(job.type, 'fetch');
    assert.is(job.status, 'unstarted');
    assert.equal(job.args, args);
    assert.equal(job.parents, ['first']);
    assert.equal(job.retry, retry);
    assert.is(job.timeoutMs, 1234);
  },
);

onEveryStore(
  spec,
  'case 37: given args with a string and a number inside others, then both come back with value and type',
  async (world) => {
    const nested = { list: [{ text: '12', number: 12 }], deep: { er: { float: 1.5e-7, empty: '', flag: false } } };
    const graphId = await world.submit({ job: [] }, nested);
    assert.equal((await world.job(graphId, 'job')).args, nested);
  },
);

spec.test(
  'case 38: given a job of id, type and args, when written down, then the stored form holds these and nothing else',
  () => {
    const [event, ...others] = partsOf(simpleGraph({ id: 'one', type: 'a', args: { x: 1 } }));
    assert.equal(others, []);
    assert.equal(event, {
      type: 'GraphSubmitted',
      data: {
        part: 1,
        parts: 1,
        jobs: [{ id: 'one', type: 'a', parents: [] }],
        args: { x: 1 },
        labels: {},
        priority: 0,
      },
    });
  },
);

spec.test('case 39: given that stored form, when read back, then the original job', () => {
  const job = { id: 'one', type: 'a', args: { x: 1 } };
  const graph = readBack(simpleGraph(job));
  const node = graph.jobs.get('one')!;
  assert.equal({ id: node.id, type: node.definition.type, args: node.args }, job);
  assert.is(node.status, 'unstarted');
});

spec.test(
  'case 40: given a job without policy and time limit, when written down and read, then both are still absent',
  () => {
    const node = readBack(simpleGraph({ id: 'one', type: 'a' })).jobs.get('one')!;
    assert.equal(node.definition, { id: 'one', type: 'a', parents: [] });
    assert.equal(node.args, {});
    assert.is(node.state.heartbeatAt, null);
    assert.is(node.state.failure, null);
  },
);

/** A graph's state, folded from the text that a log stores. */
function readBack(graph: JobGraph): GraphState {
  const state = new GraphState(graph.id);
  const recorder = new Recorder();
  for (const { type, data } of partsOf(graph)) {
    const event = readEvent(type, 1, JSON.parse(JSON.stringify(data)));
    if (event.type === 'Unreadable') throw new Error(event.data.explanation);
    state.apply(recorder.record({ graphId: graph.id, jobId: null }, event));
  }
  return state;
}

onEveryStore(
  spec,
  'case 41: given a graph of four jobs, when stored, then all four are there at once and unstarted',
  async (world) => {
    const graphId = await world.submit({ a: [], b: ['a'], c: ['a'], d: ['b', 'c'] });
    const info = await graphInfo(world.store, graphId);
    assert.equal(Object.keys(info.jobs), ['a', 'b', 'c', 'd']);
    assert.equal(info.counts, { unstarted: 4, started: 0, finished: 0, failed: 0, aborted: 0, skipped: 0 });
  },
);

onEveryStore(
  spec,
  'case 42: given a graph one of whose jobs cannot be stored, when stored, then none of it is there',
  async (world) => {
    const good = { id: 'good', type: 'a', status: 'unstarted', args: {}, parents: [] };
    const bad = { ...good, id: 'bad', args: { text: 'x'.repeat(limits.argsBytesMax) } };
    const graph = { id: 'g', jobs: { good, bad }, labels: {}, priority: 0 };
    await assert.rejects(transactGraph(world.store, graph as never), /args of job "bad"/);
    assert.equal(await world.wholeLog(), []);
    assert.equal((await graphs(world.store)).items, []);
  },
);

onEveryStore(
  spec,
  'case 42: given a graph in several parts whose storing breaks off in between, then none of it is there until it is stored again',
  async (world) => {
    const graph = jobGraph({
      jobs: Object.fromEntries(Array.from({ length: 4 }, (_, n) => [`job ${n}`, largeJob(n)])),
    });
    let [parts, stored] = [0, 0];
    const breakingOff = logWithAppends(world.store.log, async (requests) => {
      const taken = requests.slice(0, 2 - stored);
      parts += requests.length;
      stored += taken.length;
      if (taken.length === requests.length) return null;
      await orThrow(world.store.log.append(taken));
      return outage();
    });
    await assert.rejects(transactGraph(new Store(breakingOff, world.environment), graph), /the disk is not there/);
    assert.ok(parts > 2, 'the graph comes in more than two parts');
    assert.is((await world.wholeLog()).length, 2);
    await assert.rejects(graphInfo(world.store, graph.id), /there is no graph/);
    assert.equal((await jobsReady(world.store)).items, []);
    assert.equal((await graphs(world.store)).items, []);

    assert.is((await transactGraph(world.store, graph)).stored, true);
    assert.is((await jobsReady(world.store)).items.length, 4);
  },
);

/** A job that fills more than half of a part of a submission. */
function largeJob(n: number) {
  return { type: 'large', args: { n, text: 'x'.repeat(limits.submissionPartBytes * 0.6) } };
}

onEveryStore(
  spec,
  'case 43: given one job with args in a simple graph, when stored, then it is ready at once',
  async ({ store }) => {
    const { graphId } = await transactGraph(store, simpleGraph({ id: 'only', type: 'single', args: { org: 123 } }));
    assert.equal((await jobsReady(store)).items, [{ graphId, jobId: 'only', type: 'single' }]);
  },
);

onEveryStore(
  spec,
  'case 44: given an idle worker, when a graph is stored, then its jobs run without a restart',
  async (world) => {
    const ran: string[] = [];
    const handler = (job: { id: string }) => void ran.push(job.id);
    await world.work({ start: handler, process: handler });
    const first = await world.ended(await world.submit(pair));
    const second = await world.ended(await world.submit(pair));
    assert.equal([first.status, second.status], ['finished', 'finished']);
    assert.equal(ran, ['start', 'process', 'start', 'process']);
  },
);

onEveryStore(spec, 'case 45: given a fresh store, when installed, then the value that says so', async ({ store }) => {
  assert.is(await install(store), 'ok');
});

spec.test(
  'case 46: given a fresh store, when installed, then what is to hold the events is there, and not before',
  async () => {
    const path = join(temporaryFolder(), 'fresh.db');
    const fresh = await store(sqliteAddress(path));
    await assert.rejects(transactGraph(fresh, jobGraph(pair)), /not set up as a store yet/);
    assert.is(existsSync(path), false);
    await install(fresh);
    assert.is(existsSync(path), true);
    assert.is((await transactGraph(fresh, jobGraph(pair))).stored, true);
    await fresh.close();
  },
);

onEveryStore(
  spec,
  'case 47: given an installed store, then each field of an event comes back as what it is',
  async (world) => {
    const graphId = await world.submit({ job: [] }, { x: 1 });
    const [submitted] = await world.events(graphId);
    await world.claimedByGhost(graphId, 'job', 60_000);
    const [started] = await world.events(graphId, 'job');
    for (const event of [submitted!, started!]) {
      assert.ok(isUuid(event.id), 'the id is a UUID');
      assert.type(event.position, 'string');
      assert.type(event.actor, 'string');
      assert.ok(Number.isSafeInteger(event.revision) && Number.isSafeInteger(event.schemaVersion));
      assert.is(new Date(event.recordedAt).toISOString(), event.recordedAt);
    }
    assert.is(submitted!.jobId, null);
    assert.equal(started!.data, {
      attempt: 1,
      worker: { id: 'ghost', host: 'elsewhere', pid: 1 },
      leaseMs: 60_000,
    });
  },
);

spec.run();
