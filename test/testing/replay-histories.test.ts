/** Recorded histories, replayed: green while handlers and projections give what was recorded, and red otherwise. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  defineProjection,
  exportLog,
  type ExportOptions,
  fault,
  forkGraph,
  type Handlers,
  project,
} from '../../src/index.js';
import type { RecordedEvent } from '../../src/domain/events.js';
import { isMemoized, recordedAttempts } from '../../src/history/replay/recorded-attempt.js';
import { HistoriesDifferError, replayHistories, testWorld, type TestWorld } from '../../src/testing/index.js';
import { Recorder, started, submitted } from '../support/given.js';
import { assert, describe } from '../support/spec.js';
import { folderIn, temporaryFolder } from '../support/stores.js';

const spec = describe('recorded histories', { timeoutMs: 60_000 });

const handlers: Handlers = {
  fetch: ({ attempt }) => (attempt === 1 ? fault('busy') : [120, 80, 310]),
  total: ({ inputs }) => (inputs['fetch'] as number[]).reduce((sum, amount) => sum + amount),
  send: () => {
    throw new RangeError('no address');
  },
};
const graph = { fetch: [], total: ['fetch'], send: ['total'] };

const counts = defineProjection<Record<string, number>>({
  name: 'events-by-type',
  initial: {},
  recipe: (state, event) => {
    state[event.type] = (state[event.type] ?? 0) + 1;
  },
});

let folder: string;
let world: TestWorld;

spec.beforeEach(async () => {
  folder = folderIn(temporaryFolder(), 'histories');
  world = await testWorld();
  await world.start(handlers, { concurrency: 2 });
});
spec.afterEach(() => world.close());

async function record(name: string, options: ExportOptions = {}): Promise<string> {
  let text = '';
  for await (const line of exportLog(world.store, options)) text += line;
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

async function recordedNight(): Promise<string> {
  await world.ended(await world.submit(graph, { id: 'night' }));
  return await record('night.jsonl');
}

/** The differences that a replay finds, in short. */
async function differencesOf(replaying: Promise<unknown>): Promise<string[]> {
  const error = await replaying.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof HistoriesDifferError)) throw new Error('it was not refused for differences', { cause: error });
  return error.message.split('\n').map((line) => line.replaceAll(`${folder}/`, ''));
}

spec.test(
  'given the handlers that were recorded, then every attempt is as recorded, and it says what was compared',
  async () => {
    await recordedNight();
    const replayed = await replayHistories(join(folder, '*.jsonl'), { handlers });
    assert.equal(replayed, {
      histories: 1,
      graphs: 1,
      attempts: 4,
      projections: 0,
      skipped: { endedFromElsewhere: 0, redacted: 0, asAsked: 0, notRun: 0 },
      summary: 'as recorded: 4 attempts, in 1 graph of 1 history',
    });
  },
);

spec.test('given handlers that give something else, then one error lists every difference', async () => {
  const file = await recordedNight();
  const changed = { ...handlers, fetch: () => [120, 80], send: () => 'sent' };
  assert.equal(await differencesOf(replayHistories(file, { handlers: changed })), [
    '3 differences from what was recorded:',
    '  night.jsonl: attempt 1 of night/fetch',
    '    /fault: {"exception":"Fault","message":"busy"} → nothing',
    '    /result: nothing → [120,80]',
    '  night.jsonl: attempt 2 of night/fetch',
    '    /result: [120,80,310] → [120,80]',
    '  night.jsonl: attempt 1 of night/send',
    '    /exception: {"exception":"RangeError","message":"no address"} → nothing',
    '    /result: nothing → "sent"',
  ]);
});

spec.test('given a type without a handler, then that is a difference, unless it is to be skipped', async () => {
  const file = await recordedNight();
  const { send: _, ...others } = handlers;
  const [, line] = await differencesOf(replayHistories(file, { handlers: others }));
  assert.match(
    line!,
    'attempt 1 of night/send: there is no handler for its type "send"; give one, or name the type in skip',
  );
  const { skipped, attempts, summary } = await replayHistories(file, { handlers: others, skip: ['send'] });
  assert.equal([skipped.asAsked, attempts], [1, 3]);
  assert.match(summary, 'not replayed: 1 skipped as asked');
  await assert.rejects(
    replayHistories(file, { handlers, skip: ['sned'] }),
    /the type to skip "sned" is unknown; did you mean "send"\?/,
  );
});

spec.test('given a handler that hangs, then it is named, after a bound', async () => {
  const file = await recordedNight();
  const hanging = { ...handlers, total: () => new Promise(() => {}) };
  const [, line] = await differencesOf(replayHistories(file, { handlers: hanging, patienceMs: 30 }));
  assert.match(line!, 'attempt 1 of night/total: its handler has not ended within 30 ms');
});

spec.test(
  'given attempts that ended from elsewhere, and jobs that were carried over, then they are counted, and no handler runs',
  async () => {
    const worker = await world.start((clock) => ({ long: () => clock.sleep('1h') }));
    const graphId = await world.submit({ long: [], total: ['fetch'], fetch: [] }, { id: 'lost' });
    await world.until(graphId, ({ jobs }) => jobs['total']!.status === 'finished');
    worker.kill();
    await world.start({ long: () => 'short' });
    await world.ended(graphId);
    await world.submit(graph, { id: 'night' });
    await world.ended('night');
    await forkGraph(world.store, 'night', { failed: true, id: 'again' });
    await world.ended('again');
    await record('all.jsonl');
    let runs = 0;
    const counting = { ...handlers, long: () => `${(runs += 1) === 1 ? 'short' : 'again'}` };
    const { skipped, graphs, attempts } = await replayHistories(folder, { handlers: counting });
    assert.equal(skipped, { endedFromElsewhere: 1, redacted: 0, asAsked: 0, notRun: 2 });
    assert.equal([graphs, attempts, runs], [3, 9, 1]);
  },
);

spec.test('given redacted values, then attempts that need them are counted and not replayed', async () => {
  await world.ended(await world.submit(graph, { id: 'night' }));
  const file = await record('night.jsonl', { redact: ['result', 'failure.message'] });
  await assert.rejects(replayHistories(file, { handlers }), (error: unknown) => {
    const { code, message } = error as { code: string; message: string };
    return code === 'nothing-replayed' && message.includes('4 redacted');
  });
  const some = await record('night.jsonl', { redact: ['failure.message'] });
  const { attempts, skipped } = await replayHistories(some, { handlers });
  assert.equal([attempts, skipped.redacted], [2, 2]);
});

spec.test('given nothing to replay, then that is an error, never a green', async () => {
  const nothing = (error: unknown) => (error as { code?: string }).code === 'nothing-replayed';
  await assert.rejects(replayHistories(join(folder, '*.jsonl'), { handlers }), nothing);
  await assert.rejects(replayHistories(join(folder, 'none', '*.jsonl'), { handlers }), nothing);
  await assert.rejects(replayHistories(folder, { handlers }), nothing);
  await assert.rejects(replayHistories([], { handlers }), nothing);
  await assert.rejects(replayHistories(world.store, { handlers }), nothing);
  await assert.rejects(replayHistories(join(folder, 'night.jsonl'), { handlers }), /no such file/);
  await assert.rejects(replayHistories(folder, {}), /give replayHistories handlers, projections or both/);
  await assert.rejects(replayHistories(folder, { handlres: handlers } as never), /did you mean "handlers"\?/);
  await world.ended(await world.submit({ send: [] }));
  await assert.rejects(replayHistories(world.store, { handlers, skip: ['send'] }), nothing);
});

spec.test('given a file that was changed, then it is refused', async () => {
  const file = await recordedNight();
  writeFileSync(file, readFileSync(file, 'utf8').replace('busy', 'lazy'));
  await assert.rejects(
    replayHistories(file, { handlers }),
    (error: unknown) => (error as { code?: string }).code === 'export-invalid',
  );
});

spec.test('given stores, lists and patterns through folders, then each history is replayed', async () => {
  const file = await recordedNight();
  const deep = folderIn(folder, 'a');
  writeFileSync(join(folderIn(deep, 'b'), 'other.jsonl'), readFileSync(file));
  writeFileSync(join(deep, 'notes.txt'), 'no history');
  const historiesIn = async (what: Parameters<typeof replayHistories>[0]) =>
    (await replayHistories(what, { handlers })).histories;
  assert.is(await historiesIn(world.store), 1);
  assert.is(await historiesIn([file, world.store]), 2);
  assert.is(await historiesIn(join(folder, '**/*.jsonl')), 2);
  assert.is(await historiesIn(join(folder, 'a/*/oth?r.jsonl')), 1);
  assert.is(await historiesIn(folder), 1);
});

spec.test('given projections, then their states are written when one says so, and compared from then on', async () => {
  const file = await recordedNight();
  const expected = join(folder, 'expected', 'states.json');
  const projections = { counts };
  await assert.rejects(replayHistories(file, { projections }), /name it: \{ expected: FILE \}/);
  await assert.rejects(replayHistories(file, { projections, expected }), /run once with \{ update: true \}/);
  assert.is(existsSync(expected), false);
  await replayHistories(file, { projections, expected, update: true });
  assert.equal(JSON.parse(readFileSync(expected, 'utf8')), {
    '../night.jsonl': { counts: { GraphSubmitted: 1, JobStarted: 4, JobFaulted: 2, JobFinished: 2 } },
  });
  const same = await replayHistories(file, { projections, handlers, expected });
  assert.is(same.summary, 'as recorded: 4 attempts and 1 state of projections, in 1 graph of 1 history');
});

spec.test(
  'given a projection that counts otherwise, a new one, or an expectation that is left over, then each is a difference',
  async () => {
    const file = await recordedNight();
    const expected = join(folder, 'states.json');
    await replayHistories(file, { projections: { counts }, expected, update: true });
    const evolve = (state: Record<string, number>) => ({ ...state, all: (state['all'] ?? 0) + 1 });
    const otherwise = defineProjection({ name: 'events-by-type', initial: {}, evolve });
    assert.equal(
      (await differencesOf(replayHistories(file, { projections: { counts: otherwise }, expected }))).slice(0, 4),
      [
        'one difference from what was recorded:',
        '  night.jsonl: projection counts',
        '    /GraphSubmitted: 1 → nothing',
        '    /JobStarted: 4 → nothing',
      ],
    );
    assert.match(
      (await differencesOf(replayHistories(file, { projections: { counts, otherwise }, expected })))[1]!,
      'projection otherwise: no state is expected of it; write it with { update: true }',
    );
    const copy = join(folder, 'copy.jsonl');
    writeFileSync(copy, readFileSync(file));
    const lines = await differencesOf(replayHistories(copy, { projections: { counts }, expected }));
    assert.is(lines[0], '2 differences from what was recorded:');
    assert.match(lines[2]!, 'night.jsonl: projection counts: it is expected, but was not computed');
  },
);

spec.test(
  'given a kept state of the same version, then the projection is computed from the first event all the same',
  async () => {
    await world.ended(await world.submit(graph, { id: 'night' }));
    await project(world.store, counts, { until: 'caughtUp' });
    const expected = join(folder, 'states.json');
    await replayHistories(world.store, { projections: { counts }, expected, update: true });
    const doubled = defineProjection<Record<string, number>>({
      name: counts.name,
      initial: {},
      recipe: (state, event) => {
        state[event.type] = (state[event.type] ?? 0) + 2;
      },
    });
    const lines = await differencesOf(replayHistories(world.store, { projections: { counts: doubled }, expected }));
    assert.match(lines.join('\n'), '/JobStarted: 4 → 8');
  },
);

spec.test('given an event that this release cannot read, then the graph is a difference', async () => {
  await recordedNight();
  const { log } = world.store;
  const unreadable = {
    type: 'Unreadable',
    data: {
      storedType: 'JobSung',
      problem: 'unknown-event-type',
      explanation: 'no event is called "JobSung"',
      stored: {},
    },
  } as const;
  const reading = log.readAll.bind(log);
  log.readAll = (request) => async () => {
    const read = await reading(request)();
    if (read._tag === 'Left') return read;
    const right = read.right.map((event): RecordedEvent =>
      event.type === 'JobFinished' && event.jobId === 'total' ? { ...event, ...unreadable } : event,
    );
    return { ...read, right };
  };
  const [, line] = await differencesOf(replayHistories(world.store, { handlers }));
  assert.match(line!, /graph night: its event @\d+ cannot be read: no event is called "JobSung"/);
});

spec.run();

const memoized = describe('attempts whose result was remembered');

memoized.test('given a job that finished without a run of its handler, then it is no attempt to replay', () => {
  const recorder = new Recorder();
  const events = [
    recorder.record({ graphId: 'g', jobId: null }, submitted({ a: [] })),
    recorder.record({ graphId: 'g', jobId: 'a' }, started()),
    recorder.record({ graphId: 'g', jobId: 'a' }, {
      type: 'JobFinished',
      data: {
        attempt: 1,
        result: 5,
        memoized: { graphId: 'h', jobId: 'a', attempt: 1, eventId: 'e', finishedAt: '2026-01-01T00:00:00.000Z' },
      },
    } as never),
  ];
  assert.equal(events.map(isMemoized), [false, false, true]);
  assert.equal(recordedAttempts('g', events), []);
});

memoized.run();
