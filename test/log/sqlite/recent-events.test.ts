/** What a process has just written is handed to its own subscriptions from memory: it must be what the file says. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { DomainEvent, RecordedEvent } from '../../../src/domain/events.js';
import type { Append, EventFilter, EventLog } from '../../../src/log/event-log.js';
import { openSqliteLog } from '../../../src/log/sqlite/sqlite-log.js';
import { finished, started, submitted } from '../../support/given.js';
import { rightOf } from '../../support/right.js';
import { assert, describe } from '../../support/spec.js';
import { temporaryFolder } from '../../support/stores.js';

const spec = describe('the events that an SQLite log has just written', { timeoutMs: 60_000 });

function append(graphId: string, jobId: string | null, expectedRevision: number, ...events: DomainEvent[]): Append {
  const made = events.map((event) => ({
    id: randomUUID().toUpperCase(),
    event,
    causationId: randomUUID(),
    actor: 'w',
  }));
  return { graphId, jobId, expectedRevision, events: made };
}

/** A graph of one job that runs, in three appends. */
function graph(id: string): readonly Append[] {
  return [
    append(id, null, -1, submitted({ a: [] })),
    append(id, 'a', -1, started(1, 'w'), { type: 'Heartbeat', data: { attempt: 1, details: { seen: id } } }),
    append(id, 'a', 1, finished(1, id.repeat(100))),
  ];
}

/** Everything that a subscription hands over, until it has read as far as the log goes. */
async function subscribed(log: EventLog, filter: EventFilter, upTo: string): Promise<readonly RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  const subscription = log.subscribe({ filter });
  for await (const message of subscription) {
    if (message.kind === 'events') events.push(...message.events);
    if (message.kind === 'caughtUp' && Number(message.upTo) >= Number(upTo)) break;
  }
  return events;
}

async function twoLogs() {
  const path = join(temporaryFolder(), 'overseer.db');
  const [own, other] = [openSqliteLog({ path }), openSqliteLog({ path })];
  await rightOf(own.install());
  const elsewhere = openSqliteLog({ path, namespace: 'elsewhere' });
  return { path, own, other, elsewhere, close: () => Promise.all([own.close(), other.close(), elsewhere.close()]) };
}

spec.test(
  'given events of this process, of another and of another namespace by turns, then a follower gets all',
  async () => {
    const { path, own, other, elsewhere, close } = await twoLogs();
    const followed: RecordedEvent[] = [];
    const subscription = own.subscribe({ safetyNetMs: 50 });
    const following = (async () => {
      for await (const message of subscription) if (message.kind === 'events') followed.push(...message.events);
    })();
    const writers = [own, own, other, own, elsewhere, own, other, other, own, own, own];
    for (let round = 0; round < 12; round++) {
      for (const [index, log] of writers.entries()) {
        for (const each of graph(`g${round}-${index}`)) await rightOf(log.append([each]));
      }
    }
    const fresh = openSqliteLog({ path });
    const stored = await rightOf(fresh.readAll({ limit: 9999 }));
    while (followed.length < stored.length) await new Promise((resolve) => setTimeout(resolve, 5));
    subscription.close();
    await following;
    assert.equal(followed, stored);
    const last = stored.at(-1)!.position;
    assert.equal(await subscribed(own, {}, last), stored);
    const share = { partitions: new Set([1, 5, 6]), graphIds: new Set(['g3-10']) };
    const filters: readonly EventFilter[] = [{ graphId: 'g7-5' }, { types: ['JobFinished'] }, { share }];
    for (const filter of filters)
      assert.equal(await subscribed(own, filter, last), await subscribed(fresh, filter, last));
    await fresh.close();
    await close();
  },
);

spec.test(
  'given more events than are kept in memory, then a subscription from the beginning gets all of them',
  async () => {
    const { own, close } = await twoLogs();
    for (let batch = 0; batch < 12; batch++) {
      const graphs = Array.from({ length: 125 }, (_, index) => graph(`g${batch}-${index}`));
      await rightOf(own.append(graphs.flat()));
    }
    const stored = await rightOf(own.readAll({ limit: 9999 }));
    assert.is(stored.length, 12 * 125 * 4);
    const got = await subscribed(own, {}, stored.at(-1)!.position);
    assert.is(got.length, stored.length);
    assert.equal(
      got.map(({ id }) => id),
      stored.map(({ id }) => id),
    );
    await close();
  },
);

spec.run();
