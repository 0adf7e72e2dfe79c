/** The cases of Overseer (cases.md), section G: harnesses. */
import { harness, type Handler, type HandlerStages, type ProcessFunction, type RunningJob } from '../../src/index.js';
import { invokeHandler } from '../../src/handlers/handler.js';
import { assert, describe } from '../support/spec.js';
import { onEveryStore, runningJob } from './world.js';

const spec = describe('G: harnesses');

/** A wrapper that notes when it runs and changes nothing else, for any stage. */
function noting(ran: string[], name = 'wrapper') {
  return <Stage extends (...given: never[]) => unknown>(stage: Stage): Stage => {
    const wrapped = (...given: never[]) => {
      ran.push(name);
      return stage(...given);
    };
    return wrapped as Stage;
  };
}

/** A handler in the given stages, each of which notes when it runs. */
function notingHandler(ran: string[], ...stages: readonly (keyof HandlerStages)[]): HandlerStages {
  const functions = stages.map((stage) => [stage, () => (ran.push(stage), `${stage}'s value`)] as const);
  return Object.fromEntries(functions) as unknown as HandlerStages;
}

spec.test(
  'case 124: given a function harnessed, then wrapper and function run, its result is kept, and the handler has stages',
  async () => {
    const ran: string[] = [];
    const harnessed = harness(() => (ran.push('handler'), 'result'), noting(ran));
    assert.is(await invokeHandler(harnessed, runningJob()), 'result');
    assert.equal(ran, ['wrapper', 'handler']);
    assert.equal(Object.keys(harnessed), ['process']);
  },
);

spec.test(
  'case 125: given a function harnessed at preProcess, then both run, and the stages are exactly preProcess and process',
  async () => {
    const ran: string[] = [];
    const harnessed = harness(() => (ran.push('handler'), 'result'), 'preProcess', noting(ran));
    assert.is(await invokeHandler(harnessed, runningJob()), 'result');
    assert.equal(ran, ['wrapper', 'handler']);
    assert.equal(Object.keys(harnessed).sort(), ['preProcess', 'process']);
  },
);

spec.test('case 126: given stages harnessed with no stage named, then wrapper and process both run', async () => {
  const ran: string[] = [];
  const harnessed = harness(notingHandler(ran, 'preProcess', 'process', 'postProcess'), noting(ran));
  await invokeHandler(harnessed, runningJob());
  assert.equal(ran, ['preProcess', 'wrapper', 'process', 'postProcess']);
});

spec.test('case 127: given stages harnessed at preProcess, then wrapper and preProcess both run', async () => {
  const ran: string[] = [];
  const harnessed = harness(notingHandler(ran, 'preProcess', 'process'), 'preProcess', noting(ran));
  await invokeHandler(harnessed, runningJob());
  assert.equal(ran, ['wrapper', 'preProcess', 'process']);
});

spec.test(
  'case 128: given stages harnessed at postProcess, then both run and what postProcess returns is the result',
  async () => {
    const ran: string[] = [];
    const harnessed = harness(notingHandler(ran, 'process', 'postProcess'), 'postProcess', noting(ran));
    assert.is(await invokeHandler(harnessed, runningJob()), "postProcess's value");
    assert.equal(ran, ['process', 'wrapper', 'postProcess']);
  },
);

spec.test('case 129: given a handler without postProcess harnessed at it, then the wrapper still runs', async () => {
  const ran: string[] = [];
  const harnessed = harness(notingHandler(ran, 'process'), 'postProcess', noting(ran));
  await invokeHandler(harnessed, runningJob());
  assert.equal(ran, ['process', 'wrapper']);
});

onEveryStore(
  spec,
  'case 130: given a wrapper that adds a connection to the job, when run, then the handler sees it',
  async (world) => {
    const connection = { query: (text: string) => `answer to ${text}` };
    const withConnection = (process: ProcessFunction) => (job: RunningJob) =>
      process(Object.assign(job, { connection }));
    const handler = (job: RunningJob) => {
      const { connection: given } = job as RunningJob & { readonly connection: typeof connection };
      return given.query(JSON.stringify(job.args.question));
    };
    const graphId = await world.submit({ job: [] }, { question: 'all' });
    await world.work({ job: harness(handler, withConnection) });
    assert.is((await world.ended(graphId)).jobs.job!.result, 'answer to "all"');
  },
);

onEveryStore(
  spec,
  'case 131: given a wrapper that catches and throws again, when run, then the job fails as it would without',
  async (world) => {
    const caught: unknown[] = [];
    const rethrowing = (process: ProcessFunction) => async (job: RunningJob) => {
      try {
        return await process(job);
      } catch (error) {
        caught.push(error);
        throw error;
      }
    };
    const throwing = () => Promise.reject(new TypeError('boom'));
    const info = await world.run(
      { bare: [], harnessed: [] },
      { bare: throwing, harnessed: harness(throwing, rethrowing) },
    );
    assert.is(caught.length, 1);
    assert.is(info.jobs.harnessed!.status, 'failed');
    assert.equal(info.jobs.harnessed!.failure, info.jobs.bare!.failure);
  },
);

spec.test(
  'case 132: given handlers with and without postProcess under one harness of it, when invoked, then all run',
  async () => {
    const ran: string[] = [];
    const handlers: Readonly<Record<string, Handler>> = {
      function: () => 'of function',
      stages: { process: () => 'of stages' },
      all: { process: () => 1, postProcess: (_job, result: number) => `${result} of all` },
    };
    const harnessed = Object.values(handlers).map((handler) => harness(handler, 'postProcess', noting(ran)));
    const results = await Promise.all(harnessed.map((handler) => invokeHandler(handler, runningJob())));
    assert.equal(results, ['of function', 'of stages', '1 of all']);
    assert.is(ran.length, 3);
  },
);

spec.run();
