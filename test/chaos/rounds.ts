/**
 * One round: workers on a store of their own, graphs submitted all the while, a kind of fault that strikes again and
 * again, and a judgement. A fault that passes must leave every graph finished; one that does not must be named by every
 * worker. Nothing is judged by how long it takes, except that a log in which nothing happens any more is stuck.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { explainGraph, type GraphInfo, store, type Store, verify, type WorkerOptions } from '../../src/index.js';
import { Chance } from './chance.js';
import { codesToldIn, Crew, journalsIn, type WorkerProcess, workersBytesIn } from './crew.js';
import type { ChaosOptions, FaultKind, FinalKind, PassingKind, Scene } from './faults/kinds.js';
import { leases } from './faults/processes.js';
import { Journal, type JournalLine } from './journal.js';
import { acknowledgedEndings, eventsOf, type Findings, judge, lostAmong } from './judge.js';
import { Operator } from './operator.js';
import { Place } from './place.js';

/** A log to which nothing has been added for so long, though graphs have not ended, stands still. */
const stillMs = 90_000;
/** Graphs that have not ended after so long, though something goes on, never will. */
const endlessMs = 600_000;
const stopPatienceMs = 60_000;
/** After so long, a worker that has nothing to write has read, and so has looked at its files. */
const lookedMs = 2000;
/** How long damage may stay unnoticed by whoever has the file open. Whoever opens it anew must notice. */
const unnoticedMs = 4000;

export interface RoundPlan {
  readonly kind: FaultKind;
  readonly seed: number;
  readonly options: ChaosOptions;
  /** A new folder, which this round fills and leaves. */
  readonly folder: string;
  /** How often the fault strikes; drawn from the seed unless given. */
  readonly strikes?: number;
}

export interface RoundResult extends Findings {
  readonly strikes: number;
  readonly graphs: number;
  /** What the workers told of the log's failures. */
  readonly met: ReadonlyMap<string, number>;
}

export async function playRound(plan: RoundPlan): Promise<RoundResult> {
  const { kind, seed, options, folder } = plan;
  mkdirSync(folder);
  // One each, so that what one draws does not depend on when the others draw.
  const [chance, ofOperator, ofWorkers] = [new Chance(seed), new Chance(seed + 1e6), new Chance(seed + 2e6)];
  const place = await Place.prepare(options.store, folder, kind.needs ?? {});
  const crew = new Crew(
    {
      address: place.address,
      namespace: place.namespace,
      folder: place.journals,
      optionsOf: () => workerOptions(ofWorkers),
      ...(place.userId === undefined ? {} : { userId: place.userId }),
      ...(kind.environmentOf === undefined ? {} : { environmentOf: kind.environmentOf }),
    },
    chance.int(2, 5),
  );
  try {
    const db = await place.open();
    new Journal(join(place.journals, 'operator.journal')).follow(db.log);
    const scene = { place, crew, chance, options, operator: new Operator(db, ofOperator) };
    return kind.passes ? await passingRound(scene, kind, plan) : await finalRound(scene, kind);
  } finally {
    crew.kill();
    await Promise.all(crew.alive.map(({ exited }) => exited));
    await place.remove();
  }
}

function workerOptions(chance: Chance): WorkerOptions {
  return {
    concurrency: chance.int(2, 8),
    heartbeat: { sleepTime: chance.int(leases.periodMs.least, leases.periodMs.most), tolerance: leases.tolerance },
    stopTimeout: chance.one([0, 100, 1000]),
  };
}

const linesIn = (folder: string): JournalLine[] => journalsIn(folder).flatMap(({ lines }) => lines);

// ---- faults that pass

async function passingRound(scene: Scene, kind: PassingKind, plan: RoundPlan): Promise<RoundResult> {
  const { place, crew, operator, chance } = scene;
  await operator.submit(2);
  await someWorking(crew, kind.codes ?? []);
  const strikes = plan.strikes ?? chance.int(3, 7);
  const otherwise: string[] = [];
  for (let strike = 0; strike < strikes; strike++) {
    await operator.submit(chance.int(1, 3));
    await delay(chance.int(50, 700));
    // What submits and what strikes do not wait for each other.
    const submitted = operator.submit(1);
    await kind.strike(scene).catch((error: unknown) => otherwise.push(messageOf(error)));
    await submitted;
  }
  await operator.submit(1);
  const stuck = await whyStuck(scene, kind);
  if (stuck !== null) otherwise.push(stuck);
  otherwise.push(...(await crew.stop(stopPatienceMs)));
  otherwise.push(...complaints(crew, kind.codes ?? []));
  await place.close();
  const judged = await place.openDirectly();
  const found = await judge(judged, linesIn(place.journals), operator.submitted, stuck === null);
  found.otherwise.push(...otherwise);
  return { ...found, strikes, graphs: operator.submitted.size, met: codesToldIn(place.journals) };
}

function complaints(crew: Crew, codes: readonly string[]): string[] {
  return crew.processes.map((worker) => worker.complaint(codes)).filter((each) => each !== null);
}

/** Waits until a worker works, or none can: then the complaints say why. */
async function someWorking(crew: Crew, codes: readonly string[]): Promise<void> {
  while (crew.working.length === 0) {
    const [complaint] = complaints(crew, codes);
    if (complaint !== undefined) throw new Error(`no worker could begin: ${complaint}`);
    await delay(20);
  }
}

/** Waits until every graph has finished. What stands still is explained. */
async function whyStuck({ operator }: Scene, kind: PassingKind): Promise<string | null> {
  await operator.settle();
  const left = new Set(operator.submitted.keys());
  const began = performance.now();
  let changedAt = began;
  let before = '';
  while (left.size > 0) {
    const looks: string[] = [];
    for (const graphId of left) {
      const info = await operator.info(graphId);
      if (info === null || info.status === 'finished') left.delete(graphId);
      else {
        looks.push(shapeOf(info));
        if (kind.aborts && info.status !== 'running') {
          await operator.retry(graphId);
          // The pause of a graph that has ended is told of only when the graph is open again.
          await operator.settle();
        }
      }
    }
    const now = performance.now();
    const look = looks.join('\n');
    if (look !== before) changedAt = now;
    before = look;
    if (now - changedAt > stillMs || now - began > endlessMs) return await stuckGraph(operator.db, [...left]);
    await delay(100);
  }
  return null;
}

/** Changes whenever something happens to a job, short of a heartbeat. */
function shapeOf({ id, jobs }: GraphInfo): string {
  return `${id}: ${Object.values(jobs)
    .map(({ status, attempt }) => `${status} ${attempt}`)
    .join()}`;
}

async function stuckGraph(db: Store, graphIds: readonly string[]): Promise<string> {
  const explanation = JSON.stringify(await explainGraph(db, graphIds[0]!));
  return `${graphIds.length} graphs stand still: ${explanation.slice(0, 2000)}`;
}

// ---- faults that do not pass

async function finalRound(scene: Scene, kind: FinalKind): Promise<RoundResult> {
  const { place, crew, operator, chance } = scene;
  await operator.submit(chance.int(8, 14));
  // Each graph has more than two jobs.
  const endings = chance.int(5, 24);
  while (acknowledgedEndings(linesIn(place.journals)) < endings) {
    await someWorking(crew, []);
    await delay(50);
  }
  await kind.prepare?.(place.path);
  await untilLooked(scene);
  await place.close();
  const taken = await freezeAndCopy(scene);
  await kind.strike(place.path, chance);
  for (const worker of taken.workers) worker.goOn();
  const otherwise = await untilEnded(scene, kind);
  const found = await judgeTaken(scene, taken);
  found.otherwise.push(...otherwise);
  await judgeEndings(scene, kind, taken, found);
  if (kind.leavesAnother === true && !(await isSound(place.path))) found.otherwise.push('the other store was hurt');
  const told = { strikes: 1, graphs: operator.submitted.size, met: codesToldIn(place.journals) };
  return { ...found, endings: acknowledgedEndings(linesIn(place.journals)), ...told };
}

/**
 * Waits until every worker has written again: what it has never seen grow, it cannot see shrink. One that has nothing to
 * write looks as it reads.
 */
async function untilLooked({ crew, place }: Scene): Promise<void> {
  const before = workersBytesIn(place.journals);
  for (const until = performance.now() + lookedMs; performance.now() < until; await delay(20)) {
    const grown = [...workersBytesIn(place.journals)].filter(([name, bytes]) => bytes > (before.get(name) ?? 0));
    if (grown.length >= crew.working.length) return;
  }
}

/** The store, as it was when nothing moved. */
interface Taken {
  readonly path: string;
  readonly workers: readonly WorkerProcess[];
  /** What was acknowledged by then. */
  readonly lines: readonly JournalLine[];
}

/** Nothing moves while the file is taken away. So what was in it then can be known exactly. */
async function freezeAndCopy({ crew, place }: Scene): Promise<Taken> {
  crew.keepNoMore();
  const workers = crew.working;
  for (const worker of crew.alive) if (!workers.includes(worker)) worker.signal('SIGKILL');
  for (const worker of workers) worker.freeze();
  for (const worker of workers) while (!worker.hasExited && !isStopped(worker.pid)) await delay(5);
  const path = join(place.folder, 'taken.db');
  for (const end of ['', '-wal']) execFileSync('cp', [place.path + end, path + end]);
  return { path, workers, lines: linesIn(place.journals) };
}

/** A signal takes a moment to arrive. */
function isStopped(pid: number): boolean {
  try {
    return execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).startsWith('T');
  } catch {
    return true;
  }
}

/** Waits until all have ended. Where that may take long, or there is nothing to notice, they are told to stop. */
async function untilEnded({ crew, place }: Scene, { leaves }: FinalKind): Promise<readonly string[]> {
  const mustNotice = leaves === 'gone' || (leaves === 'cut' && !(await isSound(place.path)));
  const all = Promise.all(crew.alive.map(({ exited }) => exited));
  await Promise.race([all, delay(mustNotice ? stillMs : unnoticedMs, undefined, { ref: false })]);
  return mustNotice ? [] : await crew.stop(stopPatienceMs);
}

async function judgeTaken({ place, operator }: Scene, { path, lines }: Taken): Promise<Findings> {
  return await judge(await place.openDirectly(path), lines, operator.submitted, false);
}

async function judgeEndings(scene: Scene, kind: FinalKind, taken: Taken, found: Findings): Promise<void> {
  const { crew, place } = scene;
  const isSoundNow = kind.leaves !== 'gone' && (await isSound(place.path));
  const isNoticed = taken.workers.some(({ failed }) => failed !== null);
  if (isSoundNow && !isNoticed) return await judgeHealed(scene, found);
  if (kind.leaves !== 'damaged') await judgeNoticed(scene, kind, taken, found);
  // Without its end, a -wal is the complete log of a little earlier to whoever opens it next.
  if (kind.leaves !== 'gone' && !isSoundNow) await judgeHeir(crew, found);
  found.otherwise.push(...complaints(crew, kind.codes));
}

/** Everybody who had the file open must have noticed, and nothing may have been acknowledged afterwards. */
async function judgeNoticed({ place }: Scene, kind: FinalKind, taken: Taken, found: Findings): Promise<void> {
  // An event may be in the file before it is in a journal.
  const events = await eventsOf(await place.openDirectly(taken.path));
  const afterwards = lostAmong(linesIn(place.journals), events).length - found.lost.length;
  if (afterwards > 0 && !kind.takesWhatIsUnderWay) {
    found.stale.push(`${afterwards} events were acknowledged when the file was gone or cut`);
  }
  for (const worker of taken.workers) {
    if (!worker.hasExited) found.otherwise.push('a worker goes on without its file');
    else if (worker.failed === null) found.otherwise.push('a worker ended without saying what became of its file');
  }
}

/** Whoever opens a damaged file must refuse it. */
async function judgeHeir(crew: Crew, found: Findings): Promise<void> {
  const heir = crew.begin();
  await Promise.race([heir.exited, delay(stillMs, undefined, { ref: false })]);
  if (heir.failed === null) found.otherwise.push('a worker was started on the damaged file, and did not refuse it');
}

/** What was damaged was in the -wal too, or was written anew before anybody read it. Then nothing may be missing. */
async function judgeHealed({ place, crew }: Scene, found: Findings): Promise<void> {
  found.lost.push(...lostAmong(linesIn(place.journals), await eventsOf(await place.openDirectly())));
  found.otherwise.push(...complaints(crew, []));
}

async function isSound(path: string): Promise<boolean> {
  const db = await store(`sqlite:${path}`).catch(() => null);
  if (db === null) return false;
  try {
    return (await verify(db)).problemCount === 0;
  } catch {
    return false;
  } finally {
    await db.close();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
