/** Estimates of the time left, on histories of which the answer can be worked out by hand. */
import fc from 'fast-check';
import { canonicalData, type StoredEvent } from '../../src/evidence/canonical-event.js';
import type { DomainEvent, RecordedEvent } from '../../src/domain/events.js';
import { levelsOf } from '../../src/domain/graph-walk.js';
import { GraphState } from '../../src/domain/graph.js';
import { estimateTimeLeft, type OverseerError, Store, systemEnvironment } from '../../src/index.js';
import { aboutDuration, LiveTimeLeft, timeLeftText } from '../../src/cli/output/time-left.js';
import { Estimator } from '../../src/history/estimate/estimator.js';
import {
  type EarlierRun,
  earlierRunOf,
  medianOf,
  mostAtOnce,
  remainingOf,
  RunTimes,
} from '../../src/history/estimate/remaining.js';
import { aborted, failed, faulted, finished, graphAborted, Recorder, started, submitted } from '../support/given.js';
import { graphShape, simulate, steps } from '../support/simulate.js';
import { assert, describe } from '../support/spec.js';
import { engines, missingFor } from '../support/stores.js';
import { storeWith } from './histories.js';

const epoch = Date.parse('2026-01-01T00:00:00.000Z');
const second = 1000;

/** Events at the seconds they are said to happen at. */
class Book {
  readonly events: RecordedEvent[] = [];
  private readonly recorder = new Recorder();

  at(seconds: number, place: string, event: DomainEvent): this {
    const [graphId = '', jobId = null] = place.split('/');
    const recorded = this.recorder.record({ graphId, jobId }, event);
    this.events.push({ ...recorded, recordedAt: new Date(epoch + seconds * second).toISOString() });
    return this;
  }

  submit(seconds: number, id: string, labels: Record<string, string>, jobs: Record<string, string[]>): this {
    const event = submitted(jobs) as DomainEvent & { type: 'GraphSubmitted' };
    return this.at(seconds, id, { ...event, data: { ...event.data, labels } });
  }

  /** A whole run: each job starts and ends at some seconds after the submission. */
  run(from: number, id: string, labels: Record<string, string>, jobs: Record<string, [number, number]>): this {
    this.submit(from, id, labels, Object.fromEntries(Object.keys(jobs).map((job) => [job, []])));
    const times = Object.entries(jobs).flatMap(([job, [start, end]]) => [
      { at: start, job, event: started() },
      { at: end, job, event: finished() },
    ]);
    for (const { at, job, event } of times.sort((a, b) => a.at - b.at)) this.at(from + at, `${id}/${job}`, event);
    return this;
  }

  graph(id = 'g'): GraphState {
    const graph = new GraphState(id);
    for (const event of this.events) if (event.graphId === id) graph.apply(event);
    return graph;
  }

  get stored(): readonly StoredEvent[] {
    return this.events.map(({ type, data, bytes: _, ...envelope }) => {
      return { ...envelope, type, data: canonicalData(JSON.stringify(data)) };
    });
  }
}

const tookSeconds = (jobs: Record<string, number>): RunTimes => {
  const timed = Object.entries(jobs).map(([id, took]) => ({ id, type: id, tookMs: took * second }));
  return new RunTimes([{ graphId: 'before', jobs: timed, slots: 1 }]);
};

/** What is left, in seconds. */
function left(book: Book, times: RunTimes, slots: number, nowSeconds: number): number {
  return remainingOf(book.graph(), times, slots, epoch + nowSeconds * second).leftMs / second;
}

const spec = describe('the rest of a graph, played through');

spec.test('a chain takes what its jobs take, less what a running one has behind it', () => {
  const book = new Book().submit(0, 'g', {}, { a: [], b: ['a'] });
  const times = tookSeconds({ a: 10, b: 20 });
  assert.is(left(book, times, 1, 0), 30);
  book.at(5, 'g/a', started());
  assert.is(left(book, times, 1, 9), 26);
  // It takes longer than it did before: it may end at any moment.
  assert.is(left(book, times, 1, 300), 20);
  book.at(300, 'g/a', finished());
  assert.is(left(book, times, 4, 400), 20);
});

spec.test('equal jobs are shared among the slots', () => {
  const book = new Book().submit(0, 'g', {}, { a: [], b: [], c: [], d: [] });
  const times = tookSeconds({ a: 10, b: 10, c: 10, d: 10 });
  assert.equal(
    [1, 2, 3, 4, 9].map((slots) => left(book, times, slots, 0)),
    [40, 20, 20, 10, 10],
  );
});

spec.test('unequal jobs take free slots in the order of the graph, and their children wait for the last', () => {
  const book = new Book().submit(0, 'g', {}, { long: [], short: [], next: ['short'], end: ['long', 'next'] });
  const times = tookSeconds({ long: 10, short: 2, next: 5, end: 1 });
  assert.is(left(book, times, 2, 0), 11);
  assert.is(left(book, times, 1, 0), 18);
});

spec.test('jobs that run keep their slots, even if there are more of them than slots', () => {
  const book = new Book().submit(0, 'g', {}, { a: [], b: [], c: [], d: [] });
  for (const job of ['a', 'b', 'c']) book.at(1, `g/${job}`, started());
  assert.is(left(book, tookSeconds({ a: 10, b: 20, c: 30, d: 5 }), 1, 1), 35);
});

spec.test('a job that backs off begins when it may', () => {
  const book = new Book().submit(0, 'g', {}, { a: [], b: [] });
  book.at(0, 'g/a', started()).at(1, 'g/a', faulted(1, 5 * second));
  assert.is(left(book, tookSeconds({ a: 10, b: 3 }), 1, 2), 14);
  assert.is(left(book, tookSeconds({ a: 10, b: 3 }), 1, 100), 13);
});

spec.test('what cannot run any more takes no time', () => {
  const book = new Book().submit(0, 'g', {}, { a: [], b: ['a'], c: [], d: ['c'], e: [] });
  book.at(0, 'g/a', started()).at(1, 'g/a', failed()).at(1, 'g/c', aborted());
  assert.equal(remainingOf(book.graph(), tookSeconds({ a: 1, b: 2, c: 4, d: 8, e: 16 }), 1, epoch), {
    leftMs: 16 * second,
    jobs: 1,
    unknownJobs: 0,
  });
});

spec.test('a job takes its own median, or that of its type, and of some jobs nobody knows', () => {
  const job = (id: string, type: string, tookMs: number) => ({ id, type, tookMs });
  const runs: EarlierRun[] = [
    { graphId: '3', jobs: [job('a', 't', 100), job('b', 't', 4)], slots: 1 },
    { graphId: '2', jobs: [job('a', 't', 1)], slots: 1 },
    { graphId: '1', jobs: [job('a', 't', 3)], slots: 1 },
  ];
  const graph = new Book().submit(0, 'g', {}, { a: [], t: [], x: [] }).graph();
  const times = new RunTimes(runs);
  assert.equal(
    [...graph.jobs.values()].map((node) => times.of(node)),
    [3, 3.5, null],
  );
  assert.equal(remainingOf(graph, times, 1, epoch), { leftMs: 6.5, jobs: 3, unknownJobs: 1 });
  assert.equal([medianOf([2, 1]), medianOf([5])], [1.5, 5]);
});

spec.test('of an earlier run the attempt counts that finished, and how many ran at once', () => {
  const book = new Book().submit(0, 'g', {}, { a: [], b: [], c: [] });
  book.at(1, 'g/a', started()).at(50, 'g/a', faulted()).at(60, 'g/a', started(2)).at(62, 'g/b', started());
  book.at(63, 'g/a', finished(2)).at(64, 'g/b', finished()).at(70, 'g/c', started()).at(71, 'g/c', failed());
  assert.equal(earlierRunOf(book.graph(), book.events), {
    graphId: 'g',
    jobs: [
      { id: 'a', type: 'a', tookMs: 3000 },
      { id: 'b', type: 'b', tookMs: 2000 },
    ],
    slots: 2,
  });
  assert.is(mostAtOnce(book.events.slice(0, 1)), 0);
});

/** Of a graph's jobs that can still run: how long the longest chain takes, and how long all of them together. */
function bounds(graph: GraphState, tookMs: number): { readonly chain: number; readonly work: number } {
  const rest = [...graph.jobs.values()].filter(
    (node) => node.status === 'started' || (node.status === 'unstarted' && node.record.above.prospect !== 'blocked'),
  );
  const ends = new Map<unknown, number>();
  const levels = levelsOf(graph.jobs.keys(), (id) => graph.jobs.get(id)!.parentIds);
  const parentsFirst = rest.toSorted((a, b) => levels.get(a.id)! - levels.get(b.id)!);
  for (const node of parentsFirst)
    ends.set(node, tookMs + Math.max(0, ...node.parents.map((each) => ends.get(each) ?? 0)));
  return { chain: Math.max(0, ...ends.values()), work: rest.length * tookMs };
}

spec.test('whatever happened: never negative, 0 at the end, and within the bounds of any schedule', () => {
  const shapes = fc.array(graphShape, { minLength: 1, maxLength: 1 });
  const times = new RunTimes([
    { graphId: 'x', jobs: [0, 1, 2].map((n) => ({ id: 'x', type: `type ${n}`, tookMs: 100 })), slots: 1 },
  ]);
  fc.assert(
    fc.property(shapes, steps(60), fc.integer({ min: 1, max: 5 }), fc.nat(200), (shape, taken, slots, later) => {
      const graph = new GraphState('graph 0');
      for (const event of simulate(shape, taken)) {
        graph.apply(event);
        if (graph.existsFrom === null) continue;
        const now = Date.parse(event.recordedAt) + later;
        const { leftMs, jobs } = remainingOf(graph, times, slots, now);
        const { chain, work } = bounds(graph, 100);
        const waits = [...graph.jobs.values()].map(({ state }) => Date.parse(state.notBefore ?? '') - now || 0);
        const wait = Math.max(0, ...waits);
        const running = [...graph.jobs.values()].filter(({ status }) => status === 'started').length;
        assert.ok(leftMs >= 0);
        assert.ok(leftMs <= wait + chain + work / slots + 1e-6, `${leftMs} of ${chain} + ${work} / ${slots}`);
        // What waits for a failure, or needs what was skipped, takes no time, nor does what people answer.
        const isRun = [...graph.jobs.values()].every(
          (job) => job.hasFixedInputs && job.definition.external === undefined,
        );
        const isUsual = isRun && graph.countByStatus().skipped === 0;
        if (running === 0 && isUsual) assert.ok(leftMs >= Math.max(chain, work / slots) - 1e-6);
        if (graph.isSettled && graph.abort === null) assert.equal([leftMs, jobs], [0, 0]);
        const basis = { runs: [{ graphId: 'x', jobs: [], slots }], labels: {} };
        if (graph.isSettled) assert.is(new Estimator(basis).timeLeft(graph, now, slots).leftMs, 0);
      }
    }),
    { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 200) },
  );
});
spec.run();

for (const engine of engines) {
  const onStore = describe(`the time left on ${engine}`, { timeoutMs: 60_000, missing: missingFor(engine) });

  /** A store that holds these events, at that second. */
  async function storeAt(book: Book, seconds: number): Promise<Store> {
    const { log } = await storeWith(engine, book.stored);
    return new Store(log, { ...systemEnvironment, now: () => epoch + seconds * second });
  }

  const team = { team: 'billing' };
  const nightly = { ...team, kind: 'nightly' };

  onStore.test('those earlier runs count that share the most labels, the latest ten of them', async () => {
    const book = new Book();
    book.run(0, 'alone', { team: 'search' }, { a: [0, 1] });
    for (let n = 0; n < 12; n++) book.run(100 + n * 100, `n${n}`, nightly, { a: [0, n + 1], b: [50, 51 + n] });
    book.run(2000, 'other kind', { ...team, kind: 'weekly' }, { a: [0, 60] });
    book.submit(2100, 'failed', nightly, { a: [] }).at(2101, 'failed/a', started()).at(2102, 'failed/a', failed());
    book.submit(2200, 'unended', nightly, { a: [] });
    book.submit(2300, 'g', nightly, { a: [], b: ['a'] }).run(2400, 'later', nightly, { a: [0, 99] });
    const db = await storeAt(book, 2500);
    const found = await estimateTimeLeft(db, 'g');
    const basedOn = Array.from({ length: 10 }, (_, n) => `n${11 - n}`);
    // Of n2 to n11 job a took 3 to 12 s and job b as long less two: 7.5 and 7.5 s in the median.
    assert.equal(found, {
      graphId: 'g',
      leftMs: 15_000,
      reason: null,
      basedOn,
      labels: nightly,
      slots: 1,
      unknownJobs: 0,
    });
    assert.is(timeLeftText(found), 'about 15 s, from 10 earlier runs labelled team=billing kind=nightly');
    await db.close();
  });

  onStore.test('given none that shares all labels, then the latest of those that share the most decides', async () => {
    const dated = (day: string) => ({ ...nightly, day });
    const book = new Book();
    book.run(0, 'd1', dated('1'), { a: [0, 2] }).run(10, 't', { ...team, day: '1' }, { a: [0, 80] });
    book.run(100, 'd2', dated('2'), { a: [0, 4] }).run(200, 'k', { kind: 'nightly' }, { a: [0, 80] });
    book.submit(300, 'g', dated('3'), { a: [], z: [] });
    const db = await storeAt(book, 300);
    const found = await estimateTimeLeft(db, 'g');
    assert.equal(found.basedOn, ['d2', 'd1']);
    assert.equal([found.leftMs, found.unknownJobs, found.labels], [3000, 1, nightly]);
    const words =
      'at least about 3 s, from 2 earlier runs labelled team=billing kind=nightly, which tell nothing of 1 job';
    assert.is(timeLeftText(found), words);
    await db.close();
  });

  onStore.test('as many slots as were in use at once, here or there, unless they are given', async () => {
    const book = new Book().run(0, 'before', team, { a: [0, 10], b: [0, 10], c: [0, 10], d: [20, 30] });
    book.submit(100, 'g', team, { a: [], b: [], c: [], d: [] });
    const db = await storeAt(book, 100);
    const of = async (slots?: number) => {
      const { leftMs, slots: taken } = await estimateTimeLeft(db, 'g', slots === undefined ? {} : { slots });
      return [taken, leftMs];
    };
    assert.equal(
      [await of(), await of(1), await of(4)],
      [
        [3, 20_000],
        [1, 40_000],
        [4, 10_000],
      ],
    );
    for (const slots of [0, 1.5, Number.NaN]) {
      const error = await estimateTimeLeft(db, 'g', { slots }).catch((thrown: OverseerError) => thrown);
      assert.is((error as OverseerError).code, 'slots-invalid');
    }
    await db.close();
  });

  onStore.test('as of a moment, only what had happened then counts', async () => {
    const book = new Book().run(0, 'x', team, { a: [0, 10], b: [10, 15] }).submit(100, 'g', team, { a: [], b: ['a'] });
    book.at(110, 'g/a', started()).at(114, 'g/a', finished()).at(114, 'g/b', started()).at(115, 'g/b', finished());
    const db = await storeAt(book, 500);
    const positions: RecordedEvent['position'][] = [];
    for await (const { position } of (await import('../../src/index.js')).history(db, 'g')) positions.push(position);
    const lefts: (number | null)[] = [];
    for (const asOf of positions) lefts.push((await estimateTimeLeft(db, 'g', { asOf })).leftMs);
    assert.equal(lefts, [15_000, 15_000, 5000, 5000, 0]);
    assert.equal((await estimateTimeLeft(db, 'g')).leftMs, 0);
    await db.close();
  });

  onStore.test('given nothing to judge by, then there is no estimate, and a reason', async () => {
    const book = new Book().run(0, 'x', team, { a: [0, 10] }).submit(10, 'bare', {}, { a: [] });
    book.submit(20, 'first', { kind: 'new' }, { a: [] }).submit(30, 'strange', team, { z: [] });
    book.submit(40, 'ended', team, { a: [] }).at(41, 'ended', graphAborted);
    const db = await storeAt(book, 50);
    const reasonOf = async (id: string) => {
      const found = await estimateTimeLeft(db, id);
      assert.is(timeLeftText(found), null);
      return [found.leftMs, found.reason];
    };
    assert.equal(await reasonOf('bare'), [null, 'no-labels']);
    assert.equal(await reasonOf('first'), [null, 'no-earlier-run']);
    assert.equal(await reasonOf('strange'), [null, 'no-known-job']);
    assert.equal(await reasonOf('ended'), [0, null]);
    const error = await estimateTimeLeft(db, 'none').catch((thrown: OverseerError) => thrown);
    assert.is((error as OverseerError).code, 'graph-not-found');
    await db.close();
  });

  onStore.run();
}

const words = describe('the time left in words');

words.test('a duration is told no more exactly than it is known', () => {
  const s = 1000;
  const told: readonly (readonly [number, string])[] = [
    [0, 'less than a second'],
    [999, 'less than a second'],
    [3400, 'about 3 s'],
    [12 * s, 'about 10 s'],
    [57 * s, 'about 55 s'],
    [58 * s, 'about 1 min'],
    [250 * s, 'about 4 min'],
    [3570 * s, 'about 1 h'],
    [2 * 3600 * s, 'about 2 h'],
    [2.6 * 3600 * s, 'about 2 h 30 min'],
    [11.4 * 3600 * s, 'about 11 h'],
    [49 * 3600 * s, 'about 2 d'],
  ];
  for (const [ms, expected] of told) assert.is(aboutDuration(ms), expected, String(ms));
});

words.test('while a graph runs, it follows the graph without reading the log again', async () => {
  const book = new Book().run(0, 'x', { t: '1' }, { a: [0, 10_000], b: [0, 5000] });
  book.submit(20_000, 'g', { t: '1' }, { a: [], b: [] });
  const { log } = await storeWith('memory', book.stored);
  let reads = 0;
  const counted = {
    ...log,
    readAll: (...request: Parameters<typeof log.readAll>) => (reads++, log.readAll(...request)),
  };
  const graph = book.graph();
  const live = new LiveTimeLeft(graph, 1);
  assert.is(live.now(), null);
  await live.read(new Store(counted, systemEnvironment));
  const before = reads;
  const first = live.now()!.leftMs!;
  assert.ok(first > 14_999_000 && first <= 15_000_000, String(first));
  assert.ok(live.now()!.leftMs! <= first);
  assert.is(reads, before);
  await log.close();
});

words.run();
