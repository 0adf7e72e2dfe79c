/** Every command that looks back gives the same answer, byte by byte, whether graphs are archived or not. */
// takes: 30s
// time-limit: 300s
import { copyFileSync, existsSync, readdirSync } from 'node:fs';
import {
  abort,
  abortGraph,
  archiveGraphs,
  fault,
  forkGraph,
  install,
  jobGraph,
  pause,
  retryGraph,
  start,
  store,
  type Store,
  transactGraph,
  waitForGraph,
} from '../../src/index.js';
import { assert, describe } from '../support/spec.js';
import { CliSandbox, type Ended } from './cli-sandbox.js';

const spec = describe('commands on a store with archives', { timeoutMs: 200_000 });

const files = {
  'handlers.mjs': `export const handlers = { good: ({ inputs }) => Object.keys(inputs), bad: () => { throw new TypeError('bad'); } };`,
  'projection.mjs': `export default { name: 'p', initial: {}, evolve: (state, { graphId, type }) => ({ ...state, [graphId]: type }) };`,
};
const [plain, packed] = [new CliSandbox(files), new CliSandbox(files)];

let isBroken = true;
const handlers = {
  good: ({ inputs }: { inputs: object }) => Object.keys(inputs),
  bad: () => {
    if (isBroken) throw new TypeError('bad');
    return 'better';
  },
  moody: ({ attempt }: { attempt: number }) => (attempt < 3 ? fault('not yet', { retryAfterMs: 1 }) : attempt),
  stop: () => abort('no more'),
};

const chain = {
  jobs: {
    first: { type: 'good' },
    middle: { type: 'bad', after: ['first'] },
    last: { type: 'good', after: ['middle'] },
  },
};

/** What workers and people do: graphs that finish, fail, are retried, aborted, forked, remembered, and one that does not end. */
async function fill(db: Store): Promise<void> {
  const worker = await start({ concurrency: 3 }, db, handlers as never);
  const submit = async (id: string, graph: object, labels = {}) => {
    await transactGraph(db, jobGraph(graph as never, { org: 7 }, { id, labels }));
  };
  const fan = Object.fromEntries(
    Array.from({ length: 12 }, (_, index) => [`page ${index}`, { type: 'good', after: ['root'] }]),
  );
  const wide = { jobs: { root: { type: 'moody' }, ...fan, join: { type: 'good', after: Object.keys(fan) } } };
  const memo = { jobs: { a: { type: 'good', memoize: { key: 'k' } } } };
  await Promise.all([
    submit('wide', wide, { team: 'billing' }),
    submit('broken', chain, { team: 'billing' }),
    submit('remembered', memo),
  ]);
  for (const id of ['wide', 'broken', 'remembered']) await waitForGraph(db, id);
  await submit('remembered again', memo);
  await submit('aborting', { jobs: { a: { type: 'stop' }, b: { type: 'good', after: ['a'] } } });
  for (const id of ['remembered again', 'aborting']) await waitForGraph(db, id);
  await submit('mended', chain);
  await waitForGraph(db, 'mended');
  isBroken = false;
  await retryGraph(db, 'mended', { by: 'me', reason: 'mended' });
  await waitForGraph(db, 'mended');
  await forkGraph(db, 'broken', { failed: true, id: 'fork' });
  await waitForGraph(db, 'fork');
  await submit('unwanted', { jobs: { a: { type: 'nobody' } } });
  await abortGraph(db, 'unwanted');
  await submit('held', { jobs: { a: { type: 'nobody' } } });
  await pause(db, { graphId: 'held' });
  await submit('open', { jobs: { a: { type: 'good' }, b: { type: 'nobody', after: ['a'] } } });
  await waitForGraph(db, 'open', { timeoutMs: 300 }).catch(() => {});
  await worker.stop();
}

spec.before(async () => {
  const db = await store(plain.store);
  await install(db);
  await fill(db);
  await db.close();
  copyFileSync(plain.path('overseer.db'), packed.path('overseer.db'));
  const other = await store(packed.store);
  const { log } = other;
  const { archive } = log;
  // Small files and pieces, so that graphs are in several.
  const small: typeof archive = {
    ...archive!,
    move: (ids, upTo, options) => archive!.move(ids, upTo, { ...options, fileEventsMax: 31, pieceEventsMax: 6 }),
  };
  (other as { log: Store['log'] }).log = { ...log, archive: small };
  const { graphs, graphsNotOver, isComplete } = await archiveGraphs(other, { olderThan: 0 });
  assert.equal([graphs, graphsNotOver, isComplete], [8, 2, true]);
  await other.close();
  assert.ok(readdirSync(packed.path('overseer.db-archive')).length > 3);
  assert.not.ok(existsSync(plain.path('overseer.db-archive')));
});

const ended = ['wide', 'broken', 'remembered again', 'aborting', 'mended', 'fork', 'unwanted'];
const graphIds = [...ended, 'held', 'open'];

const calls: readonly (readonly string[])[] = [
  ['graphs'],
  ['graphs', '--status', 'failed'],
  ['graphs', '--label', 'team=billing', '--limit', '1'],
  ['jobs'],
  ['jobs', '--status', 'failed'],
  ['jobs', '--type', 'good', '--limit', '3'],
  ['workers'],
  ['queue'],
  ['queue', '--at', '@30'],
  ['pauses'],
  ['log'],
  ['log', '--from', '@20'],
  ['log', '--type', 'JobReset'],
  ['log', '--type', 'ResultMemoized'],
  ...graphIds.flatMap((id) => [
    ['show', id],
    ['show', id, '--at', '#2'],
    ['show', id, '--at', '@40'],
    ['history', id],
    ['history', id, '--limit', '2'],
    ['explain', id],
    ['export', id],
    ['what-if', id, '--retry', '{"maximumAttempts":3}'],
  ]),
  // Of a graph that goes on, it depends on when one asks.
  ...ended.flatMap((id) => [
    ['timeline', id],
    ['timeline', id, '--by', 'type'],
  ]),
  ['show', 'wide/root'],
  ['show', 'broken/middle'],
  ['history', 'mended/middle'],
  ['explain', 'broken/last'],
  ['show', 'wide', '--dot', '-'],
  ['diff', 'mended', '#3', '#9'],
  ['diff', 'broken', 'fork'],
  ['diff', 'broken', '#4'],
  ['bisect', 'wide', '--where', 'count.finished > 5'],
  ['bisect', 'mended', '--where', 'count.failed > 0'],
  ['fork', 'broken', '--failed', '--dry-run'],
  ['fork', 'wide', '--from', 'join', '--dry-run'],
  ['replay', 'wide/join', 'handlers.mjs'],
  ['replay', 'broken/middle', 'handlers.mjs'],
  ['project', 'projection.mjs'],
  ['project', 'projection.mjs', '--at', '@25'],
  ['abort', 'broken', '--dry-run'],
  ['retry', '--status', 'failed', '--dry-run'],
  ['audit', 'head'],
  ['audit', 'head', '--recompute'],
  ['audit', 'prove', '@2'],
  ['audit', 'prove', 'wide#5'],
  ['verify'],
  ['export', '--all'],
  ['show', 'no such graph'],
  ['show', 'wid'],
];

/** Lengths of time that depend on when a command is run, and how long it takes. */
function timeless({ code, stdout, stderr }: Ended): string {
  const text = `${code}\n${stdout}\n${stderr}`;
  return text
    .replaceAll(plain.folder, 'folder')
    .replaceAll(packed.folder, 'folder')
    .replaceAll(/\b\d+(\.\d+)? (ms|s|min)\b/g, 'some time')
    .replaceAll(/"(durationMs|checkMs|ranForMs|tookMs|asOf|now|to|running|queued|elapsedMs)": [^\n]*/g, '"$1"');
}

async function assertAlike(words: readonly string[]): Promise<void> {
  const both = async () => [timeless(await plain.answer(...words)), timeless(await packed.answer(...words))] as const;
  let [before, after] = await both();
  // Between the two a time may have become a digit longer, and its column wider.
  if (after !== before) [before, after] = await both();
  assert.is(after, before, words.join(' '));
}

spec.test('every command says the same', async () => {
  for (const words of calls) await assertAlike(words);
});

spec.test('every command says the same in JSON', async () => {
  for (const words of calls) if (!words.includes('-') && words[0] !== 'export') await assertAlike([...words, '--json']);
});

spec.test('what is asked of them did find something', async () => {
  // Some graphs did not exist at some moments.
  for (const words of calls.slice(0, -2).filter((call) => !call.includes('--at'))) {
    const { code, stdout, stderr } = await packed.answer(...words);
    assert.ok(stdout !== '', `${words.join(' ')}: ${stderr}`);
    assert.ok(code === 0 || code === 1, `${words.join(' ')}: ${code} ${stderr}`);
  }
});

spec.test('doctor says that there are archives, how many, and how large', async () => {
  const { stdout, code } = await packed.answer('doctor');
  assert.is(code, 0);
  assert.match(stdout, /^file +.*\narchives +\d+ files \(\d+ KiB\) beside it, with \d+ events\n/m);
  const { facts } = (await packed.jsonAnswer<{ store: { facts: Record<string, number> } }>('doctor')).store;
  assert.ok(facts['archivedEvents']! > 50 && facts['archivedEvents']! < facts['events']!);
  assert.not.match((await plain.answer('doctor')).stdout, /archives/);
});

spec.test('what people do to archived graphs has the same effect', async () => {
  for (const words of [
    ['retry', 'broken', '--by', 'me'],
    ['abort', 'broken', '--by', 'me'],
    ['retry', 'unwanted', '--by', 'me'],
    ['fork', 'wide', '--from', 'join', '--id', 'again'],
  ]) {
    await assertAlike(words);
  }
  for (const sandbox of [plain, packed]) await sandbox.overseer('run', 'handlers.mjs', '--id', 'wide');
  const parts = ['status', 'labels', 'counts', 'submittedAt'] as const;
  for (const id of ['broken', 'unwanted', 'again', 'wide']) {
    const [before, after] = await Promise.all(
      [plain, packed].map(async (sandbox) => await sandbox.json<Record<string, unknown>>('show', id)),
    );
    for (const part of parts)
      if (id !== 'again' || part !== 'submittedAt') assert.equal(after![part], before![part], `${part} of ${id}`);
  }
  assert.match((await packed.overseer('verify')).stdout, /the log is sound/);
});

spec.run();
