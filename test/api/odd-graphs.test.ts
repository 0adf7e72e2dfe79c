/** A listing names the graphs it cannot show, and shows the others. */
import { randomUUID } from 'node:crypto';
import { graphs, jobGraph, jobsReady, jobsWithStatus, type Store, transactGraph } from '../../src/index.js';
import type { DomainEvent, Position } from '../../src/domain/events.js';
import { LogError } from '../../src/log/event-log.js';
import { E } from '../../src/prelude/fp.js';
import { rightOf } from '../support/right.js';
import { assert, describe } from '../support/spec.js';
import { exportText, freshStore } from '../support/stores.js';

const spec = describe('listing graphs of which one is odd', { timeoutMs: 30_000 });

type Submission = (DomainEvent & { type: 'GraphSubmitted' })['data'];
const whole: Submission = {
  part: 1,
  parts: 1,
  args: {},
  labels: {},
  priority: 0,
  jobs: [{ id: 'a', type: 'a', parents: [] }],
};

/** Submissions that only a foreign or a broken program writes. */
const odd: Readonly<Record<string, readonly (Partial<Submission> | null)[]>> = {
  'its second part alone': [{ part: 2, parts: 2 }],
  'its last part twice': [
    { part: 2, parts: 2 },
    { part: 2, parts: 2 },
  ],
  'parts that do not follow': [
    { part: 1, parts: 3 },
    { part: 3, parts: 3 },
  ],
  'no jobs that can be read': [{ jobs: 'none' as never }],
  'a part that is no number': [{ part: 'one' as never }],
  'labels that are none': [{ labels: 7 as never }],
  'nothing in it': [null],
};

/** Restored, since no append takes them. */
async function submit(db: Store, graphId: string, submissions: readonly (Partial<Submission> | null)[]): Promise<void> {
  const events = submissions.map((submission, revision) => ({
    graphId,
    jobId: null,
    revision,
    id: randomUUID(),
    type: 'GraphSubmitted',
    schemaVersion: 1,
    recordedAt: new Date().toISOString(),
    position: String(revision + 1) as Position,
    causationId: null,
    actor: 'x',
    data: JSON.stringify(submission === null ? null : { ...whole, ...submission }),
  }));
  await rightOf(db.log.restore(events));
}

for (const engine of ['memory', 'sqlite'] as const) {
  for (const [what, submissions] of Object.entries(odd)) {
    spec.test(`given one with ${what} on ${engine}, the others are listed, and it is named`, async () => {
      const db = await freshStore(engine);
      await transactGraph(db, jobGraph({ a: [] }, {}, { id: 'first' }));
      await submit(db, 'odd', submissions);
      await transactGraph(db, jobGraph({ a: [] }, {}, { id: 'last' }));
      const { items, unreadable, next } = await graphs(db);
      assert.equal([items.map(({ id }) => id), next], [['last', 'first'], null]);
      assert.equal(unreadable, [{ graphId: 'odd', reason: 'its submission is not complete, or cannot be read' }]);
      const page = await graphs(db, { limit: 1 });
      assert.equal((await graphs(db, { limit: 1, after: page.next! })).items[0]!.id, 'first');
      assert.equal(
        (await jobsWithStatus(db, 'unstarted')).items.map(({ graphId }) => graphId),
        ['first', 'last'],
      );
      assert.is((await jobsReady(db)).items.length, 2);
      await db.close();
    });
  }
}

spec.test('a graph that was submitted a second time is listed once', async () => {
  const db = await freshStore('memory');
  await submit(db, 'g', [whole, whole]);
  const { items, unreadable } = await graphs(db);
  assert.equal([items.map(({ id }) => id), unreadable], [['g'], []]);
  await db.close();
});

spec.test('a history of which a part is gone, or that cannot be folded, is named with its reason', async () => {
  const reasons = [new LogError('store-history-missing', 'an event is gone'), new RangeError('too deep')];
  for (const reason of reasons) {
    const db = await freshStore('memory');
    for (const id of ['one', 'two']) await transactGraph(db, jobGraph({ a: [] }, {}, { id }));
    const { log } = db;
    const readGraph: typeof log.readGraph = (graphId, upTo) => {
      if (graphId !== 'one') return log.readGraph(graphId, upTo);
      return () => (reason instanceof LogError ? Promise.resolve(E.left(reason)) : Promise.reject(reason));
    };
    (db as { log: typeof log }).log = { ...log, readGraph };
    const { items, unreadable } = await graphs(db);
    assert.equal(
      items.map(({ id }) => id),
      ['two'],
    );
    assert.equal(unreadable, [{ graphId: 'one', reason: reason.message }]);
    await log.close();
  }
});

spec.test('a log that cannot be read says nothing about its graphs', async () => {
  const db = await freshStore('memory');
  await transactGraph(db, jobGraph({ a: [] }, {}, { id: 'one' }));
  const { log } = db;
  const down = new LogError('store-unavailable', 'it is down', { isTransient: true });
  (db as { log: typeof log }).log = { ...log, readGraph: () => () => Promise.resolve(E.left(down)) };
  await assert.rejects(graphs(db), /^it is down$/);
  assert.match(await exportText(db), /"one"/);
  await log.close();
});

spec.run();
