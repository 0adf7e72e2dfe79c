/**
 * Takes the file away from four busy workers, in every way there is, again and again. Each worker must stop and say that
 * its store is gone. What was acknowledged must be in the file that was taken away, nothing may be acknowledged
 * afterwards, and a new store at the same path must be left alone.
 *
 *     node --import tsx scripts/soak/file-gone.ts [rounds, 100]
 */
import { type ChildProcess, fork } from 'node:child_process';
import { linkSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  install,
  jobGraph,
  LogError,
  type OverseerError,
  start,
  store,
  type Store,
  transactGraph,
  verify,
} from 'overseer';

const workers = 4;
/** An acknowledgement given before that may be noted a little later. */
const slackMs = 100;

interface Acknowledged {
  readonly id: string;
  readonly at: number;
}

interface Ending {
  /** The code of the error that the worker stopped with; null if nothing was heard from it in time. */
  readonly code: string | null;
  readonly acknowledged: readonly Acknowledged[];
}

const ways: Readonly<Record<string, (path: string) => void>> = {
  'all deleted': (path) => each(path, (file) => rmSync(file)),
  'the file deleted': (path) => rmSync(path),
  'the -wal deleted': (path) => rmSync(`${path}-wal`),
  'all moved': (path) => each(path, (file, end) => renameSync(file, `${path}.moved${end}`)),
  'the file moved': (path) => renameSync(path, `${path}.moved`),
  'the -wal moved': (path) => renameSync(`${path}-wal`, `${path}.moved-wal`),
  'the file replaced': (path) => renameSync(`${path}.other`, path),
  'the -wal replaced': (path) => {
    writeFileSync(`${path}.empty`, '');
    renameSync(`${path}.empty`, `${path}-wal`);
  },
  'all deleted, and a new store made': (path) => each(path, (file) => rmSync(file)),
};

if (process.send === undefined) await direct(Number(process.argv[2] ?? 100));
else obey();

function each(path: string, work: (file: string, end: string) => void): void {
  for (const end of ['', '-wal', '-shm']) work(path + end, end);
}

function obey(): void {
  process.on('message', (path: string) => void work(path).then((ending) => process.send!(ending)));
  process.send!('ready');
}

/** Works until the store is gone. */
async function work(path: string): Promise<Ending> {
  const db = await store(`sqlite:${path}`);
  const acknowledged: Acknowledged[] = [];
  recordAppends(db, acknowledged);
  const worker = await start({ concurrency: 8, 'stop-timeout': 0 } as never, db, { task: () => 1 });
  process.send!('working');
  const code = await worker.stopped.then(
    () => 'stopped',
    (error: OverseerError) => (error.cause instanceof LogError ? error.cause.code : error.message),
  );
  await db.close();
  return { code, acknowledged };
}

function recordAppends(db: Store, acknowledged: Acknowledged[]): void {
  const { log } = db;
  const append = log.append.bind(log);
  log.append = (requests) => async () => {
    const results = await append(requests)();
    if (results._tag === 'Left') return results;
    for (const [index, { appended }] of results.right.entries())
      if (appended) for (const { id } of requests[index]!.events) acknowledged.push({ id, at: Date.now() });
    return results;
  };
}

async function direct(rounds: number): Promise<void> {
  const children = Array.from({ length: workers }, () => fork(import.meta.filename));
  await Promise.all(children.map((child) => heard(child)));
  const failures: string[] = [];
  let acknowledged = 0;
  for (let round = 0; round < rounds; round++) {
    const way = Object.keys(ways)[round % Object.keys(ways).length]!;
    const folder = mkdtempSync(join(tmpdir(), 'overseer-soak-'));
    const found = await oneRound(children, join(folder, 'overseer.db'), way);
    acknowledged += found.acknowledged;
    failures.push(...found.failures.map((failure) => `${way}: ${failure}`));
    rmSync(folder, { recursive: true });
  }
  for (const child of children) child.kill();
  console.log(`${rounds} rounds, ${acknowledged} acknowledged events: ${failures.length} failures`);
  for (const failure of failures.slice(0, 20)) console.log(failure);
  process.exitCode = failures.length === 0 ? 0 : 1;
}

async function oneRound(children: readonly ChildProcess[], path: string, way: string) {
  await makeStore(path, 'old', 2000);
  await makeStore(`${path}.other`, 'other', 1);
  const working = children.map((child) => heard(child));
  for (const child of children) child.send(path);
  await Promise.all(working);
  const endings = children.map((child) => heard(child));
  await delay(50 + Math.random() * 150);
  // A second name keeps what is deleted readable.
  linkSync(path, `${path}.kept`);
  linkSync(`${path}-wal`, `${path}.kept-wal`);
  ways[way]!(path);
  const takenAt = Date.now();
  if (way.endsWith('a new store made')) await makeStore(path, 'new', 3);
  const failures: string[] = [];
  const acknowledged: Acknowledged[] = [];
  for (const ending of (await Promise.all(endings)) as Ending[]) {
    if (ending.code !== 'store-gone') failures.push(`a worker ended with ${ending.code}`);
    acknowledged.push(...ending.acknowledged);
  }
  const late = acknowledged.filter(({ at }) => at > takenAt + slackMs);
  if (late.length > 0) failures.push(`${late.length} events were acknowledged afterwards`);
  const kept = await idsIn(`${path}.kept`);
  const lost = acknowledged.filter(({ id }) => !kept.has(id));
  if (lost.length > 0) failures.push(`${lost.length} acknowledged events are in no file`);
  if (way.endsWith('a new store made') && (await isHurt(path))) failures.push('the new store was hurt');
  return { acknowledged: acknowledged.length, failures };
}

async function makeStore(path: string, id: string, jobs: number): Promise<void> {
  const db = await store(`sqlite:${path}`);
  await install(db);
  const tasks = Object.fromEntries(Array.from({ length: jobs }, (_, n) => [`job-${n}`, { type: 'task' }]));
  await transactGraph(db, jobGraph({ jobs: tasks }, {}, { id }));
  await db.close();
}

async function idsIn(path: string): Promise<Set<string>> {
  const db = await store(`sqlite:${path}`);
  const events = await db.log.readAll({ limit: 1_000_000 })();
  await db.close();
  if (events._tag === 'Left') throw events.left;
  return new Set(events.right.map(({ id }) => id));
}

async function isHurt(path: string): Promise<boolean> {
  const db = await store(`sqlite:${path}`);
  const { problemCount, events } = await verify(db);
  await db.close();
  return problemCount > 0 || events < 1;
}

/** The next message of a process; an ending without a code if none comes for long. */
async function heard(child: ChildProcess): Promise<unknown> {
  const silence: Ending = { code: null, acknowledged: [] };
  const timer = new AbortController();
  const said = new Promise((resolve) => child.once('message', resolve));
  const first = await Promise.race([said, delay(30_000, silence, { signal: timer.signal }).catch(() => silence)]);
  timer.abort();
  return first;
}
