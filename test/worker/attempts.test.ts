/** What an attempt is given, and how it ends. */
import {
  abortGraph,
  abortJob,
  abortSilent,
  fault,
  graphInfo,
  type RecordedEvent,
  retryGraph,
  type RunningJob,
  waitForGraph,
} from '../../src/index.js';
import { eventually } from '../support/eventually.js';
import { assert, describe } from '../support/spec.js';
import { engines, missingFor } from '../support/stores.js';
import { aborted, gate, WorkerFixture } from './worker-fixture.js';

for (const engine of engines) {
  const spec = describe(`an attempt on ${engine}`, { timeoutMs: 20_000, missing: missingFor(engine) });
  const fixture = new WorkerFixture(spec, engine);

  spec.test('given parents with small and with large results, then the child gets all of them, by id', async () => {
    const large = 'x'.repeat(300_000);
    let inputs: unknown;
    await fixture.submit({
      small: { type: 'small' },
      large: { type: 'large' },
      none: { type: 'none' },
      child: { type: 'child', after: ['small', 'large', 'none'] },
    });
    await fixture.begin({
      small: () => ({ n: [1] }),
      large: () => large,
      none: () => undefined,
      child: (job) => void (inputs = job.inputs),
    });
    await waitForGraph(fixture.db, 'g');
    assert.equal(inputs, { small: { n: [1] }, large, none: null });
  });

  spec.test(
    'given a finished graph, then every event but the first names the one that led to it, back to the submission',
    async () => {
      await fixture.submit({ a: { type: 't' }, b: { type: 't', after: ['a'] } });
      await fixture.begin({ t: () => 1 });
      await waitForGraph(fixture.db, 'g');
      const all = await fixture.events();
      const byId = new Map(all.map((event) => [event.id, event]));
      const chain = (event: RecordedEvent): string[] =>
        event.causationId === null ? [event.type] : [event.type, ...chain(byId.get(event.causationId)!)];
      assert.equal(chain(all.at(-1)!), ['JobFinished', 'JobStarted', 'JobFinished', 'JobStarted', 'GraphSubmitted']);
    },
  );

  spec.test(
    'given a job with a time limit, then its attempt ends as a timeout, its signal aborts, and its policy says what follows',
    async () => {
      const signals: AbortSignal[] = [];
      await fixture.submit({
        once: { type: 't', timeoutMs: 30 },
        again: { type: 't', timeoutMs: 30, retry: { maximumAttempts: 2, initialIntervalMs: 1 } },
      });
      await fixture.begin(
        {
          t: async (job) => {
            signals.push(job.signal);
            if (job.attempt === 1) await aborted(job.signal);
            return 'second';
          },
        },
        { concurrency: 2 },
      );
      const done = await waitForGraph(fixture.db, 'g');
      assert.equal([done.jobs['once']!.status, done.jobs['once']!.failure?.reason], ['failed', 'system/timeout']);
      assert.equal([done.jobs['again']!.status, done.jobs['again']!.result], ['finished', 'second']);
      assert.ok(signals.filter((signal) => signal.aborted).length === 2);
    },
  );

  spec.test('given a retry policy, then exceptions are tried again up to its bound, save those it names', async () => {
    const retry = { maximumAttempts: 3, initialIntervalMs: 1, nonRetryable: ['RangeError', 'ENOENT'] };
    await fixture.submit({
      type: { type: 't', retry },
      named: { type: 'range', retry },
      code: { type: 'code', retry },
    });
    await fixture.begin({
      t: () => {
        throw new TypeError('boom');
      },
      range: () => {
        throw new RangeError('boom');
      },
      code: () => {
        throw Object.assign(new Error('boom'), { code: 'ENOENT' });
      },
    });
    const done = await waitForGraph(fixture.db, 'g');
    assert.equal(
      Object.values(done.jobs).map((job) => [job.id, job.status, job.attempt]),
      [
        ['type', 'failed', 3],
        ['named', 'failed', 1],
        ['code', 'failed', 1],
      ],
    );
  });

  spec.test(
    'given a signal wrapped in causes, or among the errors of an aggregate, then it is recognised',
    async () => {
      await fixture.submit({ cause: { type: 'cause' }, aggregate: { type: 'aggregate' } });
      const thrown = () => {
        try {
          return abortSilent('enough');
        } catch (error) {
          return error;
        }
      };
      await fixture.begin({
        cause: () => {
          throw new Error('outer', { cause: new Error('middle', { cause: thrown() }) });
        },
        aggregate: () => Promise.any([Promise.reject(new Error('x')), Promise.reject(thrown() as Error)]),
      });
      const done = await waitForGraph(fixture.db, 'g');
      assert.equal(
        Object.values(done.jobs).map((job) => [job.status, job.abort?.message]),
        [
          ['aborted', 'enough'],
          ['aborted', 'enough'],
        ],
      );
    },
  );

  spec.test(
    'given a running graph, when it is aborted, then the signal aborts, the outcome is not kept, and the job’s own stream says so',
    async () => {
      const running = gate<RunningJob>();
      const done = gate<string>();
      await fixture.submit({ a: { type: 't' }, b: { type: 't', after: ['a'] } });
      const worker = await fixture.begin({
        t: async (job) => {
          running.open(job);
          return await done.promise;
        },
      });
      const job = await running.promise;
      await abortGraph(fixture.db, 'g', { by: 'me', reason: 'enough' });
      await eventually('the signal aborts', () => job.signal.aborted);
      done.open('too late');
      const after = await graphInfo(fixture.db, 'g');
      assert.equal(
        Object.values(after.jobs).map((each) => [each.status, each.result]),
        [
          ['aborted', null],
          ['aborted', null],
        ],
      );
      await eventually('the worker counts it as lost', () => worker.statistics.leasesLost === 1);
      assert.equal(await fixture.types(), ['GraphSubmitted', 'JobStarted', 'GraphAborted', 'JobAborted']);
      assert.equal(await retryGraph(fixture.db, 'g'), ['a']);
      assert.is((await waitForGraph(fixture.db, 'g')).status, 'finished');
      assert.equal(
        (await fixture.events()).filter((event) => event.type === 'JobStarted' && event.jobId === 'a').length,
        2,
      );
    },
  );

  spec.test('given a running job, when it is aborted from outside, then the worker lets it go and lives', async () => {
    const running = gate<RunningJob>();
    await fixture.submit({ a: { type: 't' }, b: { type: 'quick' } });
    const worker = await fixture.begin(
      {
        t: async (job) => {
          running.open(job);
          await aborted(job.signal);
          return 'too late';
        },
        quick: () => 'fine',
      },
      { concurrency: 2 },
    );
    await running.promise;
    await abortJob(fixture.db, 'g', 'a');
    const done = await waitForGraph(fixture.db, 'g');
    await eventually('lost', () => worker.statistics.leasesLost === 1);
    assert.equal(
      Object.values(done.jobs).map((job) => [job.status, job.result]),
      [
        ['aborted', null],
        ['finished', 'fine'],
      ],
    );
  });

  spec.test(
    'given results that cannot be kept, then the job fails with what and where, and the worker lives',
    async () => {
      await fixture.submit({ big: { type: 'big' }, odd: { type: 'odd' }, fine: { type: 'fine' } });
      await fixture.begin({ big: () => 'x'.repeat(600_000), odd: () => ({ rows: [{ f: () => 1 }] }), fine: () => 1 });
      const { jobs } = await waitForGraph(fixture.db, 'g');
      assert.match(
        jobs['big']!.failure!.message!,
        /the handler's result takes 600002 bytes as JSON; the limit is 524288/,
      );
      assert.is(jobs['odd']!.failure?.message, "the handler's result.rows[0].f is a function, which JSON cannot hold");
      assert.equal([jobs['odd']!.failure?.exception, jobs['fine']!.status], ['InvalidResultError', 'finished']);
    },
  );

  spec.test('given a fault with an impossible delay, then the job fails with what is wrong', async () => {
    await fixture.submit({ a: { type: 't' } });
    await fixture.begin({ t: () => fault('later', { retryAfterMs: Number.NaN }) });
    const { jobs } = await waitForGraph(fixture.db, 'g');
    assert.is(jobs['a']!.failure?.message, 'retryAfterMs is NaN; it is a number of milliseconds from 0');
  });

  spec.test('given a failure and reasons that are too long, then they are cut, and say so', async () => {
    await fixture.submit({ a: { type: 't' } });
    await fixture.begin({
      t: () => {
        throw Object.assign(new Error('y'.repeat(100_000)), { data: { blob: 'x'.repeat(100_000), n: 1 } });
      },
    });
    const { failure } = (await waitForGraph(fixture.db, 'g')).jobs['a']!;
    assert.match(failure!.message!, /^y+… \(cut: 100000 bytes\)$/);
    assert.match(JSON.stringify(failure!.data), /left out: with it the record would be over the limit/);
    await fixture.submit({ a: { type: 'nobody' } }, 'h');
    await abortGraph(fixture.db, 'h', { reason: 'z'.repeat(1_000_000) });
    assert.is((await graphInfo(fixture.db, 'h')).abort!.reason.length, 2000);
  });

  spec.run();
}
