import { randomUUID } from 'node:crypto';
import type { RecordedEvent } from '../../src/domain/events.js';
import { jobGraph, type Store, systemEnvironment, transactGraph } from '../../src/index.js';
import { resolveMoment } from '../../src/history/moments/moment.js';
import { readMoment } from '../../src/history/moments/read-moment.js';
import { orThrow } from '../../src/store/or-throw.js';
import { assert, describe } from '../support/spec.js';
import { engines, freshStore, missingFor } from '../support/stores.js';

const reading = describe('reading a moment');

reading.test('positions, numbers of events, and times', () => {
  assert.equal(readMoment('@12'), { kind: 'position', position: '12' });
  assert.equal(readMoment('@0012/0034'), { kind: 'position', position: '12/34' });
  assert.equal(readMoment('#3'), { kind: 'event', number: 3 });
  assert.equal(readMoment('2026-03-01T12:30:00.250Z'), { kind: 'time', at: Date.UTC(2026, 2, 1, 12, 30, 0, 250) });
  assert.equal(readMoment('2026-03-01T12:30:00+02:00'), { kind: 'time', at: Date.UTC(2026, 2, 1, 10, 30) });
});

reading.test('a time without a zone is local, as all times that are shown', () => {
  assert.equal(readMoment('2026-03-01 12:30'), { kind: 'time', at: new Date(2026, 2, 1, 12, 30).getTime() });
  assert.equal(readMoment('2026-03-01'), { kind: 'time', at: new Date(2026, 2, 1).getTime() });
  assert.equal(readMoment('2026-03-01 12:30:05.042'), {
    kind: 'time',
    at: new Date(2026, 2, 1, 12, 30, 5, 42).getTime(),
  });
});

reading.test('everything else is none', () => {
  for (const text of [
    '',
    'now',
    '@',
    '@x',
    '#',
    '#-1',
    '12',
    '2026-13-01',
    '2026-02-30',
    '2026-03-01T25:00',
    '2026-03-01T12',
    '1 March 2026',
  ]) {
    assert.throws(
      () => readMoment(text),
      (error: { code?: string }) => error.code === 'moment-invalid',
      text,
    );
  }
});
reading.run();

for (const engine of engines) {
  const resolving = describe(`where a moment stands (${engine})`, { timeoutMs: 20_000, missing: missingFor(engine) });
  const stores: Store[] = [];
  const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  resolving.afterEach(async () => {
    for (const each of stores.splice(0)) await each.close();
  });

  /** A store with four events, with time between them except before the second: graph g exists from #2 on. */
  async function prepared() {
    let now = Date.UTC(2026, 0, 1, 10, 0);
    // A server's clock cannot be set, but it runs.
    const environment = engine === 'eventstoredb' ? systemEnvironment : { ...systemEnvironment, now: () => now };
    const aWhile = () => (engine === 'eventstoredb' ? pause(15) : void (now += 60_000));
    const db = await freshStore(engine, { environment });
    await transactGraph(db, jobGraph({ x: [] }, {}, { id: 'before' }));
    await aWhile();
    await transactGraph(db, jobGraph({ a: [] }, {}, { id: 'g' }));
    await aWhile();
    const data = { attempt: 1, worker: { id: 'w', host: 'h', pid: 1 }, leaseMs: 1000 };
    const events = [
      {
        id: randomUUID(),
        event: { type: 'JobStarted', data },
        causationId: null,
        actor: 'w',
      },
      {
        id: randomUUID(),
        event: { type: 'JobFinished', data: { attempt: 1, result: 1 } },
        causationId: null,
        actor: 'w',
      },
    ] as const;
    await orThrow(db.log.append([{ graphId: 'g', jobId: 'a', expectedRevision: -1, events }]));
    await aWhile();
    await transactGraph(db, jobGraph({ x: [] }, {}, { id: 'behind' }));
    await aWhile();
    const all = await orThrow(db.log.readAll({ limit: 9 }));
    const positions = all.map((event) => event.position);
    const timeOf = (event: RecordedEvent | undefined, later = 0) =>
      new Date(Date.parse(event!.recordedAt) + later).toISOString();
    stores.push(db);
    return { db, all, positions, timeOf, now: () => environment.now(), aWhile };
  }

  const fails = (code: string, message: RegExp) => (error: unknown) => {
    const { code: actual, message: text } = error as { code: string; message: string };
    assert.is(actual, code);
    assert.match(text, message);
    return true;
  };

  resolving.test('of a number: that of the event', async () => {
    const { db, positions } = await prepared();
    assert.is(await resolveMoment(db, 'g', '#1'), positions[1]);
    assert.is(await resolveMoment(db, 'g', '#3'), positions[3]);
    await assert.rejects(resolveMoment(db, 'g', '#4'), fails('moment-invalid', /has events #1 to #3, and no #4/));
    await assert.rejects(resolveMoment(db, 'g', '#0'), fails('moment-invalid', /and no #0/));
  });

  resolving.test('of a position: itself, unless the graph did not exist or the log is not there yet', async () => {
    const { db, all, positions, timeOf } = await prepared();
    const [before, begin, , third, last] = positions;
    assert.is(await resolveMoment(db, 'g', `@${third}`), third);
    assert.is(await resolveMoment(db, 'g', `@0${last}`), last);
    await assert.rejects(
      resolveMoment(db, 'g', `@${before}`),
      fails(
        'moment-before-graph',
        new RegExp(`did not exist at @${before}; it exists from @${begin} \\(${timeOf(all[1])}`),
      ),
    );
    const beyond = `${last!.replace(/^\d+/, (digits) => `${digits}0`)}`;
    await assert.rejects(
      resolveMoment(db, 'g', `@${beyond}`),
      fails('moment-invalid', new RegExp(`has not reached @${beyond}; it ends at @${last}`)),
    );
  });

  resolving.test('of a time: that of the last event taken by then, the same for ever', async () => {
    const { db, all, positions, timeOf, now, aWhile } = await prepared();
    const [, begin, , third, last] = positions;
    assert.is(await resolveMoment(db, 'g', timeOf(all[1])), begin);
    assert.is(await resolveMoment(db, 'g', timeOf(all[3])), third);
    assert.is(await resolveMoment(db, 'g', timeOf(all[4], 5)), last);
    await assert.rejects(
      resolveMoment(db, 'g', timeOf(all[1], -1)),
      fails('moment-before-graph', /did not exist at 2/),
    );
    const soon = new Date(now() + 2000).toISOString();
    await assert.rejects(resolveMoment(db, 'g', soon), fails('moment-invalid', /is still to come/));
    while (now() <= Date.parse(soon)) await aWhile();
    assert.is(await resolveMoment(db, 'g', soon), last);
  });

  resolving.test('of a graph that does not exist', async () => {
    const { db } = await prepared();
    await assert.rejects(resolveMoment(db, 'nope', '#1'), fails('graph-not-found', /there is no graph "nope"/));
  });
  resolving.run();
}
