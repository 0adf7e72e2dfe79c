// takes: 60s
// time-limit: 300s
/**
 * Release 0.1.0 itself beside this one, as while workers are upgraded one after another: it runs what it knows, leaves alone what
 * is beyond it, and each reads what the other wrote.
 */
import { join } from 'node:path';
import {
  defer,
  finishJob,
  type FullGraph,
  type GraphInfo,
  graphInfo,
  type GraphOptions,
  type Handlers,
  history,
  install,
  type JobInfo,
  jobGraph,
  limit,
  pause,
  type RecordedEvent,
  removeSchedule,
  resume,
  retryGraph,
  schedule,
  setLimit,
  setSchedule,
  skip,
  start,
  store,
  type Store,
  transactGraph,
  triggerSchedule,
  verify,
  waitForGraph,
} from '../../src/index.js';
import { eventually } from '../support/eventually.js';
import { assert, describe } from '../support/spec.js';
import { freshPlace, missingFor, type Place, sqliteAddress, temporaryFolder } from '../support/stores.js';
import { buildRelease, commitOf, EarlierRelease } from './earlier-release.js';

const release = '0.1.0';
const commit = commitOf(release);
const missing = commit === null ? `the history of this repository, in which release ${release} is built from` : null;
let folder: string | null = null;
/** Built once, for whichever suite comes first. */
const built = () => (folder ??= buildRelease(commit!));

const opened: { close(): Promise<void> }[] = [];

async function openOld(place: Place): Promise<EarlierRelease> {
  const old = EarlierRelease.start(built(), place);
  opened.push(old);
  await old.call('open');
  return old;
}

async function openNew({ address, namespace }: Place): Promise<Store> {
  const db = await store(address, { namespace });
  opened.push(db);
  await install(db);
  return db;
}

async function closeAll(): Promise<void> {
  for (const one of opened.splice(0).reverse()) await one.close();
}

/** Graphs that hold nothing that release 0.1.0 does not know, or only fields that it passes over. */
const plain: Readonly<Record<string, FullGraph>> = {
  chain: {
    jobs: { a: { type: 'plain' }, b: { type: 'plain', after: ['a'] }, c: { type: 'flaky', after: ['a', 'b'] } },
  },
  remembered: { jobs: { a: { type: 'plain', memoize: { key: 'the answer' }, timeoutMs: 60_000 } } },
};

/** A graph that is beyond 0.1.0 from its submission on, for each thing that a graph may say. */
const beyond: Readonly<Record<string, { readonly graph: FullGraph; readonly options?: GraphOptions }>> = {
  rule: { graph: { jobs: { a: { type: 'plain' }, tidy: { type: 'plain', after: ['a'], when: 'all-ended' } } } },
  optional: { graph: { jobs: { a: { type: 'plain' }, b: { type: 'plain', after: [{ job: 'a', optional: true }] } } } },
  growing: { graph: { jobs: { a: { type: 'plain' }, total: { type: 'plain', after: ['a/*'] } } } },
  external: { graph: { jobs: { a: { type: 'plain', external: true }, b: { type: 'plain', after: ['a'] } } } },
  delayed: { graph: { jobs: { a: { type: 'plain', delayMs: 1 } } } },
  timed: { graph: { jobs: { a: { type: 'plain', scheduleToStartMs: 3_600_000, scheduleToCloseMs: 3_600_000 } } } },
  keyed: { graph: { jobs: { a: { type: 'plain', limits: ['k'] }, b: { type: 'plain', limits: ['k'] } } } },
  started: { graph: { jobs: { a: { type: 'plain' } } }, options: { startAfter: '2026-01-01T00:00:00Z' } },
  deadline: { graph: { jobs: { a: { type: 'plain' } } }, options: { deadlineMs: 3_600_000 } },
};

/** Graphs that 0.1.0 knows at first: what this release's worker makes of their first job is beyond it. */
const becoming = ['spawns', 'skips', 'defers'] as const;

const handlers: Handlers = {
  plain: ({ type }) => type,
  flaky: ({ type }) => type,
  broken: () => 'mended',
  ...Object.fromEntries(
    ['before', 'live'].flatMap(
      (phase) =>
        [
          [`spawns-${phase}`, (job) => job.spawn({ x: { type: 'plain' }, y: { type: 'plain', after: ['x'] } })],
          [`skips-${phase}`, () => skip('nothing to do')],
          [`defers-${phase}`, ({ attempt }) => (attempt > 1 ? 'now' : defer('too early', { delayMs: 1000 }))],
        ] satisfies [string, Handlers[string]][],
    ),
  ),
};

async function submit(db: Store, id: string, graph: FullGraph, options: GraphOptions = {}): Promise<string> {
  return (await transactGraph(db, jobGraph(graph, {}, { id, ...options }))).graphId;
}

/** Submits everything that is beyond 0.1.0, and has this release's worker begin what only becomes so. */
async function submitBeyond(db: Store, phase: 'before' | 'live'): Promise<readonly string[]> {
  const submitted: string[] = [];
  for (const [name, { graph, options }] of Object.entries(beyond)) {
    submitted.push(await submit(db, `${name}-${phase}`, graph, options));
  }
  const types = becoming.map((name) => `${name}-${phase}`);
  const worker = await start({}, db, Object.fromEntries(types.map((type) => [type, handlers[type]!])));
  for (const type of types) {
    submitted.push(await submit(db, type, { jobs: { first: { type }, second: { type: 'plain', after: ['first'] } } }));
    await eventually(`${type} has been run`, async () => hasTried((await graphInfo(db, type)).jobs['first']!), 20_000);
  }
  await worker.stop();
  return submitted;
}

const hasTried = ({ attempt, status }: JobInfo) => attempt > 0 && status !== 'started';

async function eventsOf(db: Store, graphId: string): Promise<readonly RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for await (const event of history(db, graphId)) events.push(event);
  return events;
}

/** Who has started jobs of a graph, by process. */
async function startersOf(db: Store, graphId: string): Promise<readonly number[]> {
  const events = await eventsOf(db, graphId);
  return events.flatMap((event) => (event.type === 'JobStarted' ? [event.data.worker.pid] : []));
}

/** Has this release do all that is left, and answers what waits for an answer. */
async function finishAll(db: Store, graphIds: readonly string[]): Promise<void> {
  const worker = await start({ concurrency: 4 }, db, handlers);
  for (const id of graphIds) {
    if (id.startsWith('external')) await finishJob(db, id, 'a', 'as expected');
    assert.is((await waitForGraph(db, id)).status, 'finished', id);
  }
  await worker.stop();
}

const allTypes = ['plain', 'flaky', 'broken', ...becoming.map((name) => `${name}-before`)];

const beside = describe(`release ${release} beside this one, on EventStoreDB`, {
  timeoutMs: 240_000,
  missing: missing ?? missingFor('eventstoredb'),
});

beside.afterEach(closeAll);

beside.test(
  'given graphs of both kinds, then a worker of it runs those that it knows, and leaves the others alone',
  async () => {
    const place = freshPlace('eventstoredb');
    const [old, db] = [await openOld(place), await openNew(place)];
    const others = [...(await submitBeyond(db, 'before'))];
    await setLimit(db, 'k', { concurrency: 1, rate: { starts: 2, windowMs: 1000 } });
    const paused = await submit(db, 'paused', { jobs: { a: { type: 'plain' } } });
    await pause(db, { graphId: paused });
    await setSchedule(db, 'asked', { graph: jobGraph({ plain: [] }), cron: '@yearly' });
    for (const [name, graph] of Object.entries(plain)) await submit(db, `${name}-before`, graph);
    const written = new Map<string, number>();
    for (const id of [...others, paused]) written.set(id, (await eventsOf(db, id)).length);

    await old.call('work', allTypes);
    for (const name of Object.keys(plain)) assert.is(await old.call('ended', `${name}-before`), 'finished');
    others.push(...(await submitBeyond(db, 'live')));
    await setSchedule(db, 'often', { graph: jobGraph({ plain: [] }), every: { ms: 1000 } });
    const asked = await triggerSchedule(db, 'asked');
    for (const [name, graph] of Object.entries(plain)) await submit(db, `${name}-live`, graph);
    const known = [...Object.keys(plain).flatMap((name) => [`${name}-before`, `${name}-live`]), asked];
    for (const id of known) assert.is(await old.call('ended', id), 'finished', id);
    const said = await old.call<readonly string[]>('stop');
    assert.equal(
      said.filter((line) => line.startsWith('error')),
      [],
    );
    for (const id of known) {
      const starters = await startersOf(db, id);
      assert.ok(starters.length > 0 && starters.every((pid) => pid === old.pid), id);
    }
    const [first] = (await eventsOf(db, known[0]!)).filter(({ type }) => type === 'JobStarted');
    for (const id of [...others, paused]) {
      const byOld = (await eventsOf(db, id)).filter(({ actor }) => actor === first!.actor);
      assert.equal(byOld, [], id);
    }
    for (const [id, count] of written) assert.is((await eventsOf(db, id)).length, count, id);
    assert.equal((await schedule(db, 'often')).history, []);
    await assert.rejects(old.call('explain', 'rule-before', 'a'), /there is no graph "rule-before"/);
    const { unreadable } = await old.call<{ unreadable: string }>('explain', 'spawns-live', 'second');
    assert.match(unreadable, 'JobsSpawned');

    await removeSchedule(db, 'often');
    await resume(db, { graphId: paused });
    await finishAll(db, [...others, paused]);
    assert.equal((await limit(db, 'k')).units, 0);
    assert.equal((await verify(db)).problems, []);
  },
);

beside.test('given workers of both at the same graphs, then each job is finished once, by one of them', async () => {
  const place = freshPlace('eventstoredb');
  const [old, db] = [await openOld(place), await openNew(place)];
  await old.call('work', allTypes);
  const worker = await start({ concurrency: 4 }, db, handlers);
  const ids = Array.from({ length: 20 }, (_, index) => `shared-${index}`);
  for (const id of ids) await submit(db, id, plain['chain']!);
  for (const id of ids) assert.is((await waitForGraph(db, id)).status, 'finished', id);
  assert.equal(
    (await old.call<readonly string[]>('stop')).filter((line) => line.startsWith('error')),
    [],
  );
  await worker.stop();
  const starters = new Set<number>();
  for (const id of ids) {
    const finished = (await eventsOf(db, id)).filter(({ type }) => type === 'JobFinished').map(({ jobId }) => jobId);
    assert.equal(finished.sort(), ['a', 'b', 'c'], id);
    for (const pid of await startersOf(db, id)) starters.add(pid);
  }
  assert.equal([...starters].sort(), [process.pid, old.pid].sort());
  assert.equal((await verify(db)).problems, []);
});

beside.test('given graphs that it wrote, then this release reads them as it does, and goes on with them', async () => {
  const place = freshPlace('eventstoredb');
  await assertGoesOn(await openOld(place), place);
});

beside.run();

const onFile = describe(`release ${release} before this one, on one SQLite file`, { timeoutMs: 240_000, missing });

onFile.afterEach(closeAll);

onFile.test('given graphs that it wrote, then this release reads them as it does, and goes on with them', async () => {
  const place = { address: sqliteAddress(join(temporaryFolder(), 'overseer.db')), namespace: 'overseer' };
  await assertGoesOn(await openOld(place), place);
});

onFile.test('given a file that this release has opened, then it is refused there with what to do', async () => {
  const place = { address: sqliteAddress(join(temporaryFolder(), 'overseer.db')), namespace: 'overseer' };
  await openNew(place);
  await assert.rejects(openOld(place), /format 3/);
});

onFile.run();

/** Of a release: what it knows of its graphs, in the words of this one. */
async function assertGoesOn(old: EarlierRelease, place: Place): Promise<void> {
  const broken: FullGraph = {
    jobs: { a: { type: 'plain' }, b: { type: 'broken', after: ['a'] }, c: { type: 'plain', after: ['b'] } },
  };
  await old.call('submit', plain['chain'], { id: 'chain' });
  await old.call('submit', broken, { id: 'broken' });
  await old.call('submit', { jobs: { a: { type: 'nobody has this' } } }, { id: 'waiting' });
  await old.call('work', allTypes);
  assert.equal([await old.call('ended', 'chain'), await old.call('ended', 'broken')], ['finished', 'failed']);
  await old.call('stop');
  const then = new Map<string, GraphInfo>();
  for (const id of ['chain', 'broken', 'waiting']) then.set(id, await old.call('graphInfo', id));
  assert.equal(await old.call('problems'), []);

  const db = await openNew(place);
  for (const [id, was] of then) {
    const is = await graphInfo(db, id);
    assert.equal(factsOf(is), factsOf(was), id);
  }
  assert.equal((await verify(db)).problems, []);
  await retryGraph(db, 'broken');
  await finishAll(db, ['broken']);
  assert.equal((await verify(db)).problems, []);
}

function factsOf({ status, jobs }: GraphInfo) {
  const facts = Object.values(jobs).map(({ id, derivedStatus, attempt, result, failure }) => {
    return { id, derivedStatus, attempt, result, failure: failure?.message ?? null };
  });
  return { status, facts };
}
