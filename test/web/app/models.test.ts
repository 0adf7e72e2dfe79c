/** Small things that the page computes: places on a line of time, lanes, filters, what differs, proofs, cut texts. */
import { gzipSync } from 'node:zlib';
import { auditProve, jobGraph, start, type Store, transactGraph, waitForGraph } from '../../../src/index.js';
import { cutToWidth } from '../../../src/web/app/drawing/cut-text.js';
import { attemptsOf } from '../../../src/web/app/model/attempts.js';
import { compareSides } from '../../../src/web/app/model/comparison.js';
import { filteredNumbers } from '../../../src/web/app/model/event-filter.js';
import { GraphModel } from '../../../src/web/app/model/graph-model.js';
import { lanesByJob, lanesByWorker } from '../../../src/web/app/model/lanes.js';
import { proofPath } from '../../../src/web/app/model/proof-steps.js';
import { drawnGraphOf } from '../../../src/web/app/model/drawn-graph.js';
import {
  countsByUnit,
  countsInWords,
  countsOf,
  isUnitThere,
  momentOf,
  momentOfFirst,
  statusOf,
} from '../../../src/web/app/model/moment.js';
import { notThereYet } from '../../../src/web/app/model/job-lines.js';
import { TimeScale } from '../../../src/web/app/model/time-scale.js';
import { incidentSource } from '../../../src/web/app/source/incident.js';
import { LineCutter } from '../../../src/web/app/source/lines.js';
import type { Evidence } from '../../../src/web/app/source/source.js';
import type { JobEvent } from '../../../src/domain/events.js';
import { aborted, failed, faulted, finished, heartbeat, reset, spawned, started } from '../../support/given.js';
import { rightOf } from '../../support/right.js';
import { assert, describe } from '../../support/spec.js';
import { exportText, freshStore } from '../../support/stores.js';
import { job, modelOf } from './graphs.js';

const spec = describe('what the page computes', { timeoutMs: 30_000 });

spec.test('an event that comes a second time changes nothing', () => {
  const model = modelOf([job('a')], [['a', started()]]);
  const before = [model.length, model.latest.jobs.get('a')!.state.attempt];
  model.add(model.events);
  assert.equal([model.length, model.latest.jobs.get('a')!.state.attempt], before);
});

spec.test('a job that is spawned later has its place, no status, and no part in the counts', () => {
  const waiting = { ...job('sum', ['list']), withSpawned: ['list'] };
  const model = modelOf(
    [job('list'), waiting],
    [
      ['list', started()],
      ['list', spawned({ 'list/a': {}, 'list/b': {} })],
      ['list', finished()],
      ['list/a', started()],
    ],
  );
  const nodes = [...model.latest.jobs.values()];
  assert.equal(
    nodes.map(({ id }) => [id, model.levels.get(id)]),
    [
      ['list', 0],
      ['sum', 2],
      ['list/a', 1],
      ['list/b', 1],
    ],
  );
  const statuses = (number: number) => nodes.map((_, index) => statusOf(momentOf(model, number), index));
  assert.equal(statuses(5), ['finished', 'waiting', 'started', 'ready']);
  assert.equal(statuses(3), ['started', 'waiting', null, null]);
  assert.equal(statuses(4), ['finished', 'waiting', 'ready', 'ready']);
  const before = momentOf(model, 3);
  assert.is(countsInWords(countsOf(before)), '1 started, 1 waiting');
  const drawn = drawnGraphOf(model, new Set());
  const counts = countsByUnit(drawn, before);
  assert.equal(
    drawn.units.map((_, unit) => isUnitThere(counts, unit)),
    [true, true, false, false],
  );
  assert.is(notThereYet(nodes[2]!), 'not there yet: it comes to be when list finishes');
  const { codes, changed, madeReady } = momentOfFirst(momentOf(model, 4), 3);
  assert.equal([codes.length, changed, madeReady], [3, 0, [2]]);
  assert.is(model.jobAt(3, 'list/a'), null);
});

spec.test('in a long history, every jump back ends at the state of its moment', () => {
  const progressAt = (number: number) => number / 1000;
  const beats = Array.from({ length: 600 }, (_, n) => {
    const event: JobEvent = { type: 'Heartbeat', data: { attempt: 1, progress: progressAt(n + 3) } };
    return ['a', event] as const;
  });
  const model = modelOf([job('a')], [['a', started()], ...beats]);
  for (let number = model.length; number > 2; number -= number % 3 === 0 ? 1 : 2) {
    assert.is(model.stateAt(number).jobs.get('a')!.state.progress, progressAt(number));
    model.stateAt(model.length - 1);
  }
});

spec.test('what went wrong is marked, and what a worker handed back is not', () => {
  const released = { ...faulted(), data: { ...faulted().data, cause: 'released' } } as JobEvent;
  const model = modelOf(
    [job('a'), job('b')],
    [
      ['a', started(1)],
      ['a', released],
      ['a', started(2)],
      ['a', faulted(2)],
      ['a', started(3)],
      ['a', failed(3)],
      ['a', reset()],
      ['b', aborted()],
    ],
  );
  assert.equal(
    model.marks.map(({ number, trouble }) => [number, trouble]),
    [
      [5, 'fault'],
      [7, 'failed'],
      [8, 'reset'],
      [9, 'abort'],
    ],
  );
  assert.equal([...model.troubled], ['a', 'b']);
});

spec.test('each event is found where it stands on the line, by time and evenly', () => {
  const times = [0, 10, 1000, 1010, 5000];
  for (const spacing of ['time', 'even'] as const) {
    const scale = new TimeScale(times, 1, 10_000, spacing);
    for (const number of [1, 2, 3, 4, 5]) assert.is(scale.numberAt(scale.ofNumber(number)), number, spacing);
    assert.equal([scale.ofNumber(1), scale.ofNumber(5)], [0, 10_000]);
    assert.equal([scale.numberAt(-50), scale.numberAt(20_000)], [1, 5]);
  }
  const byTime = new TimeScale(times, 2, 4990, 'time');
  assert.equal([byTime.ofNumber(3), byTime.ofTime(1010)], [990, 1000]);
  assert.is(byTime.numberAt(995), 3, 'between two events, it is the one before');
  assert.equal([...new TimeScale(times, 1, 100, 'time').histogram(5)], [2, 2, 0, 0, 1]);
});

spec.test('a filter of events names them by their numbers, from 1', () => {
  const { events } = modelOf(
    [job('a'), job('b')],
    [
      ['a', started()],
      ['b', started()],
      ['a', finished()],
    ],
  );
  const none = { type: '', jobId: '', actor: '' };
  assert.is(filteredNumbers(events, none), null);
  assert.equal(filteredNumbers(events, { ...none, type: 'JobStarted' }), [2, 3]);
  assert.equal(filteredNumbers(events, { ...none, jobId: 'a' }), [2, 4]);
  assert.equal(filteredNumbers(events, { ...none, actor: 'tes', jobId: 'b' }), [3]);
  assert.equal(filteredNumbers(events, { ...none, actor: 'nobody' }), []);
});

spec.test('lanes by job are in the order of the starts; lanes by worker are as many as it ran jobs at once', () => {
  const model = modelOf(
    [job('a', [], 'x'), job('b', [], 'y'), job('c'), job('d')],
    [
      ['b', started(1, 'w1')],
      ['a', started(1, 'w1')],
      ['b', finished()],
      ['c', started(1, 'w1')],
      ['a', failed()],
      ['a', reset()],
      ['a', started(2, 'w2')],
    ],
  );
  const all = { search: '', only: 'all' } as const;
  const names = (choice: Parameters<typeof lanesByJob>[1]) => lanesByJob(model, choice).map(({ key }) => key);
  assert.equal(names(all), ['b', 'a', 'c', 'd']);
  assert.equal(names({ ...all, search: 'Y' }), ['b']);
  assert.equal(names({ ...all, only: 'troubled' }), ['a']);
  const { lanes, bars } = lanesByWorker(model, model.times.at(-1)! + 50);
  assert.equal(
    lanes.map(({ key, label }) => [key, label, bars.get(key)!.map(({ jobId }) => jobId)]),
    [
      ['w1 0', 'w1', ['b', 'c']],
      ['w1 1', '', ['a']],
      ['w2 0', 'w2', ['a']],
    ],
  );
  for (const own of bars.values()) own.reduce((last, bar) => (assert.ok(last.to <= bar.from), bar));
});

spec.test('the attempts of a job have their own times, signs of life and ends', () => {
  const { events } = modelOf(
    [job('a')],
    [
      ['a', started(1, 'w1')],
      ['a', { type: 'Heartbeat', data: { attempt: 1, progress: 0.5 } }],
      ['a', heartbeat()],
      ['a', faulted()],
      ['a', started(2, 'w2')],
      ['a', finished(2, 7)],
    ],
  );
  const attempts = attemptsOf(events.slice(1).map((event, index) => [index + 2, event] as const));
  assert.equal(
    attempts.map(({ attempt, worker, startNumber, endNumber, heartbeats, progress, ending }) => [
      ...[attempt, worker.id, startNumber, endNumber, heartbeats, progress, ending],
    ]),
    [
      [1, 'w1', 2, 5, 2, 0.5, 'fault'],
      [2, 'w2', 6, 7, 0, null, 'finished'],
    ],
  );
  assert.equal(
    attempts.map(({ failure }) => failure?.message ?? null),
    ['boom', null],
  );
});

spec.test('of two runs, the jobs are told first whose time differs most', () => {
  const run = (aMs: number, bMs: number) => {
    const { events } = modelOf(
      [job('a'), job('b'), job('c')],
      [
        ['a', started()],
        ['a', finished()],
        ['b', started()],
        ['b', finished(1, bMs)],
      ],
    );
    const times = [0, 0, aMs, aMs, aMs + bMs];
    return events.map((event, at) => ({ ...event, recordedAt: new Date(1e12 + times[at]!).toISOString() }));
  };
  const [before, after] = [run(100, 500), run(150, 5000)].map((events) => {
    return { model: new GraphModel('drawn', events, []), number: 5 };
  });
  const { pace, changed } = compareSides(before!, after!);
  assert.equal(pace, [
    { jobId: 'b', before: 500, after: 5000 },
    { jobId: 'a', before: 100, after: 150 },
  ]);
  assert.equal(
    changed.map(({ jobId, result }) => [jobId, result]),
    [['b', { before: 500, after: 5000 }]],
    'that one took longer is no other change',
  );
});

spec.test('lines are cut out of pieces that end anywhere, in the middle of a character too', () => {
  const text = 'erste\n日本語 🐙\n\nlast\n';
  const bytes = new TextEncoder().encode(text);
  for (let size = 1; size < 9; size++) {
    const cutter = new LineCutter();
    const lines: string[] = [];
    for (let at = 0; at < bytes.length; at += size) lines.push(...cutter.add(bytes.slice(at, at + size)));
    assert.equal([lines, cutter.unfinished], [['erste', '日本語 🐙', '', 'last'], '']);
  }
  const cut = new LineCutter();
  assert.equal([cut.add(bytes.slice(0, 9)), cut.unfinished], [['erste'], '日']);
});

spec.test('a text is cut for each width anew, and never longer than that', () => {
  // Every character takes 10 pixels.
  const context = { font: '12px x', measureText: (text: string) => ({ width: 10 * Array.from(text).length }) };
  const cut = (text: string, width: number) => cutToWidth(context as unknown as CanvasRenderingContext2D, text, width);
  assert.equal([cut('abcdefgh', 80), cut('abcdefgh', 50), cut('abcdefgh', 70)], ['abcdefgh', 'abcd…', 'abcdef…']);
  assert.is(cut('🐙🐙🐙', 20), '🐙…', 'no character is cut in two');
});
spec.run();

const evidence = describe('what the page hashes again', { timeoutMs: 30_000 });
let db: Store;

evidence.before(async () => {
  db = await freshStore('memory');
  await transactGraph(db, jobGraph({ a: [], b: ['a'], c: ['b'] }, {}, { id: 'g' }));
  const worker = await start({}, db, { a: () => 1, b: () => 'two', c: () => null });
  await waitForGraph(db, 'g');
  await worker.stop();
});
evidence.after(() => db.close());

evidence.test('the path of a proof leads from each event to the root hash, step by step', async () => {
  const events = await rightOf(db.log.readAll({ after: null, limit: 100 }));
  assert.ok(events.length >= 7);
  for (const { id, position } of events) {
    const proof = await auditProve(db, { eventId: id });
    const path = proofPath(proof)!;
    assert.is(path.root, proof.treeHead.rootHash, position);
    assert.is(path.steps.length, proof.path.length);
    const last = path.steps.at(-1)!;
    assert.is(Math.max(last.own[1], last.beside[1]), proof.treeHead.size);
  }
  const proof = await auditProve(db, { eventId: events[2]!.id });
  assert.is(proofPath({ ...proof, path: proof.path.slice(1) }), null);
});

evidence.test('the events in a file are sound as they were written, and damaged when one was altered', async () => {
  const text = await exportText(db, { graphId: 'g' });
  const check = async (lines: string): Promise<Evidence> => {
    let found: Evidence | null = null;
    await incidentSource(gzipSync(lines).toString('base64')).check!((now) => (found = now));
    return found!;
  };
  assert.is((await check(text)).kind, 'sound');
  const altered = await check(text.replace('"two"', '"six"'));
  assert.match(altered.kind === 'damaged' ? altered.problem : '', /^line \d+ of the export/);
  const lines = text.trimEnd().split('\n');
  const short = await check(`${lines.slice(0, -1).join('\n')}\n`);
  assert.is(short.kind, 'damaged');
});
evidence.run();
