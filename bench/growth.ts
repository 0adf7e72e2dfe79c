/**
 * What work costs when ever more has been done before it: with 1,000, 100,000 and 1,000,000 finished jobs behind, and with the
 * same jobs archived.
 *
 * Each measurement is a process of its own on a copy of a file that was filled before, and the files take turns. So no
 * garbage of the filling, and no heap that has grown with one file, is measured with another.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { constants, copyFileSync, cpSync, existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { install, jobGraph, store, type Store, transactGraph } from 'overseer';
import type { Archiving, Reading } from './growth-worker.js';
import { fillWithFinishedJobs } from './finished-jobs.js';
import { type Figure, freshAddress, isQuick, measured, report } from './measure.js';
import { median } from './statistics.js';

const sizes = isQuick ? [1000, 20_000] : [1000, 100_000, 1_000_000];
const rounds = isQuick ? 1 : 5;
/** In diamonds, before what is measured and within it. */
const warmDiamonds = 500;
const diamonds = isQuick ? 1000 : 2500;

interface Filled {
  readonly size: number;
  /** Of the file. Its archives, if it has any, are beside it. */
  readonly path: string;
  readonly isArchived: boolean;
}

function bytesOf(path: string): number {
  const archives = existsSync(`${path}-archive`) ? readdirSync(`${path}-archive`) : [];
  return archives.reduce((sum, name) => sum + statSync(join(`${path}-archive`, name)).size, statSync(path).size);
}

const pathOf = (address: string) => address.replace('sqlite:', '');

/** A file that holds so many jobs, all of them finished, and no snapshot. */
async function filled(size: number): Promise<Filled> {
  const address = freshAddress();
  const db = await store(address);
  await install(db);
  await fillWithFinishedJobs(db, size);
  await db.close();
  return { size, path: pathOf(address), isArchived: false };
}

function copyOf({ path }: Filled): string {
  const copy = pathOf(freshAddress());
  copyFileSync(path, copy, constants.COPYFILE_FICLONE);
  if (existsSync(`${path}-archive`)) cpSync(`${path}-archive`, `${copy}-archive`, { recursive: true });
  return copy;
}

async function answerOf<A>(child: ChildProcess): Promise<A> {
  const [answer] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => Promise.reject(new Error('a process of the benchmark ended early'))),
  ])) as [A];
  return answer;
}

function begin(task: string, path: string): ChildProcess {
  const script = join(import.meta.dirname, 'growth-worker.ts');
  return fork(script, [task, `sqlite:${path}`], { execArgv: ['--import', 'tsx', '--expose-gc'] });
}

async function submitDiamonds(db: Store, count: number): Promise<void> {
  const diamond = { a: [], b: ['a'], c: ['a'], d: ['b', 'c'] };
  const jobs = Object.fromEntries(Object.entries(diamond).map(([id, after]) => [id, { type: 'noop', after }]));
  await Promise.all(Array.from({ length: count }, () => transactGraph(db, jobGraph({ jobs }))));
}

/** What one process measures on a copy: the first start, without a snapshot, and one after it, and then what jobs cost. */
async function measuredOn(file: Filled): Promise<Reading> {
  const path = copyOf(file);
  const db = await store(`sqlite:${path}`);
  try {
    const first = begin('start', path);
    const { startMs: firstStartMs } = await answerOf<Reading>(first);
    if (first.exitCode === null) await once(first, 'exit');
    const second = begin('work', path);
    await answerOf(second);
    await submitDiamonds(db, warmDiamonds);
    second.send(4 * warmDiamonds);
    await answerOf(second);
    await submitDiamonds(db, diamonds);
    second.send(4 * diamonds);
    const reading = await answerOf<Reading>(second);
    if (second.exitCode === null) await once(second, 'exit');
    return { ...reading, firstStartMs };
  } finally {
    await db.close();
    rmSync(path);
    rmSync(`${path}-archive`, { recursive: true, force: true });
  }
}

async function archivedCopy(file: Filled): Promise<Filled & { readonly archiving: Archiving }> {
  const path = copyOf(file);
  const child = begin('archive', path);
  const archiving = await answerOf<Archiving>(child);
  if (child.exitCode === null) await once(child, 'exit');
  return { size: file.size, path, isArchived: true, archiving };
}

const files: Filled[] = [];
for (const size of sizes) files.push(await filled(size));
const archived: (Filled & { readonly archiving: Archiving })[] = [];
for (const file of files) archived.push(await archivedCopy(file));

const all = [...files, ...archived];
const readings = new Map<Filled, Reading[]>(all.map((file) => [file, []]));
for (let round = 0; round < rounds; round++) for (const file of all) readings.get(file)!.push(await measuredOn(file));

const inWords = (count: number) => count.toLocaleString('en');
const behind = ({ size, isArchived }: Filled) => `${inWords(size)} finished jobs ${isArchived ? 'archived' : 'behind'}`;
const note = `a process of its own for each, in turn, sqlite FULL, ${rounds === 1 ? 'one round' : `median of ${rounds}`}`;
const each = (what: string, unit: string, read: (reading: Reading) => number): Figure[] =>
  all.map((file) => ({ what: `${what}, ${behind(file)}`, ...measured(readings.get(file)!.map(read)), unit, note }));

const least = files[0]!;
const most = files.at(-1)!;
const ratios = readings.get(most)!.map(({ cpuOfJob }, round) => cpuOfJob / readings.get(least)![round]!.cpuOfJob);
const largest = archived.at(-1)!;
const mebibytes = (bytes: number) => bytes / 2 ** 20;

report([
  ...each('processor time of a job', 'µs', ({ cpuOfJob }) => cpuOfJob),
  {
    what: `processor time of a job, ${inWords(most.size)} behind ÷ ${inWords(least.size)} behind`,
    ...measured(ratios),
    value: median(ratios),
    unit: '×',
    target: { atMost: 1.1 },
    note,
  },
  ...each('memory of a worker', 'MiB', ({ residentBytes }) => mebibytes(residentBytes)),
  ...each('start of a worker to a job’s end, with a snapshot', 'ms', ({ startMs }) => startMs),
  ...each('start of a worker to a job’s end, without a snapshot', 'ms', ({ firstStartMs }) => firstStartMs),
  ...all.map((file): Figure => ({
    what: `size on the disk, ${behind(file)}`,
    value: mebibytes(bytesOf(file.path)),
    unit: 'MiB',
    note: file.isArchived
      ? `of which the file itself ${Math.round(mebibytes(statSync(file.path).size))} MiB, after \`--compact\``
      : `${Math.round(statSync(file.path).size / file.size)} bytes a job`,
  })),
  {
    what: `archiving ${inWords(largest.size)} jobs`,
    value: largest.archiving.seconds,
    unit: 's',
    note: `${largest.archiving.cpuOfEvent.toFixed(1)} µs of processor time an event; longest batch ${Math.round(largest.archiving.longestBatchMs)} ms`,
  },
]);
