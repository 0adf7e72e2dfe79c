/** Projections of one's own, in every kind of store. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  abortGraph,
  compareProjections,
  defineProjection,
  history,
  jobGraph,
  type OverseerError,
  type Position,
  project,
  projected,
  type Projection,
  type ProjectionDefinition,
  type ProjectOptions,
  type RecordedEvent,
  start,
  type Store,
  transactGraph,
  waitForGraph,
} from '../../src/index.js';
import { eventually } from '../support/eventually.js';
import { assert, describe } from '../support/spec.js';
import { engines, freshStore, missingFor } from '../support/stores.js';

/** Counts events by type. */
const countTypes = (state: Readonly<Record<string, number>>, { type }: RecordedEvent) => ({
  ...state,
  [type]: (state[type] ?? 0) + 1,
});
const counts = defineProjection<Record<string, number>>({ name: 'counts', initial: {}, evolve: countTypes });

/** How many jobs have finished. */
const finishedDefinition: ProjectionDefinition<number> = {
  name: 'finished',
  initial: 0,
  evolve: (count, event) => (event.type === 'JobFinished' ? count + 1 : count),
};
const finished = defineProjection(finishedDefinition);

async function runGraph(db: Store, id: string, jobs = 3): Promise<void> {
  const types = Object.fromEntries(Array.from({ length: jobs }, (_, n) => [`t${n}`, n === 0 ? [] : [`t${n - 1}`]]));
  await transactGraph(db, jobGraph(types, {}, { id }));
  const handlers = Object.fromEntries(Object.keys(types).map((type) => [type, () => type]));
  const worker = await start({}, db, handlers);
  await waitForGraph(db, id);
  await worker.stop();
}

async function eventsOf(db: Store, graphId: string): Promise<RecordedEvent[]> {
  const events = [];
  for await (const event of history(db, graphId)) events.push(event);
  return events;
}

/** Runs a projection to the end of the log, and gives what was told of on the way. */
async function told(db: Store, projection: Projection<number>, options: ProjectOptions<number> = {}) {
  const changes: string[] = [];
  await project(db, projection, {
    until: 'caughtUp',
    ...options,
    onChange: ({ before, state, event }) => void changes.push(`${before}→${state} ${event.graphId}/${event.jobId}`),
  });
  return changes;
}

for (const engine of engines) {
  const spec = describe(`projections of one’s own on ${engine}`, { timeoutMs: 60_000, missing: missingFor(engine) });

  spec.test('the state follows from the log, goes on where it stopped, and is told as of any position', async () => {
    const db = await freshStore(engine);
    assert.equal(await project(db, counts, { until: 'caughtUp' }), { state: {}, position: null });
    await runGraph(db, 'a');
    const first = await project(db, counts, { until: 'caughtUp' });
    assert.equal(first.state, { GraphSubmitted: 1, JobStarted: 3, JobFinished: 3 });
    await runGraph(db, 'b');
    let seen = 0;
    const counting = {
      ...counts,
      evolve: (state: Record<string, number>, event: RecordedEvent) => (seen++, countTypes(state, event)),
    };
    const second = await project(db, counting, { until: 'caughtUp' });
    assert.equal([seen, second.state], [7, { GraphSubmitted: 2, JobStarted: 6, JobFinished: 6 }]);
    assert.equal(await projected(db, counts), second);
    assert.equal(await projected(db, counts, { asOf: first.position! }), first);
    const [submitted] = await eventsOf(db, 'a');
    assert.equal((await projected(db, counts, { asOf: submitted!.position })).state, { GraphSubmitted: 1 });
    await db.close();
  });

  spec.test('every change is told once, in log order, and again only what was not handled', async () => {
    const db = await freshStore(engine);
    await runGraph(db, 'a');
    const heard: number[] = [];
    const breakAt = (n: number) =>
      project(db, finished, {
        until: 'caughtUp',
        onChange: async ({ state }) => {
          heard.push(state);
          await Promise.resolve();
          if (state === n) throw new RangeError('the mail server is down');
        },
      });
    await assert.rejects(breakAt(2), (error) => error instanceof RangeError);
    await assert.rejects(breakAt(3), (error) => error instanceof RangeError);
    await breakAt(0);
    assert.equal(heard, [1, 2, 2, 3, 3]);
    assert.equal(await told(db, finished), []);
    await runGraph(db, 'b', 1);
    assert.equal(await told(db, finished), ['3→4 b/t0']);
    await db.close();
  });

  spec.test('it follows what comes, until the signal aborts', async () => {
    const db = await freshStore(engine);
    await runGraph(db, 'a', 1);
    const stop = new AbortController();
    const states: number[] = [];
    const changes: number[] = [];
    const done = project(db, finished, {
      signal: stop.signal,
      onState: ({ state }) => states.push(state),
      onChange: ({ state }) => changes.push(state),
    });
    await eventually('it has caught up', () => states.length > 0);
    await runGraph(db, 'b', 2);
    await eventually('it has heard', () => changes.length === 3);
    stop.abort();
    const { state, position } = await done;
    assert.equal([state, changes, states[0], states.at(-1)], [3, [1, 2, 3], 1, 3]);
    assert.ok(position !== null);
    assert.equal(await told(db, finished), []);
    await db.close();
  });

  spec.test('a rebuilt or changed projection is computed anew, and tells nothing a second time', async () => {
    const db = await freshStore(engine);
    await runGraph(db, 'a');
    assert.is((await told(db, finished)).length, 3);
    const doubled = {
      ...finished,
      evolve: (state: number, event: RecordedEvent) =>
        finished.evolve(state, event) + (event.type === 'JobFinished' ? 1 : 0),
    };
    assert.equal(await told(db, doubled, { rebuild: true }), []);
    await runGraph(db, 'b', 1);
    assert.equal(await told(db, doubled), ['6→8 b/t0'], 'the state that was computed anew was kept');
    const other = { ...finished, version: 2 };
    assert.equal(await told(db, other), []);
    await runGraph(db, 'c', 1);
    assert.equal(await told(db, other), ['4→5 c/t0']);
    await db.close();
  });

  spec.test('what stood there before the first run is told only if wanted', async () => {
    const db = await freshStore(engine);
    await runGraph(db, 'a');
    await abortGraph(db, 'a').catch(() => {});
    assert.equal(await told(db, finished, { from: 'now' }), []);
    await runGraph(db, 'b', 1);
    assert.equal(await told(db, finished, { from: 'now' }), ['3→4 b/t0']);
    await db.close();
  });

  spec.test('looking at a projection takes nothing from a worker that it drives', async () => {
    const db = await freshStore(engine);
    await runGraph(db, 'a', 2);
    assert.is((await project(db, finished, { until: 'caughtUp' })).state, 2);
    assert.is((await told(db, finished)).length, 2);
    await db.close();
  });

  spec.test('it is shown only what its filter lets through', async () => {
    const db = await freshStore(engine);
    await runGraph(db, 'a', 2);
    await runGraph(db, 'b', 3);
    const some = defineProjection({
      ...finishedDefinition,
      name: 'some',
      evolve: (count) => count + 1,
      filter: { types: ['JobFinished'], graphId: 'b' },
    });
    assert.is((await project(db, some, { until: 'caughtUp' })).state, 3);
    await runGraph(db, 'c', 3);
    assert.is((await project(db, some, { until: 'caughtUp' })).state, 3);
    await db.close();
  });
  spec.run();
}

const spec = describe('projections of one’s own', { timeoutMs: 60_000 });

spec.test(
  'a process that is killed between an effect and its checkpoint repeats the effect, and loses none',
  async () => {
    const db = await freshStore('sqlite');
    await runGraph(db, 'a', 5);
    const file = join(db.address.replace(/^sqlite:/, '').replace(/\?.*$/, ''), '../effects');
    const run = async (dieAt: number) => {
      const program = join(import.meta.dirname, 'own-worker.ts');
      const child = spawn(process.execPath, ['--import', 'tsx', program, db.address, file, String(dieAt)], {
        stdio: 'inherit',
      });
      return ((await once(child, 'close')) as [number | null, string | null])[1];
    };
    assert.is(await run(3), 'SIGKILL');
    assert.is(await run(0), null);
    const effects = readFileSync(file, 'utf8').trimEnd().split('\n');
    const inOrder = (await eventsOf(db, 'a'))
      .filter(({ type }) => type === 'JobFinished')
      .map(({ id }, n) => `${n + 1} ${id}`);
    assert.equal(effects.slice(0, 3), inOrder.slice(0, 3));
    assert.equal(effects.slice(3), inOrder.slice(0, 5), 'all of the batch that was cut off, and the rest');
    assert.is(await run(0), null);
    assert.is(readFileSync(file, 'utf8').trimEnd().split('\n').length, effects.length);
    await db.close();
  },
);

spec.test('a long log is read in parts, and its state kept on the way', async () => {
  const db = await freshStore('memory');
  await transactGraph(
    db,
    jobGraph(
      { jobs: Object.fromEntries(Array.from({ length: 1500 }, (_, n) => [`j${n}`, { type: 't' }])) },
      {},
      { id: 'g' },
    ),
  );
  const worker = await start({ concurrency: 100 }, db, { t: () => null });
  await waitForGraph(db, 'g');
  await worker.stop();
  assert.is((await project(db, finished, { until: 'caughtUp' })).state, 1500);
  const changes = await told(db, finished);
  assert.equal(
    [changes.length, changes[0], changes.at(-1)?.split(' ')[0]],
    [1500, changes.find((each) => each.startsWith('0→1 ')), '1499→1500'],
  );
  await db.close();
});

const failing = async (db: Store, projection: Projection<number>) =>
  await project(db, projection, { until: 'caughtUp' }).then(
    () => assert.unreachable('it has to fail'),
    (thrown: unknown) => thrown as OverseerError,
  );

spec.test('an evolve that throws, returns nothing, or changes its argument is told by name and event', async () => {
  const db = await freshStore('memory');
  await runGraph(db, 'a', 1);
  const [submitted] = await eventsOf(db, 'a');
  const at = `on the GraphSubmitted at @${submitted!.position} (graph a)`;
  const thrown = await failing(
    db,
    defineProjection({
      name: 'x',
      initial: 0,
      evolve: () => {
        throw new TypeError('oh');
      },
    }),
  );
  assert.equal([thrown!.code, thrown!.message], ['projection-failed', `projection "x" threw ${at}: TypeError: oh`]);
  const nothing = await failing(
    db,
    defineProjection<number>({ name: 'x', initial: 0, evolve: () => undefined as never }),
  );
  assert.is(nothing!.message, `projection "x" returned nothing ${at}: evolve must return the state`);
  const mutating = defineProjection({ name: 'x', initial: { n: 0 }, evolve: (state) => ((state.n += 1), state) });
  assert.match(
    (await failing(db, mutating as never))!.message,
    /^projection "x" threw on .*: TypeError: Cannot assign to read only/,
  );
  const noJson = defineProjection<unknown>({ name: 'x', initial: {}, evolve: () => ({ at: new Map() }) });
  const refused = await failing(db, noJson as never);
  assert.equal(
    [refused!.code, refused!.message.slice(0, 43)],
    ['projection-invalid', 'the state of projection "x".at is a Map, wh'],
  );
  await db.close();
});

spec.test('a definition that is none is refused, saying why', () => {
  const evolve = (state: unknown) => state;
  const wrong: readonly (readonly [definition: unknown, message: RegExp])[] = [
    [null, /^a projection is an object with name, initial, and recipe or evolve$/],
    [{ initial: 0, evolve }, /^a projection cannot be named undefined; use up to 100 letters, digits and dashes$/],
    [{ name: 'a.b', initial: 0, evolve }, /^a projection cannot be named "a\.b"/],
    [{ name: 'a', evolve }, /^the initial state of projection "a" is missing$/],
    [{ name: 'a', initial: 1n, evolve }, /^the initial state of projection "a" is a BigInt/i],
    [{ name: 'a', initial: {}, evolve, recipe: evolve }, /^projection "a" has both recipe and evolve; give only one$/],
    [{ name: 'a', initial: 0, recipe: evolve }, /^the initial state of projection "a" must be an object or a list/],
    [
      { name: 'a', initial: 0 },
      /^projection "a" has no function; give recipe\(draft, event\) or evolve\(state, event\)$/,
    ],
    [{ name: 'a', initial: 0, evolve, version: 0 }, /^the version of projection "a" is 0; give a whole number from 1$/],
    [
      { name: 'a', initial: 0, evolve, filter: 'x' },
      /^the filter of projection "a" is not an object of types and graphId$/,
    ],
    [
      { name: 'a', initial: 0, evolve, filter: { types: ['JobDone'] } },
      /^the filter of projection "a" names "JobDone", which is not a type of event; there are GraphSubmitted, /,
    ],
    [{ name: 'a', initial: 0, evolve, types: [] }, /^projection "a" has no field "types"; there are name, version/],
  ];
  for (const [definition, message] of wrong) {
    assert.throws(
      () => defineProjection(definition as never),
      (error: unknown) => {
        const { code, message: said } = error as OverseerError;
        return code === 'projection-invalid' && message.test(said);
      },
    );
  }
});

/** The jobs of each graph by how they ended, with the event that says so. */
interface Endings {
  readonly [graphId: string]: { readonly jobs: readonly string[]; readonly last: RecordedEvent['data'] };
}
const endings = defineProjection<Endings>({
  name: 'endings',
  initial: {},
  recipe: (draft, event) => {
    if (event.type !== 'JobFinished') return;
    const graph = (draft[event.graphId] ??= { jobs: [], last: event.data });
    graph.jobs.push(event.jobId!);
    graph.last = event.data;
  },
});

spec.test('a recipe changes a draft: states are new, frozen values, and nothing happens to the events', async () => {
  const db = await freshStore('memory');
  await runGraph(db, 'a', 2);
  const events = await eventsOf(db, 'a');
  const long = {
    ...events[0]!,
    type: 'JobFinished',
    data: { attempt: 1, result: { deep: [{ n: 1 }] } },
  } as RecordedEvent;
  const before = endings.evolve({}, events[0]!);
  assert.equal(before, {}, 'an event that changes nothing gives the same state');
  assert.is(endings.evolve(before, events[0]!), before);
  const state = endings.evolve(before, long);
  assert.equal([before, state['a']!.last], [{}, long.data]);
  assert.ok(Object.isFrozen(state['a']!.jobs) && Object.isFrozen((state['a']!.last as { result: object }).result));
  assert.not(Object.isFrozen(long.data) || Object.isFrozen((long.data as { result: object }).result));
  const meddling = defineProjection<{ last: unknown[] }>({
    name: 'meddling',
    initial: { last: [] },
    recipe: (draft, { data }) => {
      draft.last = [data];
      (data as { attempt: number }).attempt = 7;
    },
  });
  assert.equal(meddling.evolve(meddling.initial, long), { last: [{ attempt: 7, result: { deep: [{ n: 1 }] } }] });
  assert.is((long.data as { attempt: number }).attempt, 1);
  await db.close();
});

spec.test('the state of a recipe is kept, rebuilt and told of like any other', async () => {
  const db = await freshStore('sqlite');
  await runGraph(db, 'a', 2);
  const first = await project(db, endings, { until: 'caughtUp' });
  assert.equal(first.state['a']!.jobs, ['t0', 't1']);
  await runGraph(db, 'b', 1);
  const told: string[] = [];
  const second = await project(db, endings, {
    until: 'caughtUp',
    onChange: ({ before, state }) => void told.push(`${Object.keys(before).join()}→${Object.keys(state).join()}`),
  });
  assert.equal(told, ['→a', 'a→a', 'a→a,b']);
  assert.equal(await project(db, endings, { until: 'caughtUp' }), second);
  assert.equal(await project(db, endings, { until: 'caughtUp', rebuild: true }), second);
  assert.equal(await projected(db, endings, { asOf: first.position! }), first);
  const lastOnly = {
    ...endings,
    evolve: (state: Endings, event: RecordedEvent) => endings.evolve(state['a'] ? {} : state, event),
  };
  const { differences } = await compareProjections(db, endings, lastOnly, { graphId: 'a' });
  assert.equal(differences, [{ op: 'replace', path: '/a/jobs', value: ['t1'], before: ['t0', 't1'] }]);
  await db.close();
});

spec.test('a recipe that throws or returns something is told by name and event', async () => {
  const db = await freshStore('memory');
  await runGraph(db, 'a', 1);
  const wrong = (recipe: (draft: { n: number }) => unknown) =>
    failing(db, defineProjection({ name: 'x', initial: { n: 0 }, recipe }) as never);
  const returned = await wrong((draft) => (draft.n += 1));
  const why = 'TypeError: its recipe returned a value; a recipe changes the draft and returns nothing';
  assert.equal(
    [returned!.code, returned!.message.replace(/@\d+/, '@N')],
    ['projection-failed', `projection "x" threw on the GraphSubmitted at @N (graph a): ${why}`],
  );
  const thrown = await wrong(() => {
    throw new RangeError('too far');
  });
  assert.match(thrown!.message, /: RangeError: too far$/);
  assert.match((await wrong(async (draft) => void (await Promise.resolve(draft))))!.message, /recipe returned a value/);
  await db.close();
});

spec.test('a kept state that is damaged is computed anew', async () => {
  const db = await freshStore('memory');
  await runGraph(db, 'a', 2);
  const { position } = (await project(db, finished, { until: 'caughtUp' })) as { position: Position };
  const bytes = Buffer.from('no JSON');
  await db.log.saveSnapshot('projection.finished', { position, bytes })();
  assert.is((await project(db, finished, { until: 'caughtUp' })).state, 2);
  assert.is((await projected(db, finished)).state, 2);
  await db.close();
});
spec.run();
