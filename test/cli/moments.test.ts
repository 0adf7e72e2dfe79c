import { jobGraph, type Store, systemEnvironment, transactGraph } from '../../src/index.js';
import { readMoment, resolveMoment } from '../../src/store/as-of.js';
import { assert, describe } from '../support/spec.js';
import { engines, freshStore } from '../support/stores.js';

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
  const resolving = describe(`where a moment stands (${engine})`, { timeoutMs: 20_000 });

  /** A store whose clock stands until it is set, with one graph that exists from 10:00 and two facts of it at 10:01. */
  async function prepared(): Promise<{ db: Store; readonly set: (minute: number) => void }> {
    let now = Date.UTC(2026, 0, 1, 10, 0);
    const db = await freshStore(engine, { environment: { ...systemEnvironment, now: () => now } });
    const set = (minute: number) => (now = Date.UTC(2026, 0, 1, 10, minute));
    await transactGraph(db, jobGraph({ x: [] }, {}, { id: 'before' }));
    await transactGraph(db, jobGraph({ a: [] }, {}, { id: 'g' }));
    set(1);
    const data = { attempt: 1, worker: { id: 'w', host: 'h', pid: 1 }, leaseMs: 1000 };
    const events = [
      {
        id: '00000000-0000-4000-8000-000000000001',
        event: { type: 'JobStarted', data },
        causationId: null,
        actor: 'w',
      },
      {
        id: '00000000-0000-4000-8000-000000000002',
        event: { type: 'JobFinished', data: { attempt: 1, result: 1 } },
        causationId: null,
        actor: 'w',
      },
    ] as const;
    await db.log.append([{ graphId: 'g', jobId: 'a', expectedRevision: -1, events }])();
    set(2);
    await transactGraph(db, jobGraph({ x: [] }, {}, { id: 'behind' }));
    set(5);
    return { db, set };
  }

  const fails = (code: string, message: RegExp) => (error: unknown) => {
    const { code: actual, message: text } = error as { code: string; message: string };
    assert.is(actual, code);
    assert.match(text, message);
    return true;
  };

  resolving.test('of a number: that of the event', async () => {
    const { db } = await prepared();
    assert.is(await resolveMoment(db, 'g', '#1'), '2');
    assert.is(await resolveMoment(db, 'g', '#3'), '4');
    await assert.rejects(resolveMoment(db, 'g', '#4'), fails('moment-invalid', /has events #1 to #3, and no #4/));
    await assert.rejects(resolveMoment(db, 'g', '#0'), fails('moment-invalid', /and no #0/));
    await db.close();
  });

  resolving.test('of a position: itself, unless the graph did not exist or the log is not there yet', async () => {
    const { db } = await prepared();
    assert.is(await resolveMoment(db, 'g', '@3'), '3');
    assert.is(await resolveMoment(db, 'g', '@05'), '5');
    await assert.rejects(
      resolveMoment(db, 'g', '@1'),
      fails('moment-before-graph', /did not exist at @1; it exists from @2 \(2026-01-01T10:00/),
    );
    await assert.rejects(resolveMoment(db, 'g', '@6'), fails('moment-invalid', /has not reached @6; it ends at @5/));
    await db.close();
  });

  resolving.test('of a time: that of the last event taken by then, the same for ever', async () => {
    const { db, set } = await prepared();
    assert.is(await resolveMoment(db, 'g', '2026-01-01T10:00:00Z'), '2');
    assert.is(await resolveMoment(db, 'g', '2026-01-01T10:01:00Z'), '4');
    assert.is(await resolveMoment(db, 'g', '2026-01-01T10:04:00Z'), '5');
    await assert.rejects(
      resolveMoment(db, 'g', '2026-01-01T09:59:59Z'),
      fails('moment-before-graph', /did not exist at 2026/),
    );
    await assert.rejects(resolveMoment(db, 'g', '2026-01-01T10:06:00Z'), fails('moment-invalid', /is still to come/));
    set(9);
    assert.is(await resolveMoment(db, 'g', '2026-01-01T10:06:00Z'), '5');
    await db.close();
  });

  resolving.test('of a graph that does not exist', async () => {
    const { db } = await prepared();
    await assert.rejects(resolveMoment(db, 'nope', '#1'), fails('graph-not-found', /there is no graph "nope"/));
    await db.close();
  });
  resolving.run();
}
