/** The cases of Overseer (cases.md), from its source: harnesses. */
import { harness, type Handler, InvalidHandlerError, type ProcessFunction, type RunningJob } from '../../src/index.js';
import { invokeHandler } from '../../src/handlers/handler.js';
import { abort } from '../../src/handlers/signals.js';
import { assert, describe } from '../support/spec.js';
import { onEveryStore, runningJob } from './world.js';

const spec = describe('Part 2: harnesses');

const transparent = <Stage>(stage: Stage): Stage => stage;
const isInvalid = (error: unknown) => error instanceof InvalidHandlerError;

spec.test(
  'case 209: given a harness over a harness, when invoked, then the last put on is entered first and left last',
  async () => {
    const trace: string[] = [];
    const tracing = (name: string) => (process: ProcessFunction) => async (job: RunningJob) => {
      trace.push(`enter ${name}`);
      const result = await process(job);
      trace.push(`leave ${name}`);
      return result;
    };
    const handler = harness(
      harness(() => void trace.push('run'), tracing('w1')),
      tracing('w2'),
    );
    await invokeHandler(handler, runningJob());
    assert.equal(trace, ['enter w2', 'enter w1', 'run', 'leave w1', 'leave w2']);
  },
);

spec.test(
  'case 210: given a harnessed handler, when invoked twice, then the wrapper has been called once',
  async () => {
    let wrappings = 0;
    let runs = 0;
    const handler = harness(
      () => void (runs += 1),
      (process) => {
        wrappings += 1;
        return process;
      },
    );
    await invokeHandler(handler, runningJob());
    await invokeHandler(handler, runningJob());
    assert.equal([wrappings, runs], [1, 2]);
  },
);

spec.test(
  'case 211: given a transparent wrapper of an absent postProcess, when invoked, then the result stays the result',
  async () => {
    assert.is(
      await invokeHandler(
        harness(() => 'result', 'postProcess', transparent),
        runningJob(),
      ),
      'result',
    );
    const staged: Handler = { process: () => 'result' };
    assert.is(await invokeHandler(harness(staged, 'postProcess', transparent), runningJob()), 'result');
  },
);

spec.test('case 212: given stages without process, when harnessed, then an error, and process is not made up', () => {
  const withoutProcess = { preProcess: () => {} } as never;
  assert.throws(() => harness(withoutProcess, transparent), isInvalid);
  assert.throws(() => harness(withoutProcess, 'process', transparent), isInvalid);
});

spec.test('case 213: given a stage that is none, when harnessed at it, then an error that names it', () => {
  assert.throws(
    () => harness(() => {}, 'prePorcess' as never, transparent),
    (error: unknown) => isInvalid(error) && /prePorcess/.test(String(error)),
  );
});

onEveryStore(
  spec,
  'case 214: given a wrapper that swallows what is thrown, when the handler throws or aborts, then the job is finished',
  async (world) => {
    const swallowing = (process: ProcessFunction) => async (job: RunningJob) => {
      try {
        return await process(job);
      } catch {
        return 'swallowed';
      }
    };
    const throwing = () => Promise.reject(new Error('boom'));
    const aborting = () => abort('not needed');
    const info = await world.run(
      { throwing: [], aborting: [] },
      { throwing: harness(throwing, swallowing), aborting: harness(aborting, swallowing) },
    );
    assert.is(info.status, 'finished');
    assert.equal([info.jobs.throwing!.result, info.jobs.aborting!.result], ['swallowed', 'swallowed']);
  },
);

spec.run();
