/** Handlers get their own copies, whatever the size of a value and wherever the log is kept. */
import { setTimeout as nap } from 'node:timers/promises';
import {
  fault,
  type Handlers,
  history,
  jobGraph,
  type RunningJob,
  start,
  transactGraph,
  waitForGraph,
} from '../../src/index.js';
import { rerun } from '../../src/handlers/rerun.js';
import { assert, describe } from '../support/spec.js';
import { engines, missingFor } from '../support/stores.js';
import { WorkerFixture } from './worker-fixture.js';

/** Changes that handlers written for other queues make to their job. */
const changes: Readonly<Record<string, (job: RunningJob) => unknown>> = {
  'sorts an input': ({ inputs }) => (inputs.list as number[]).sort((a, b) => a - b)[0],
  'adds to args': ({ args }) => ((args['tags'] as string[]) ?? []).push('more'),
  'sets a default in args': (job) => ((job.args as Record<string, unknown>)['missing'] ??= 5),
  'takes a field away': (job) => delete (job.args as Record<string, unknown>)['tags'],
  'empties an input': ({ inputs }) => (inputs.list as number[]).splice(0).length > 0,
  'changes a label': (job) => ((job.labels as Record<string, string>)['team'] = 'other'),
  'changes what is deep inside': ({ args }) => ((args['deep'] as { a: { b: number }[] }).a[0]!.b = 7),
  'defines a property': ({ args }) =>
    Object.keys(Object.defineProperty(args, 'x', { value: 1, enumerable: true })).length,
  'puts args of its own in place': (job) => ((job as { args: object }).args = { own: true }),
  'copies all of the job and changes that': (job) => Object.keys(Object.assign({ ...job }.args, { more: 1 })).length,
  'freezes what it got': (job) => Object.isFrozen(Object.freeze(job.args)),
};

for (const engine of engines) {
  const spec = describe(`handlers’ own copies on ${engine}`, { timeoutMs: 30_000, missing: missingFor(engine) });
  const fixture = new WorkerFixture(spec, engine);
  const work = (handlers: Handlers, concurrency = 4) => fixture.begin(handlers, { concurrency });

  for (const size of [3, 700, 40_000]) {
    spec.test(
      `given inputs and args of ${size} numbers, when handlers change them, then no other sees it`,
      async () => {
        const numbers = Array.from({ length: size }, (_, index) => size - index);
        const seen: unknown[] = [];
        const look = ({ args, inputs, labels }: RunningJob) => {
          seen.push([
            JSON.stringify(args),
            (inputs.list as number[])[0],
            (inputs.list as number[]).length,
            labels['team'],
          ]);
          return 1;
        };
        await work({ list: () => numbers, look, ...changes });
        const args = { tags: ['a'], deep: { a: [{ b: 1 }] }, filling: numbers.slice(0, 30_000) };
        const changing = Object.keys(changes).map((type) => [type, { type, after: ['list'] }]);
        const jobs = {
          list: { type: 'list' },
          before: { type: 'look', after: ['list'] },
          ...Object.fromEntries(changing),
          afterwards: { type: 'look', after: ['list', ...Object.keys(changes)] },
        };
        const { graphId } = await transactGraph(fixture.db, jobGraph({ jobs }, args, { labels: { team: 'ours' } }));
        const info = await waitForGraph(fixture.db, graphId);
        for (const job of Object.values(info.jobs)) assert.equal([job.id, job.failure], [job.id, null]);
        assert.equal(seen, [seen[0], seen[0]]);
        assert.equal(seen[0], [JSON.stringify(args), size, size, 'ours']);
        assert.is((info.jobs['list']!.result as number[])[0], size);
      },
    );
  }

  spec.test(
    'given details of a heartbeat, when the next attempt changes them, then the one after it sees them as they were',
    async () => {
      const seen: unknown[] = [];
      await work({
        copy: async (job) => {
          if (job.attempt === 1) await job.heartbeat({ rows: [1, 2] });
          seen.push(JSON.stringify(job.details));
          (job.details as { rows: number[] } | null)?.rows.push(3);
          if (job.attempt < 3) fault('again', { retryAfterMs: 1 });
        },
      });
      await waitForGraph(fixture.db, (await transactGraph(fixture.db, jobGraph({ copy: [] }))).graphId);
      assert.equal(seen, ['null', '{"rows":[1,2]}', '{"rows":[1,2]}']);
    },
  );

  spec.test('given many jobs that take no time, then timers have their turn all the while', async () => {
    await work({ sync: () => 1 }, 10);
    const jobs = Array.from({ length: 1500 }, (_, n) => [
      `j${n}`,
      { type: 'sync', after: n < 10 ? [] : [`j${n - 10}`] },
    ]);
    let ticks = 0;
    const ticking = setInterval(() => (ticks += 1), 1);
    const { graphId } = await transactGraph(
      fixture.db,
      jobGraph({ jobs: Object.fromEntries(jobs) as Record<string, { type: string }> }),
    );
    await waitForGraph(fixture.db, graphId);
    clearInterval(ticking);
    assert.ok(ticks > 10, `${ticks} ticks`);
  });

  spec.test(
    'given a job that is tried again without a pause, then a time limit of whoever waits for it fires',
    async () => {
      let runs = 0;
      await work({ poll: () => (++runs > 20_000 ? 'given up' : fault('not yet', { retryAfterMs: 0 })) });
      const { graphId } = await transactGraph(fixture.db, jobGraph({ poll: [] }));
      await assert.rejects(
        waitForGraph(fixture.db, graphId, { timeoutMs: 100 }),
        (error) => (error as { code: string }).code === 'wait-timeout',
      );
      assert.ok(runs < 20_000, 'it came in time');
    },
  );

  spec.test(
    'given a worker that stops, when a handler throws in the meantime, then its job is handed back, not failed',
    async () => {
      const begun: string[] = [];
      const handlers: Handlers = {
        child: async ({ id, attempt }) => {
          begun.push(id);
          if (attempt > 1) return 'done';
          await nap(150);
          throw new Error('Command failed: sleep 3 (SIGINT)');
        },
        failing: async ({ id, attempt }) => {
          begun.push(id);
          await nap(150);
          if (attempt === 1) fault('later', { retryAfterMs: 5 });
          return 'done';
        },
      };
      const first = await start({ concurrency: 2 }, fixture.db, handlers);
      const { graphId } = await transactGraph(fixture.db, jobGraph({ child: [], failing: [] }));
      while (begun.length < 2) await nap(5);
      await first.stop();
      await work(handlers);
      const info = await waitForGraph(fixture.db, graphId);
      assert.equal([info.status, info.jobs['child']!.attempt, info.jobs['failing']!.attempt], ['finished', 2, 2]);
      const causes: Record<string, string> = {};
      for await (const event of history(fixture.db, graphId)) {
        if (event.type === 'JobFaulted') causes[event.jobId!] = event.data.cause;
      }
      assert.equal(causes, { child: 'released', failing: 'fault' });
    },
  );
  spec.run();
}

const again = describe('running a handler again');
again.test(
  'given what an attempt was given, when a handler that is run again changes it, then what was given stays',
  async () => {
    const input = {
      graphId: 'g',
      id: 'j',
      type: 't',
      attempt: 1,
      args: { tags: ['a'] },
      inputs: { list: [3, 1, 2] },
      labels: {},
      details: null,
    };
    const outcome = await rerun((job) => changes['sorts an input']!(job), input);
    assert.equal(outcome, { kind: 'finished', result: 1 });
    assert.equal(input.inputs.list, [3, 1, 2]);
  },
);
again.run();
