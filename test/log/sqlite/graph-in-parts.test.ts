// takes: 3s
/** A graph that is read in parts, however large they are and whatever lies between its events. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { NewEvent, Position } from '../../../src/domain/events.js';
import type { StoredEvent } from '../../../src/evidence/canonical-event.js';
import type { EventLog } from '../../../src/log/event-log.js';
import { openSqliteLog } from '../../../src/log/sqlite/sqlite-log.js';
import { finished, started, submitted } from '../../support/given.js';
import { rightOf } from '../../support/right.js';
import { assert, describe } from '../../support/spec.js';
import { temporaryFolder } from '../../support/stores.js';

const spec = describe('a graph in parts', { timeoutMs: 60_000 });

const created = (event: NewEvent['event']): NewEvent => {
  return { id: randomUUID(), event, causationId: null, actor: 'tester' };
};

async function submit(log: EventLog, graphId: string, jobs: readonly string[]): Promise<void> {
  const events = [created(submitted(Object.fromEntries(jobs.map((id) => [id, []]))))];
  await rightOf(log.append([{ graphId, jobId: null, expectedRevision: -1, events }]));
}

async function run(log: EventLog, graphId: string, jobs: readonly string[]): Promise<void> {
  const appends = jobs.map((jobId) => {
    return { graphId, jobId, expectedRevision: -1, events: [created(started()), created(finished())] };
  });
  await rightOf(log.append(appends));
}

const names = (count: number) => Array.from({ length: count }, (_, index) => `job-${index}`);

/** One graph begins and ends among the events of another, and runs alone between. */
async function filled(): Promise<EventLog> {
  const log = openSqliteLog({ path: join(temporaryFolder(), 'overseer.db'), synchronous: 'NORMAL' });
  await rightOf(log.install());
  const [own, others] = [names(900), names(3000)];
  await submit(log, 'others', others);
  await submit(log, 'own', own);
  await run(log, 'own', own.slice(0, 10));
  await run(log, 'others', others.slice(0, 1500));
  await run(log, 'own', own.slice(10, 890));
  await run(log, 'others', others.slice(1500));
  await run(log, 'own', own.slice(890));
  return log;
}

async function inParts(log: EventLog, graphId: string, limit: number): Promise<readonly StoredEvent[]> {
  const found: StoredEvent[] = [];
  for (let after: Position | null = null; ; after = found.at(-1)!.position) {
    const part: readonly StoredEvent[] = await rightOf(log.readStored({ graphId, after, limit }));
    found.push(...part);
    if (part.length < limit) return found;
  }
}

spec.test(
  'given parts of any size, when a graph is read, then they are its events in the order of the log',
  async () => {
    const log = await filled();
    const whole = await rightOf(log.readStored({ limit: 100_000 }));
    for (const graphId of ['own', 'others', 'absent']) {
      const expected = whole.filter((event) => event.graphId === graphId);
      for (const limit of [7, 100, 600, 2000, 20_000, Infinity]) {
        assert.equal(await inParts(log, graphId, limit), expected, `${graphId} by ${limit}`);
      }
    }
    assert.is(whole.filter(({ graphId }) => graphId === 'own').length, 1801);
    await log.close();
  },
);

spec.run();
