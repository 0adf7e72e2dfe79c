// takes: 7s
/**
 * Every attempt ends, whatever its handler returns, throws or sends as details; and nothing gets into a log that cannot
 * be read from it.
 */
import fc from 'fast-check';
import {
  Abort,
  abort,
  Fault,
  fault,
  type GraphInfo,
  type Handlers,
  jobGraph,
  jobInfo,
  transactGraph,
  verify,
  waitForGraph,
} from '../../src/index.js';
import { eventually } from '../support/eventually.js';
import { patient } from '../support/patience.js';
import { rightOf } from '../support/right.js';
import { assert, describe } from '../support/spec.js';
import { engines, missingFor } from '../support/stores.js';
import { kept, mixed, nested, oddDelays, refused, thrown } from './odd-values.js';
import { WorkerFixture } from './worker-fixture.js';

for (const engine of engines) {
  const spec = describe(`endings on ${engine}`, { timeoutMs: 60_000, missing: missingFor(engine) });
  const fixture = new WorkerFixture(spec, engine);
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => void unhandled.push(reason);

  spec.beforeEach(() => void process.on('unhandledRejection', note));

  spec.afterEach(() => {
    process.off('unhandledRejection', note);
    assert.equal(unhandled.splice(0), []);
  });

  const work = (handlers: Handlers) => fixture.begin(handlers, { concurrency: 16 });

  /** Runs one job for each handler. */
  async function ended(handlers: Handlers): Promise<GraphInfo> {
    await work(handlers);
    const types = Object.keys(handlers).map((type) => [type, []]);
    const { graphId } = await transactGraph(fixture.db, jobGraph(Object.fromEntries(types) as Record<string, []>));
    return await waitForGraph(fixture.db, graphId, { timeoutMs: patient(30_000) });
  }

  spec.test('given what JSON can hold, when it is returned, then it is the result as JSON gives it back', async () => {
    const { jobs } = await ended(
      Object.fromEntries(Object.entries(kept).map(([name, [returned]]) => [name, returned])),
    );
    for (const [name, [, result]] of Object.entries(kept)) {
      assert.is(jobs[name]!.failure?.message, undefined, name);
      assert.is(JSON.stringify(jobs[name]!.result), JSON.stringify(result), name);
    }
  });

  spec.test(
    'given what JSON cannot hold, when it is returned, then that attempt has failed, and says why',
    async () => {
      const { jobs } = await ended(
        Object.fromEntries(Object.entries(refused).map(([name, [returned]]) => [name, returned])),
      );
      for (const [name, [, message]] of Object.entries(refused)) {
        assert.is(jobs[name]!.status, 'failed', name);
        assert.match(jobs[name]!.failure!.message!, message, name);
      }
      assert.equal((await verify(fixture.db)).problems, []);
    },
  );

  spec.test('given whatever is thrown, then that attempt has failed, with what can be seen of it', async () => {
    const handlers = Object.entries(thrown).map(
      ([name, [make]]) =>
        [
          name,
          () => {
            throw make();
          },
        ] as const,
    );
    const { jobs } = await ended(Object.fromEntries(handlers));
    for (const [name, [, exception, message]] of Object.entries(thrown)) {
      assert.is(jobs[name]!.status, 'failed', name);
      assert.is(jobs[name]!.failure!.exception, exception, name);
      if (message === null) assert.is(jobs[name]!.failure!.message, null, name);
      else assert.match(jobs[name]!.failure!.message!, message, name);
    }
    assert.equal((await verify(fixture.db)).problems, []);
  });

  spec.test('given aborts and faults in words that are none, then they are recorded', async () => {
    class Odd extends Abort {
      override get message(): string {
        return { why: 1 } as unknown as string;
      }
    }
    const { jobs } = await ended({
      object: () => abort({ why: 1 } as unknown as string),
      number: () => abort(42 as unknown as string),
      nothing: () => abort(undefined as unknown as string),
      odd: () => {
        throw new Odd('', 'yes' as unknown as boolean);
      },
      throwing: () => {
        throw Object.defineProperty(new Abort('seen', true), 'message', {
          get: () => {
            throw new Error('no');
          },
        });
      },
    });
    for (const job of Object.values(jobs))
      assert.equal([job.id, job.status, typeof job.abort?.message], [job.id, 'aborted', 'string']);
    assert.equal((await verify(fixture.db)).problems, []);
  });

  spec.test('given delays that are none, when a fault asks for them, then the policy’s is taken', async () => {
    const names = oddDelays.map((_, index) => `odd ${index}`);
    await work(
      Object.fromEntries(
        names.map((name, index) => [
          name,
          () => {
            throw new Fault('later', oddDelays[index] as number);
          },
        ]),
      ),
    );
    const { graphId } = await transactGraph(fixture.db, jobGraph(Object.fromEntries(names.map((name) => [name, []]))));
    for (const name of names) {
      await eventually(
        `${name} backs off`,
        async () => (await jobInfo(fixture.db, graphId, name)).derivedStatus === 'backing-off',
      );
      const events = await rightOf(fixture.db.log.readStream({ graphId, jobId: name }));
      const next = events[1]?.type === 'JobFaulted' ? events[1].data.next : null;
      assert.ok(next?.kind === 'retry' && next.delayMs! >= 800 && next.delayMs! <= 1000, name);
    }
  });

  spec.test(
    'given a policy whose powers grow beyond all numbers, then every attempt ends, and each is tried again',
    async () => {
      let runs = 0;
      await work({ poll: () => (++runs <= 1100 ? fault('not yet') : 'there') });
      const poll = { type: 'poll', retry: { initialIntervalMs: 0, backoffCoefficient: 1000, maximumIntervalMs: 0 } };
      const { graphId } = await transactGraph(fixture.db, jobGraph({ jobs: { poll } }));
      const { jobs } = await waitForGraph(fixture.db, graphId, { timeoutMs: patient(50_000) });
      assert.equal([jobs['poll']!.result, jobs['poll']!.attempt], ['there', 1101]);
    },
  );

  spec.test(
    'given details of every kind, when they are beaten, then they are kept or refused, and the job goes on',
    async () => {
      const told: Record<string, string> = {};
      await work({
        beat: async (job) => {
          for (const [name, [make]] of Object.entries({ ...kept, ...refused })) {
            if (name === 'something to wait for' || name === 'a then that throws') continue;
            told[name] = await job.heartbeat(make()).then(
              () => 'kept',
              (error: Error) => error.message,
            );
          }
          return 'done';
        },
      });
      const { graphId } = await transactGraph(fixture.db, jobGraph({ beat: [] }));
      assert.is((await waitForGraph(fixture.db, graphId)).jobs['beat']!.result, 'done');
      for (const name of Object.keys(kept)) if (name in told) assert.is(told[name], 'kept', name);
      for (const name of Object.keys(refused))
        if (name in told) assert.match(told[name]!, /^the heartbeat's details/, name);
      assert.equal((await verify(fixture.db)).problems, []);
    },
  );

  spec.test(
    'given args of every depth, when they are submitted, then they are run or refused, and nothing else suffers',
    async () => {
      await work({ look: ({ args }) => Object.keys(args).length });
      for (const depth of [1, 2, 50, 198, 199, 200, 201, 256, 1000, 1300, 5000, 20_000, 100_000]) {
        const args = { list: nested(depth) };
        const submit = async () => await transactGraph(fixture.db, jobGraph({ look: [] }, args));
        if (depth < 200) assert.is((await waitForGraph(fixture.db, (await submit()).graphId)).status, 'finished');
        else
          await assert.rejects(submit(), (error) =>
            /args are nested deeper than the limit of 200|args is nested deeper than the limit of 200/.test(
              (error as Error).message,
            ),
          );
      }
      assert.is(
        (await waitForGraph(fixture.db, (await transactGraph(fixture.db, jobGraph({ look: [] }))).graphId)).status,
        'finished',
      );
    },
  );

  spec.test(
    'given any JSON at all, near every limit, when jobs return it, then three workers end them all, and the log is sound',
    async () => {
      const sample = fc.tuple(fc.integer({ min: 0, max: 7 }), fc.jsonValue({ maxDepth: 4 }), fc.nat({ max: 520 }));
      const samples = fc.sample(sample, { numRuns: 60, seed: 7 });
      const values = samples.map(([kind, leaf, size]): unknown => {
        if (kind < 2) return nested(195 + (size % 12), kind === 0 ? undefined : mixed);
        if (kind === 2) return 'x'.repeat(512 * 1024 - 4 + (size % 8));
        if (kind === 3) return nested(size * 200, (inner) => [inner]);
        if (kind === 4) return { [`k${'y'.repeat(size * 1024)}`]: leaf };
        if (kind === 5) return Array.from({ length: size }, () => leaf);
        return leaf;
      });
      for (let n = 0; n < 2; n++) await work({ value: ({ args }) => values[args['index'] as number] });
      await work({
        value: ({ args }) => values[args['index'] as number],
        count: ({ inputs }) => Object.keys(inputs).length,
      });
      const jobs = Object.fromEntries(values.map((_, index) => [`v${index}`, { type: 'value', args: { index } }]));
      const { graphId } = await transactGraph(fixture.db, jobGraph({ jobs }));
      const info = await waitForGraph(fixture.db, graphId, { timeoutMs: patient(50_000) });
      const endings = new Set(Object.values(info.jobs).map(({ status }) => status));
      assert.equal([...endings].sort(), ['failed', 'finished']);
      for (const [index, value] of values.entries()) {
        const job = info.jobs[`v${index}`]!;
        if (job.status === 'finished') assert.is(JSON.stringify(job.result), JSON.stringify(value));
        else
          assert.match(
            job.failure!.message!,
            /nested deeper than the limit of 200|takes \d+ bytes as JSON; the limit is 524288|larger than any limit/,
          );
      }
      assert.equal((await verify(fixture.db)).problems, []);
    },
  );
  spec.run();
}
