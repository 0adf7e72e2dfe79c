// takes: 20s
/** Schedules in every kind of store: who makes their runs, what operators may ask, and what can be told of them afterwards. */
import {
  abortGraph,
  backfillSchedule,
  explainGraph,
  graphInfo,
  graphs,
  importLog,
  install,
  jobGraph,
  type JobGraph,
  pauseSchedule,
  removeSchedule,
  resumeSchedule,
  schedule,
  schedules,
  setSchedule,
  start,
  type Store,
  store,
  triggerSchedule,
  verify,
  waitForGraph,
} from '../../src/index.js';
import type { RecordedEvent } from '../../src/domain/events.js';
import { runId, scheduleStream } from '../../src/domain/schedules.js';
import { advanceSchedule } from '../../src/store/advance-schedule.js';
import { KnownSchedule } from '../../src/store/known-schedule.js';
import { ScheduleClock } from '../../src/store/schedule-clock.js';
import { orThrow } from '../../src/store/or-throw.js';
import { eventually } from '../support/eventually.js';
import { refusal } from '../support/refusal.js';
import { assertSound } from '../support/sound.js';
import { assert, describe } from '../support/spec.js';
import { engines, exportText, freshStore, missingFor, temporaryFolder } from '../support/stores.js';
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';

const graph = jobGraph({ fetch: [], load: ['fetch'] }, { org: 1 });
const handlers = { fetch: () => 1, load: () => 2 };
const every = { ms: 1000 };
const hour = 3_600_000;

async function eventsOf(db: Store, name: string): Promise<readonly RecordedEvent[]> {
  return await orThrow(db.log.readStream(scheduleStream(name)));
}

async function firedBy(db: Store, name: string): Promise<readonly string[]> {
  return (await eventsOf(db, name)).flatMap((event) => (event.type === 'ScheduleFired' ? [event.data.graphId] : []));
}

async function refused(code: string, ask: () => unknown): Promise<string> {
  const [given, sentence] = await refusal(ask);
  assert.is(given, code);
  return sentence;
}

const ids = async (db: Store) => (await graphs(db)).items.map(({ id }) => id).sort();

/** What any number of workers do at once, by clocks that go right. */
const advance = async (db: Store, name: string, actor: string) => {
  const known = await KnownSchedule.load(db.log, name);
  return await advanceSchedule(db, known, { actor, clock: new ScheduleClock(db.environment) });
};

for (const engine of engines) {
  const spec = describe(`schedules on ${engine}`, { timeoutMs: 60_000 });
  const missing = missingFor(engine);
  const test: typeof spec.test = (title, body) =>
    missing === null ? spec.test(title, body) : spec.skip(title, missing);

  const withStore = (body: (db: Store) => Promise<void>) => async () => {
    const db = await freshStore(engine);
    try {
      await body(db);
    } finally {
      await db.close();
    }
  };

  test(
    'given several workers, then each instant has one run, and all is sound',
    withStore(async (db) => {
      const workers = [await start({}, db, handlers), await start({}, db, handlers), await start({}, db, handlers)];
      // It is heard of while they run.
      assert.is(await setSchedule(db, 'tick', { graph, every, overlap: 'allow' }, { by: 'ann' }), true);
      await eventually('four runs', async () => (await firedBy(db, 'tick')).length >= 4);
      await removeSchedule(db, 'tick');
      for (const graphId of await firedBy(db, 'tick')) {
        assert.is((await waitForGraph(db, graphId)).status, 'finished');
      }
      await Promise.all(workers.map((worker) => worker.stop()));
      const fired = await firedBy(db, 'tick');
      assert.equal(await ids(db), [...fired].sort());
      const times = fired.map((graphId) => Date.parse(graphId.slice('tick@'.length)));
      assert.equal(
        times,
        times.map((_, index) => times[0]! + 1000 * index),
        'one each second, in order',
      );
      await assertSound(db);
    }),
  );

  test(
    'given many who try at the same moment, then one decides, and one graph comes of it',
    withStore(async (db) => {
      await setSchedule(db, 'tick', { graph, every });
      await eventually('an instant is due', () => Date.now() % 1000 < 900);
      await eventually('it is decided', async () => {
        await Promise.all(Array.from({ length: 20 }, (_, n) => advance(db, 'tick', `worker-${n}`)));
        return (await firedBy(db, 'tick')).length > 0;
      });
      assert.equal(await ids(db), await firedBy(db, 'tick'));
      assert.is((await firedBy(db, 'tick')).length, 1, 'the others are skipped, as the first has not ended');
      await assertSound(db);
    }),
  );

  test(
    'given a run that was decided, and whose writer died, then another submits it, as it was set then',
    withStore(async (db) => {
      await setSchedule(db, 'tick', { graph, every: { ms: 24 * hour } });
      const instant = Date.now() - 10;
      const [set] = await eventsOf(db, 'tick');
      const ask = { instants: [new Date(instant).toISOString()], by: 'ann', reason: 'x' };
      const graphId = runId('tick', instant);
      const events = [
        { type: 'ScheduleTriggered', data: ask } as const,
        { type: 'ScheduleFired', data: { instant: ask.instants[0]!, kind: 'asked', graphId } } as const,
      ].map((event) => ({ id: db.environment.newId(), event, causationId: null, actor: 'died' }));
      await orThrow(db.log.append([{ ...scheduleStream('tick'), expectedRevision: set!.revision, events }]));
      await setSchedule(db, 'tick', { graph: jobGraph({ other: [] }), every: { ms: 24 * hour } });
      assert.is((await schedule(db, 'tick')).last?.status, null);
      const worker = await start({}, db, handlers);
      await eventually('it is submitted', async () => (await ids(db)).includes(graphId));
      const done = await waitForGraph(db, graphId);
      await worker.stop();
      assert.equal(
        [done.status, Object.keys(done.jobs).sort(), done.labels],
        ['finished', ['fetch', 'load'], { schedule: 'tick' }],
      );
      await assertSound(db);
    }),
  );

  test(
    'given runs that are asked for, then they begin at once or when the one before has ended, without any worker',
    withStore(async (db) => {
      await setSchedule(db, 'nightly', { graph, cron: '0 6 * * *', timezone: 'Europe/Oslo' });
      const first = await triggerSchedule(db, 'nightly', { by: 'ann' });
      const second = await triggerSchedule(db, 'nightly');
      assert.equal(await ids(db), [first]);
      assert.equal(
        (await schedule(db, 'nightly')).waiting.map((each) => runId('nightly', Date.parse(each))),
        [second],
      );
      const week = { from: new Date(Date.now() - 7 * 24 * hour).toISOString(), to: new Date().toISOString() };
      const past = await backfillSchedule(db, 'nightly', week);
      assert.is(past.length, 7);
      assert.equal(await backfillSchedule(db, 'nightly', week), [], 'all of them are asked for');
      const worker = await start({}, db, handlers);
      for (const graphId of [first, second, ...past]) {
        await eventually(`${graphId} is there`, async () => (await ids(db)).includes(graphId));
        assert.is((await waitForGraph(db, graphId)).status, 'finished');
      }
      await worker.stop();
      assert.equal(await firedBy(db, 'nightly'), [first, second, ...past]);
      assert.equal(await backfillSchedule(db, 'nightly', week), [], 'all of them are there');
      const { history, waiting } = await schedule(db, 'nightly', { limit: 3 });
      assert.equal(waiting, []);
      assert.equal(
        history.map(({ graphId, status, why }) => [graphId, status, why]),
        past
          .slice(-3)
          .reverse()
          .map((graphId) => [graphId, 'finished', 'asked']),
      );
      assert.equal((await explainGraph(db, first)).scheduled, {
        schedule: 'nightly',
        instant: first.slice('nightly@'.length),
      });
      await assertSound(db);
    }),
  );

  test(
    'given abort-earlier, then the run before is aborted with a reason; given buffer-one, one waits for its end',
    withStore(async (db) => {
      const stuck = jobGraph({ nobody: [] });
      await setSchedule(db, 'hard', { graph: stuck, every, overlap: 'abort-earlier' });
      await setSchedule(db, 'soft', { graph: stuck, every, overlap: 'buffer-one' });
      const worker = await start({}, db, handlers);
      await eventually('both have gone on', async () => {
        const skipped = (await eventsOf(db, 'soft')).some(({ type }) => type === 'ScheduleSkipped');
        return (await firedBy(db, 'hard')).length >= 2 && skipped;
      });
      const [first] = await firedBy(db, 'hard');
      const aborted = await waitForGraph(db, first!, { timeoutMs: 5000 });
      assert.equal([aborted.status, aborted.abort?.by], ['aborted', 'schedule hard']);
      assert.match(aborted.abort!.reason, /^hard@.* is due$/);
      await removeSchedule(db, 'hard');
      const [open] = await firedBy(db, 'soft');
      assert.is((await firedBy(db, 'soft')).length, 1);
      await abortGraph(db, open!);
      await eventually('what waited begins', async () => (await firedBy(db, 'soft')).length === 2);
      const [, waited] = (await eventsOf(db, 'soft')).filter(({ type }) => type === 'ScheduleFired');
      assert.is(waited?.type === 'ScheduleFired' && waited.data.kind, 'buffered');
      await removeSchedule(db, 'soft');
      await worker.stop();
      await assertSound(db);
    }),
  );

  test(
    'given a pause, then nothing is made; and what was known at a moment can be asked for',
    withStore(async (db) => {
      await setSchedule(db, 'tick', { graph, every }, { by: 'ann', reason: 'new' });
      const [set] = await eventsOf(db, 'tick');
      assert.is(await pauseSchedule(db, 'tick', { by: 'bob', reason: 'no data' }), true);
      assert.is(await pauseSchedule(db, 'tick'), false);
      const [held] = await schedules(db);
      assert.equal([held?.pause?.by, held?.pause?.reason, held?.next], ['bob', 'no data', []]);
      const [before] = await schedules(db, { asOf: set!.position });
      assert.equal([before?.pause, before?.next.length, before?.set.by], [null, 5, 'ann']);
      await eventually('an instant has passed', () => Date.now() > Date.parse(set!.recordedAt) + 1500);
      await advance(db, 'tick', 'w');
      assert.equal(await firedBy(db, 'tick'), []);
      await resumeSchedule(db, 'tick');
      const wait = await advance(db, 'tick', 'w');
      assert.ok(wait.until !== null && wait.until > Date.now() - 1000);
      await removeSchedule(db, 'tick');
      assert.equal(await schedules(db), []);
      await refused('schedule-not-found', () => schedule(db, 'tick'));
      assert.is((await schedule(db, 'tick', { asOf: set!.position })).name, 'tick');
      await assertSound(db);
    }),
  );

  test(
    'given an export, then it can be looked at and imported, and goes on in the other store',
    withStore(async (db) => {
      await setSchedule(db, 'nightly', { graph, cron: '@daily', overlap: 'allow' });
      const first = await triggerSchedule(db, 'nightly');
      const file = join(temporaryFolder(), 'all.jsonl');
      writeFileSync(file, await exportText(db));
      const source = await store(file);
      assert.equal(
        (await schedules(source)).map(({ name, last }) => [name, last?.graphId]),
        [['nightly', first]],
      );
      assert.equal((await verify(source)).problems, []);
      const other = await store('memory:');
      await install(other);
      await importLog(other, source);
      assert.is(await setSchedule(other, 'nightly', { graph, cron: '@daily', overlap: 'allow' }), false);
      const second = await triggerSchedule(other, 'nightly');
      assert.equal(await ids(other), [first, second]);
      await assertSound(other);
      await Promise.all([other.close(), source.close()]);
    }),
  );

  test(
    'given many decisions, then a snapshot spares reading them, and says the same',
    withStore(async (db) => {
      await setSchedule(db, 'tick', { graph, every, overlap: 'allow' });
      const [set] = await eventsOf(db, 'tick');
      const base = Math.ceil(Date.parse(set!.recordedAt) / 1000) * 1000 - 1000 * hour;
      const events = Array.from({ length: 600 }, (_, n) => {
        const instant = new Date(base + 1000 * n).toISOString();
        const event = { type: 'ScheduleTriggered', data: { instants: [instant], by: 'x', reason: '' } } as const;
        return { id: db.environment.newId(), event, causationId: null, actor: 'x' };
      });
      await orThrow(db.log.append([{ ...scheduleStream('tick'), expectedRevision: 0, events }]));
      const whole = await KnownSchedule.load(db.log, 'tick');
      await whole.saveSnapshot();
      let from: number | undefined;
      const log = {
        ...db.log,
        readStream: (stream: never, range: { from?: number; to?: number }) => {
          if (range.to === undefined) from = range.from;
          return db.log.readStream(stream, range);
        },
      };
      const short = await KnownSchedule.load(log, 'tick');
      assert.is(from, 601);
      assert.equal(short.state, whole.state);
      const early = await KnownSchedule.load(db.log, 'tick', set!.position);
      assert.is(early.state.revision, 0);
    }),
  );

  const specification = { graph, every };
  const slips: readonly (readonly [title: string, name: string, given: object, sentence: RegExp])[] = [
    ['no time', 'x', { graph }, /^nothing says when the schedule is due; give either a cron line or a period$/],
    ['two times', 'x', { graph, every, cron: '@daily' }, /^two things say when the schedule is due/],
    [
      'a period of 0',
      'x',
      { graph, every: { ms: 0 } },
      /^every\.ms is 0; give a whole number of milliseconds, from 1000/,
    ],
    ['a period of no whole seconds', 'x', { graph, every: { ms: 1500 } }, /^every\.ms is 1500; give whole seconds$/],
    ['a period that is none', 'x', { graph, every: 5 }, /^every\.ms is missing/],
    ['a zone without a line', 'x', { graph, every, timezone: 'UTC' }, /^a period has no time zone/],
    ['a line that is never due', 'x', { graph, cron: '0 0 30 2 *' }, /is never due$/],
    ['an unknown zone', 'x', { graph, cron: '@daily', timezone: 'Europe/Olso' }, /did you mean Europe\/Oslo\?$/],
    ['a catch-up of 0', 'x', { ...specification, catchUpMs: 0 }, /^catchUpMs is 0/],
    ['a name with an @', 'a@b', specification, /^name of a schedule "a@b" has an @/],
    ['a name with a slash', 'a/b', specification, /has a slash/],
    ['a name that is too long', 'n'.repeat(176), specification, /is 176 bytes long; the limit is 175$/],
    [
      'a label of its own',
      'x',
      { every, graph: { ...graph, labels: { schedule: 'y' } } },
      /^the graph has a label schedule/,
    ],
    [
      'a graph that is too large',
      'x',
      { every, graph: large() },
      /takes 6\d\d,\d{3} bytes as JSON; the limit is 524,288/,
    ],
  ];

  for (const [title, name, given, sentence] of engine === 'memory' ? slips : []) {
    test(
      `given ${title}, then one sentence says so, and nothing is written`,
      withStore(async (db) => {
        const said = await refused('schedule-invalid', () => setSchedule(db, name, given as never));
        assert.match(said, sentence);
        assert.equal(await orThrow(db.log.readAll({ limit: 1 })), []);
      }),
    );
  }

  test(
    'given a graph that cannot be submitted, or a name that is not there, then it is refused as elsewhere',
    withStore(async (db) => {
      const cycle = { ...graph, jobs: { ...graph.jobs, fetch: { ...graph.jobs['fetch']!, parents: ['load'] } } };
      await refused('graph-invalid', () => setSchedule(db, 'x', { graph: cycle, every }));
      await setSchedule(db, 'nightly', { graph, every });
      const said = await refused('schedule-not-found', () => removeSchedule(db, 'nigthly'));
      assert.match(said, /did you mean nightly\?$/);
      await refused('not-paused', () => resumeSchedule(db, 'nightly'));
      await refused('schedule-invalid', () => backfillSchedule(db, 'nightly', { from: 'x', to: 'y' }));
      const years = { from: '2020-01-01T00:00:00Z', to: '2026-01-01T00:00:00Z' };
      assert.match(
        await refused('schedule-invalid', () => backfillSchedule(db, 'nightly', years)),
        /more than 1,000 times/,
      );
      await refused('graph-not-found', () => graphInfo(db, 'nightly'));
    }),
  );

  spec.run();
}

function large(): JobGraph {
  const args = { text: 'x'.repeat(200_000) };
  const jobs = Object.fromEntries(['a', 'b', 'c'].map((id) => [id, { type: id, args: { ...args, id } }]));
  return jobGraph({ jobs: { ...jobs } });
}
