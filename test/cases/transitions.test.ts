/** The cases of Overseer (cases.md), section C: how a job goes from one status to the next. */
import type { JobCommand } from '../../src/domain/job-decisions.js';
import { dependentsOf } from '../../src/domain/job-graph.js';
import { jobGraph, LeaseLostError, type TypeGraph } from '../../src/index.js';
import { assert, describe } from '../support/spec.js';
import { boom, GraphHistory } from './graph-history.js';
import { onEveryStore, type World } from './world.js';
import { hold } from './manual-worker.js';

const spec = describe('C: transitions');

const chain = { j0: [], j1: ['j0'], j2: ['j1'] };

spec.test('case 48: given an unstarted job, when reserved, then it is started', () => {
  const history = GraphHistory.ofJob('unstarted').start('job');
  assert.is(history.job('job').status, 'started');
});

spec.test('case 49: given a started job, when reserved, then it has no effect and is not an error', () => {
  const history = GraphHistory.ofJob('started');
  assert.is(history.decide('job', history.reserving()), 'job-already-started');
  assert.is(history.job('job').state.attempt, 1);
});

spec.test(
  'case 50: given a started job and a second has passed, when it heartbeats, then its heartbeat is a second later',
  () => {
    const history = GraphHistory.ofJob('started');
    const before = history.job('job').state.heartbeatAt!;
    history.now += 1000;
    history.do('job', history.beating('job'));
    const after = history.job('job').state.heartbeatAt!;
    assert.is(Date.parse(after) - Date.parse(before), 1000);
  },
);

spec.test('case 51: given a started job, when reset, then it is unstarted', () => {
  const history = GraphHistory.ofJob('started').reset('job');
  assert.is(history.job('job').status, 'unstarted');
});

spec.test('case 52: given an unstarted job, when reset, then it has no effect and is not an error', () => {
  const history = GraphHistory.ofJob('started').reset('job');
  const before = history.job('job').state;
  assert.is(history.decide('job', history.resetting('job')), 'job-not-started');
  assert.equal(history.job('job').state, before);
});

spec.test('case 53: given a started job, when finished, then it is finished', () => {
  assert.is(GraphHistory.ofJob('started').finish('job').job('job').status, 'finished');
});

spec.test('case 54: given a started job, when failed, then it is failed', () => {
  assert.is(GraphHistory.ofJob('started').fail('job').job('job').status, 'failed');
});

spec.test(
  'case 55: given a failure record, when a job is failed with it, then reading the job gives an equal one',
  () => {
    const failure = { ...boom, data: { code: 7, nested: { list: [1, 'two', null] } } };
    const history = GraphHistory.ofJob('started');
    history.do('job', history.failing('job', failure));
    assert.equal(history.job('job').state.failure, failure);
  },
);

spec.test('case 56: given a chain of unstarted jobs, when the first is aborted, then it is aborted', () => {
  assert.is(new GraphHistory(chain).abort('j0').job('j0').status, 'aborted');
});

spec.test('case 57: given the same, then its child is aborted', () => {
  assert.is(new GraphHistory(chain).abort('j0').job('j1').status, 'aborted');
});

spec.test('case 58: given the same, then the child of its child is aborted', () => {
  assert.is(new GraphHistory(chain).abort('j0').job('j2').status, 'aborted');
});

onEveryStore(
  spec,
  'case 59: given two updates of one job at the same moment, then exactly one of them wins',
  async (world) => {
    const { results } = await claimedTwice(world);
    assert.is(results.filter((result) => result.status === 'fulfilled').length, 1);
    assert.is(results.filter((result) => result.status === 'rejected').length, 1);
  },
);

onEveryStore(
  spec,
  'case 60: given the same, then the job has moved by one revision and is as the winner says',
  async (world) => {
    const { graphId, winner } = await claimedTwice(world);
    const events = await world.events(graphId, 'job');
    assert.equal(
      events.map(({ type, revision }) => [type, revision]),
      [['JobStarted', 0]],
    );
    const job = await world.job(graphId, 'job');
    assert.is(job.status, 'started');
    assert.is(job.worker!.id, winner);
  },
);

async function claimedTwice(world: World) {
  const graphId = await world.submit({ job: [] });
  const rivals = ['one', 'two'];
  const results = await Promise.allSettled(rivals.map((rival) => hold(world.store, graphId, 'job', rival)));
  return { graphId, results, winner: rivals[results.findIndex((result) => result.status === 'fulfilled')] };
}

onEveryStore(spec, 'case 61: given a new job, when reserved, then its revision is the first', async (world) => {
  const graphId = await world.submit({ job: [] });
  const held = await hold(world.store, graphId, 'job', 'one');
  assert.is(held.state.revision, 0);
  assert.is((await world.events(graphId, 'job')).at(-1)!.revision, 0);
});

/** A writer writes about its job after somebody else has. */
async function staleWriter(world: World, command: JobCommand): Promise<void> {
  const graphId = await world.submit({ job: [] });
  const stale = await hold(world.store, graphId, 'job', 'one');
  await world.append(graphId, 'job', 0, { type: 'Heartbeat', data: { attempt: 1 } });
  await assert.rejects(
    stale.write(command),
    (error) => error instanceof LeaseLostError && error.jobId === 'job' && error.graphId === graphId,
  );
  assert.equal(await world.eventTypes(graphId, 'job'), ['JobStarted', 'Heartbeat']);
}

onEveryStore(
  spec,
  'case 62: given a writer with an old revision, when it finishes the job, then an error with the job’s id',
  (world) => staleWriter(world, { kind: 'finish', attempt: 1, result: null }),
);

onEveryStore(
  spec,
  'case 63: given a writer with an old revision, when it fails the job, then an error with the job’s id',
  (world) => {
    const over = { attempt: 1, failure: boom, errorNames: ['Error'], now: Date.now(), random: 0 };
    return staleWriter(world, { kind: 'fault', cause: 'exception', ...over });
  },
);

onEveryStore(
  spec,
  'case 64: given a writer with an old revision, when it heartbeats, then an error with the job’s id',
  (world) => staleWriter(world, { kind: 'heartbeat', attempt: 1 }),
);

function dependents(definition: TypeGraph, jobId: string): readonly string[] {
  return [...dependentsOf(jobGraph(definition), jobId)].sort();
}

const tree = { a: [], b: ['a'], c: ['a'], d: ['b'], loner: [] };

spec.test('case 65: given a chain, then the dependents of its first are the two others', () => {
  assert.equal(dependents(chain, 'j0'), ['j1', 'j2']);
});

spec.test('case 66: given a tree, then the dependents of its root are all below it', () => {
  assert.equal(dependents(tree, 'a'), ['b', 'c', 'd']);
});

spec.test('case 67: given a leaf, then it has no dependents', () => {
  assert.equal(dependents(tree, 'd'), []);
});

spec.test('case 68: given a job without any connection, then it has no dependents', () => {
  assert.equal(dependents(tree, 'loner'), []);
});

spec.run();
