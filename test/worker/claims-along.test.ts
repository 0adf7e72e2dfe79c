/** A job that becomes ready by the end of another is claimed along with that end, where the log can do both in one. */
import { randomUUID } from 'node:crypto';
import type { Append, EventLog } from '../../src/log/event-log.js';
import { abortJob, jobInfo, verify, waitForGraph } from '../../src/index.js';
import { appended, beside, overtakeOnce } from '../support/overtaking.js';
import { graphAborted } from '../support/given.js';
import { assert, describe } from '../support/spec.js';
import { gate, WorkerFixture } from './worker-fixture.js';

const chain = (length: number) =>
  Object.fromEntries(
    Array.from({ length }, (_, n) => [`j${n}`, { type: 't', ...(n === 0 ? {} : { after: [`j${n - 1}`] }) }]),
  );

const takesAlong = ({ along }: Append) => along !== undefined;

for (const engine of ['memory', 'sqlite'] as const) {
  const spec = describe(`claims along with endings, on ${engine}`, { timeoutMs: 30_000 });
  const fixture = new WorkerFixture(spec, engine);

  /** The calls that append, as the streams that each is about. */
  function appends(): string[] {
    const { log } = fixture.db;
    const calls: string[] = [];
    const append: EventLog['append'] = (requests) => {
      calls.push(requests.flatMap(({ jobId, along = [] }) => [jobId, ...along.map((other) => other.jobId)]).join(' '));
      return log.append(requests);
    };
    (fixture.db as { log: EventLog }).log = { ...log, append };
    return calls;
  }

  spec.test(
    'given a chain, then each job is claimed with the end of the one before, and gets what that returned',
    async () => {
      await fixture.submit(chain(6));
      const calls = appends();
      const worker = await fixture.begin({
        t: ({ id, inputs }) => ({
          id,
          before: Object.values(inputs as Record<string, { id: string }>).map((each) => each.id),
        }),
      });
      assert.is((await waitForGraph(fixture.db, 'g')).status, 'finished');
      assert.equal(calls, ['j0', 'j0 j1', 'j1 j2', 'j2 j3', 'j3 j4', 'j4 j5', 'j5']);
      assert.equal((await jobInfo(fixture.db, 'g', 'j5')).result, { id: 'j5', before: ['j4'] });
      assert.equal([worker.statistics.claims, worker.statistics.claimsLost], [6, 0]);
      assert.equal((await verify(fixture.db)).problems, []);
    },
  );

  spec.test('given handlers that return at once, then it is so too', async () => {
    await fixture.submit(chain(4));
    const calls = appends();
    await fixture.begin({ t: () => null });
    await waitForGraph(fixture.db, 'g');
    assert.equal(calls, ['j0', 'j0 j1', 'j1 j2', 'j2 j3', 'j3']);
  });

  spec.test(
    'given a child that is aborted at that moment, then the end goes in alone, and the slot is free',
    async () => {
      await fixture.submit({ ...chain(2), last: { type: 't', after: ['j0'] } });
      const overtaken = overtakeOnce(fixture.db, takesAlong, () => abortJob(beside(fixture.db), 'g', 'j1'));
      const worker = await fixture.begin({ t: () => null }, { concurrency: 1 });
      const { jobs } = await waitForGraph(fixture.db, 'g');
      assert.equal(
        ['j0', 'j1', 'last'].map((id) => jobs[id]!.status),
        ['finished', 'aborted', 'finished'],
      );
      assert.equal([overtaken.hasHappened, worker.statistics.claimsLost], [true, 1]);
      assert.equal((await verify(fixture.db)).problems, []);
    },
  );

  spec.test(
    'given a graph that is aborted at that moment, then the child does not run, and its slot is free',
    async () => {
      await fixture.submit(chain(2));
      const overtaken = overtakeOnce(fixture.db, takesAlong, (log) => {
        const events = [{ id: randomUUID(), event: graphAborted, causationId: null, actor: 'x' }];
        return appended(log, { graphId: 'g', jobId: null, expectedRevision: 0, events });
      });
      const ran: string[] = [];
      await fixture.begin({ t: ({ graphId, id }) => void ran.push(`${graphId} ${id}`) }, { concurrency: 1 });
      assert.is((await waitForGraph(fixture.db, 'g')).status, 'aborted');
      await fixture.submit(chain(2), 'h');
      assert.is((await waitForGraph(fixture.db, 'h', { timeoutMs: 20_000 })).status, 'finished');
      assert.equal([overtaken.hasHappened, ran], [true, ['g j0', 'h j0', 'h j1']]);
      assert.equal((await verify(fixture.db)).problems, []);
    },
  );

  spec.test('given a graph of higher priority that waits, then its job comes first', async () => {
    const [running, go] = [gate(), gate()];
    const ran: string[] = [];
    await fixture.submit(chain(2));
    await fixture.begin(
      {
        t: async ({ graphId, id }) => {
          ran.push(`${graphId} ${id}`);
          running.open();
          await go.promise;
        },
      },
      { concurrency: 1 },
    );
    await running.promise;
    await fixture.submit(chain(1), 'urgent', { priority: 5 });
    // Until the worker knows of it.
    await new Promise((resolve) => setTimeout(resolve, 100));
    go.open();
    await waitForGraph(fixture.db, 'g');
    assert.equal(ran, ['g j0', 'urgent j0', 'g j1']);
  });

  spec.run();
}
