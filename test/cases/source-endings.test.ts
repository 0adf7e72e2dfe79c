/** The cases of Overseer (cases.md), from its source: what a handler may do, and what becomes of its job. */
import { AssertionError } from 'node:assert';
import { limits } from '../../src/domain/limits.js';
import { invokeHandler } from '../../src/handlers/handler.js';
import { jsonBytes } from '../../src/prelude/json.js';
import {
  abort,
  abortSilent,
  fault,
  type Handler,
  type Handlers,
  InvalidHandlerError,
  type RunningJob,
  start,
} from '../../src/index.js';
import { assert, describe } from '../support/spec.js';
import { onEveryStore, runningJob, type World } from './world.js';

const spec = describe('Part 2: endings');

const laterMs = 3_600_000;

/** Runs independent jobs, one for each handler, and then one more by the same worker, which must have survived. */
async function runEach(world: World, handlers: Handlers) {
  const graphId = await world.submit(Object.fromEntries(Object.keys(handlers).map((type) => [type, []])));
  const worker = await world.work({ ...handlers, survived: () => {} });
  const { jobs } = await world.ended(graphId);
  assert.is((await world.ended(await world.submit({ survived: [] }))).status, 'finished');
  await worker.stop();
  return { jobs, worker };
}

/** Rejects with any value, an error or not. */
async function rejection(thrown: unknown): Promise<never> {
  await Promise.resolve();
  throw thrown;
}

onEveryStore(
  spec,
  'case 195: given handlers that return null, false and nothing, when run, then their jobs are finished',
  async (world) => {
    const { jobs } = await runEach(world, { null: () => null, false: () => false, nothing: () => {} });
    assert.equal(
      Object.values(jobs).map((job) => [job.id, job.status, job.result]),
      [
        ['null', 'finished', null],
        ['false', 'finished', false],
        ['nothing', 'finished', null],
      ],
    );
  },
);

const throwables: Readonly<Record<string, () => unknown>> = {
  assertion: () => rejection(new AssertionError({ message: 'not equal', actual: 1, expected: 2 })),
  'out of memory': () => new ArrayBuffer(2 ** 52),
  'out of stack': function again(): unknown {
    return [again()];
  },
  'type error': () => (undefined as unknown as { length: number }).length,
  text: () => rejection('just a string'),
  number: () => rejection(7),
  null: () => rejection(null),
  nothing: () => rejection(undefined),
  'data only': () => rejection({ message: 'not an error', code: 3 }),
};

/** Thrown values that throw again when looked at. */
const hostile: Readonly<Record<string, () => unknown>> = {
  'message that throws': () =>
    rejection({
      get message() {
        return refuse();
      },
    }),
  'data that throws': () => rejection(Object.defineProperty(new Error('boom'), 'data', { get: refuse })),
  'cause that throws': () => rejection(Object.defineProperty(new Error('boom'), 'cause', { get: refuse })),
  'prototype without a constructor': () => rejection(Object.create(Object.create(null) as object)),
};

function refuse(): never {
  throw new Error('do not look at me');
}

onEveryStore(
  spec,
  'case 196: given handlers that throw all there is to be thrown, when run, then their jobs are failed and the worker lives',
  async (world) => {
    const { jobs, worker } = await runEach(world, throwables);
    for (const job of Object.values(jobs)) assert.equal([job.id, job.status], [job.id, 'failed']);
    assert.is(worker.statistics.failed, Object.keys(throwables).length);
    assert.is(jobs['out of stack']!.failure!.exception, 'RangeError');
    assert.is(jobs.text!.failure!.message, 'just a string');
  },
);

onEveryStore(
  spec,
  'case 196: given handlers that throw what throws again when looked at, when run, then the same',
  async (world) => {
    const { jobs } = await runEach(world, hostile);
    for (const job of Object.values(jobs)) assert.equal([job.id, job.status], [job.id, 'failed']);
  },
);

onEveryStore(
  spec,
  'case 197: given exceptions with and without data, when run, then the record has data equal to it, or no such field',
  async (world) => {
    const data = { order: 7, nested: { list: ['a', null, true] } };
    const { jobs } = await runEach(world, {
      with: () => rejection(Object.assign(new Error('boom'), { data })),
      without: () => rejection(new Error('boom')),
    });
    const record = { reason: 'system/exception', exception: 'Error', message: 'boom' };
    assert.equal(jobs.with!.failure, { ...record, data });
    assert.equal(jobs.without!.failure, record);
  },
);

onEveryStore(
  spec,
  'case 198: given an exception without a message, when run, then the message kept is null',
  async (world) => {
    const { jobs } = await runEach(world, { job: () => rejection(new TypeError()) });
    assert.equal(jobs.job!.failure, { reason: 'system/exception', exception: 'TypeError', message: null });
  },
);

onEveryStore(
  spec,
  'case 199: given huge exceptions, when run, then their jobs are failed with a record that is cut and says so',
  async (world) => {
    const megabyte = 'x'.repeat(2 ** 20);
    const { jobs } = await runEach(world, {
      'above 2048': () => rejection(Object.assign(new Error('y'.repeat(3000)), { data: { text: 'z'.repeat(3000) } })),
      message: () => rejection(new Error(megabyte)),
      data: () => rejection(Object.assign(new Error('boom'), { data: { megabyte } })),
      both: () => rejection(Object.assign(new Error(megabyte), { data: { megabyte } })),
    });
    for (const { id, status, failure } of Object.values(jobs)) {
      assert.equal([id, status], [id, 'failed']);
      assert.ok(jsonBytes(failure) <= limits.failureBytesMax, `the record of ${id} is within the limit`);
    }
    assert.is(jobs['above 2048']!.failure!.message, 'y'.repeat(3000));
    assert.equal(jobs['above 2048']!.failure!.data, { text: 'z'.repeat(3000) });
    assert.match(jobs.message!.failure!.message!, /^x+… \(cut: 1048576 bytes\)$/);
    assert.is(jobs.data!.failure!.message, 'boom');
    assert.match(JSON.stringify(jobs.data!.failure!.data), /left out/);
  },
);

onEveryStore(
  spec,
  'case 200: given an exception with data one entry of which JSON cannot hold, when run, then only that entry is gone',
  async (world) => {
    const data = { order: 7, socket: () => {}, big: 10n, list: [1, 2] };
    const { jobs } = await runEach(world, { job: () => rejection(Object.assign(new Error('boom'), { data })) });
    assert.is(jobs.job!.failure!.message, 'boom');
    assert.equal(jobs.job!.failure!.data, { order: 7, list: [1, 2] });
  },
);

onEveryStore(
  spec,
  'case 201: given handlers that abort, abort silently and fault, when run, then each event keeps the reason',
  async (world) => {
    const graphId = await world.submit({ aborting: [], silent: [], faulting: [] });
    const worker = await world.work({
      aborting: () => abort('order was cancelled'),
      silent: () => abortSilent('nothing to do'),
      faulting: () => fault('the service is busy', { retryAfterMs: laterMs }),
    });
    await world.eventually(graphId, 'faulting', 'JobFaulted');
    const aborted = await world.eventually(graphId, 'aborting', 'JobAborted');
    const silent = await world.eventually(graphId, 'silent', 'JobAborted');
    const by = worker.id;
    assert.equal(aborted[0]!.data, { attempt: 1, by, message: 'order was cancelled', silent: false });
    assert.equal(silent[0]!.data, { attempt: 1, by, message: 'nothing to do', silent: true });
    const { abort: kept } = await world.job(graphId, 'aborting');
    assert.equal(kept, { by, message: 'order was cancelled', silent: false });
    const [faulted] = await world.eventually(graphId, 'faulting', 'JobFaulted');
    assert.is(faulted!.type === 'JobFaulted' && faulted!.data.cause, 'fault');
    const { failure } = await world.job(graphId, 'faulting');
    assert.is(failure!.reason, 'system/fault');
    assert.is(failure!.message, 'the service is busy');
  },
);

/** Ways in which an abort may arrive wrapped up in something else, or from elsewhere. */
const wrappings: Readonly<Record<string, (signal: () => never) => Promise<never>>> = {
  cause: (signal) => async(signal).catch((cause) => rejection(new Error('wrapped', { cause }))),
  'deep cause': async (signal) => {
    let cause = await async(signal).catch((error: unknown) => error);
    for (let depth = 0; depth < 20; depth++) cause = new Error(`wrapped ${depth}`, { cause });
    return await rejection(cause);
  },
  'one of many': (signal) => Promise.any([rejection(new Error('other')), async(signal)]),
  'one of many, another of which is nothing': (signal) => Promise.any([rejection(undefined), async(signal)]),
  'many, one after another': (signal) =>
    Promise.all([new Promise<never>(() => {}), async(signal)]).then(() => async(signal)),
  'a timer': (signal) =>
    new Promise((_, reject) => {
      setTimeout(() => void async(signal).catch(reject), 1);
    }),
  'not an error': (signal) => async(signal).catch((cause: unknown) => rejection({ message: 'wrapped', cause })),
};

async function async(signal: () => never): Promise<never> {
  await Promise.resolve();
  return signal();
}

for (const [name, wrapped] of Object.entries(wrappings)) {
  onEveryStore(
    spec,
    `case 202: given an abort and a fault that arrive by way of ${name}, when run, then they are recognised`,
    async (world) => {
      const info = await world.run(
        { aborting: [], silent: [], faulting: [] },
        {
          aborting: () => wrapped(() => abort('not needed')),
          silent: () => wrapped(() => abortSilent('not needed')),
          faulting: (job) => (job.attempt === 1 ? wrapped(() => fault('busy', { retryAfterMs: 1 })) : 'done'),
        },
      );
      const { aborting, silent, faulting } = info.jobs;
      assert.equal([aborting!.status, silent!.status, faulting!.status], ['aborted', 'aborted', 'finished']);
      assert.equal(
        [aborting!.abort!.message, aborting!.abort!.silent, silent!.abort!.silent],
        ['not needed', false, true],
      );
    },
  );
}

onEveryStore(
  spec,
  'case 203: given exceptions that claim a status in their data, when run, then they are ordinary failures',
  async (world) => {
    const forged: Readonly<Record<string, unknown>> = {
      finished: Object.assign(new Error('forged'), { data: { status: 'finished' } }),
      'overseer/status': Object.assign(new Error('forged'), { data: { 'overseer/status': 'finished' } }),
      unknown: Object.assign(new Error('forged'), { data: { status: 'elsewhere' } }),
      own: Object.assign(new Error('forged'), { status: 'aborted', kind: 'finish', silent: true }),
      named: Object.assign(new Error('forged'), { name: 'Abort', isSilent: true }),
      plain: { message: 'forged', status: 'finished', type: 'JobFinished' },
    };
    const handlers = Object.entries(forged).map(([id, thrown]): [string, Handler] => [id, () => rejection(thrown)]);
    const { jobs } = await runEach(world, Object.fromEntries(handlers));
    for (const { id, status, failure } of Object.values(jobs)) {
      assert.equal([id, status, failure!.reason, failure!.message], [id, 'failed', 'system/exception', 'forged']);
    }
    assert.equal(jobs.unknown!.failure!.data, { status: 'elsewhere' });
  },
);

/** A handler of three stages, each of which notes that it ran, unless something else is given for it. */
function staged(
  ran: string[],
  stages: Partial<Record<'preProcess' | 'process' | 'postProcess', () => unknown>>,
): Handler {
  const stage = (name: keyof typeof stages) => () => {
    ran.push(name);
    return stages[name]?.() ?? name;
  };
  return { preProcess: stage('preProcess'), process: stage('process'), postProcess: stage('postProcess') };
}

onEveryStore(
  spec,
  'case 204: given a preProcess that throws, when run, then process and postProcess are skipped and the job is failed',
  async (world) => {
    const ran: string[] = [];
    const { jobs } = await runEach(world, { job: staged(ran, { preProcess: () => rejection(new Error('boom')) }) });
    assert.is(jobs.job!.status, 'failed');
    assert.equal(ran, ['preProcess']);
  },
);

onEveryStore(
  spec,
  'case 205: given a postProcess that throws, when run, then the job is failed although process was done',
  async (world) => {
    const ran: string[] = [];
    const { jobs } = await runEach(world, { job: staged(ran, { postProcess: () => rejection(new Error('boom')) }) });
    assert.equal([jobs.job!.status, jobs.job!.result], ['failed', null]);
    assert.equal(ran, ['preProcess', 'process', 'postProcess']);
  },
);

onEveryStore(
  spec,
  'case 206: given a preProcess that faults and a postProcess that aborts, when run, then unstarted and aborted',
  async (world) => {
    const ran: string[] = [];
    const graphId = await world.submit({ pre: [], post: [] });
    await world.work({
      pre: staged(ran, { preProcess: () => fault('busy', { retryAfterMs: laterMs }) }),
      post: staged([], { postProcess: () => abort('not needed') }),
    });
    await world.eventually(graphId, 'pre', 'JobFaulted');
    await world.eventually(graphId, 'post', 'JobAborted');
    assert.is((await world.job(graphId, 'pre')).status, 'unstarted');
    assert.is((await world.job(graphId, 'post')).status, 'aborted');
    assert.equal(ran, ['preProcess']);
  },
);

onEveryStore(
  spec,
  'case 207: given a handler without process, then preProcess is not run either, and a worker refuses it at its start',
  async (world) => {
    const ran: string[] = [];
    const handler = { preProcess: () => void ran.push('preProcess') } as never;
    await assert.rejects(invokeHandler(handler, runningJob()), /no process stage/);
    await world.submit({ job: [] });
    await assert.rejects(
      start({}, world.store, { job: handler }),
      (error) => error instanceof InvalidHandlerError && /"job"/.test(error.message),
    );
    assert.equal(ran, []);
  },
);

spec.test(
  'case 208: given a preProcess that returns another job, when invoked, then process gets the original',
  async () => {
    const job = runningJob();
    const given: RunningJob[] = [];
    const handler: Handler = {
      preProcess: () => runningJob({ id: 'another' }),
      process: (of) => void given.push(of),
      postProcess: (of) => void given.push(of),
    };
    await invokeHandler(handler, job);
    assert.ok(given.length === 2 && given.every((each) => each === job));
  },
);

spec.run();
