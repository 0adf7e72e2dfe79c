/**
 * `npm start`: audits the installed dependencies of a project, by default of the one this file belongs to. This process
 * submits the graph and watches; two others do the work.
 *
 *     npm start -- [--root DIR] [--out DIR] [--store URL]
 */
import { createWriteStream, existsSync, mkdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import pc from 'picocolors';
import {
  exportIncident,
  type GraphInfo,
  history,
  install,
  OverseerError,
  setLimit,
  startProcesses,
  type Store,
  store,
  transactGraph,
  waitForGraph,
} from 'overseer';
import { auditGraph, runNameAt } from './audit.js';
import { AuditError } from './discover.js';
import { commandLines, failureSentence, incidentName, summaryLines } from './ending.js';
import { type ProgressDisplay, showProgress } from './progress.js';
import { readStory } from './story.js';
import { plain } from './wording.js';

const workerOptions = {
  processes: 2,
  concurrency: 4,
  // A lease of 5 s instead of the default 30 s: should a process be killed, its jobs are soon another's.
  heartbeat: { sleepTime: 1000, tolerance: 5 },
};
/** How many packages are read whole at a time, over both processes. More makes a disk no faster, and the memory fuller. */
const readersMost = 4;
/** Each process loads the handlers from there. */
const handlersFile = new URL(import.meta.filename.endsWith('.ts') ? './audit.ts' : './audit.js', import.meta.url);

const help = `Audits the dependencies installed in a project's node_modules.

  --root DIR   the project; default: the one this example belongs to
  --out DIR    where to write; default: out/<now> beside this example
  --store URL  where the history goes; default: audit.db in that folder. Another one: esdb://localhost:2113?tls=false
`;

interface Options {
  readonly root: string;
  readonly out: string;
  readonly address: string;
  readonly graphId: string;
}

function readOptions(args: readonly string[]): Options | 'help' {
  const text = { type: 'string' } as const;
  const options = { root: text, out: text, store: text, help: { type: 'boolean' } } as const;
  const { values } = parseArgs({ args: [...args], options });
  if (values.help === true) return 'help';
  const run = runNameAt(new Date());
  const here = import.meta.dirname;
  const out = resolve(values.out ?? join(here, 'out', run));
  return {
    root: resolve(values.root ?? join(here, '..', '..')),
    out,
    address: values.store ?? `sqlite:${join(out, 'audit.db')}`,
    graphId: `dependency-audit-${run}`,
  };
}

/** Runs an audit to its end and returns the exit code. */
async function audit({ root, out, address, graphId }: Options): Promise<number> {
  const startedAt = performance.now();
  if (existsSync(join(out, 'audit.db')))
    throw new AuditError(`${out} holds the history of another audit; give another folder with --out`);
  const graph = auditGraph({ root, out }, graphId);
  mkdirSync(out, { recursive: true });
  const db = await store(address);
  try {
    await install(db);
    await setLimit(db, 'reading', { concurrency: readersMost }, { reason: 'hashing reads every file' });
    await transactGraph(db, graph);
    const total = Object.keys(graph.jobs).length;
    console.log(pc.bold(`\nDependency audit of ${plain(graph.labels['project'] ?? root)}`));
    const ended = await runToEnd(db, address, graphId, total);
    const story = await readStory(history(db, graphId));
    await writeIncident(db, graphId, join(out, incidentName));
    const tookMs = performance.now() - startedAt;
    const ending = { graph: ended, story, out, address: db.address, tookMs };
    if (ended.status !== 'finished') console.error(`\n${pc.red('Failed:')} ${failureSentence(ended)}`);
    for (const line of ended.status === 'finished' ? summaryLines(ending) : []) console.log(line);
    for (const line of commandLines(ending)) console.log(line);
    return ended.status === 'finished' ? 0 : 1;
  } finally {
    await db.close();
  }
}

/** The run as a page that anybody can open: its whole history is in the file. */
async function writeIncident(db: Store, graphId: string, file: string): Promise<void> {
  await pipeline(exportIncident(db, { graphId }), createWriteStream(file));
}

/** Starts the worker processes, shows their progress, and stops them when the graph has ended or the user interrupts. */
async function runToEnd(db: Store, address: string, graphId: string, total: number): Promise<GraphInfo> {
  const givenUp = new AbortController();
  const giveUp = (why: string) => givenUp.abort(new AuditError(`${why}; ${goOn(db.address)}`));
  const display = showProgress(total, process.stdout);
  const say = (_: object, message: string) => display.say(message);
  const logger = { debug() {}, info() {}, warn: say, error: say };
  // Handlers tell the story of the run, and read it from there; the processes inherit it.
  process.env['OVERSEER_STORE'] = address;
  const workers = await startProcesses({ ...workerOptions, logger }, address, handlersFile).catch((error: unknown) => {
    display.close();
    throw error;
  });
  workers.stopped.catch((error: Error) => giveUp(error.message));
  display.say(`workers with pid ${workers.workers.map(({ pid }) => pid).join(' and ')}`);
  const interrupted = () => giveUp('interrupted');
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  const watched = watch(db, graphId, display, givenUp.signal).catch((error: unknown) => {
    display.say(`the progress cannot be shown any more: ${String(error)}`);
  });
  try {
    return await waitForGraph(db, graphId, { signal: givenUp.signal });
  } catch (error) {
    throw givenUp.signal.aborted ? givenUp.signal.reason : error;
  } finally {
    await workers.stop().catch((error: Error) => display.say(error.message));
    givenUp.abort();
    await watched;
    display.close();
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
  }
}

/** Nothing is lost when the processes end: the log has all that was done, and any worker can do the rest. */
function goOn(address: string): string {
  const file = relative(process.cwd(), join(import.meta.dirname, 'graph.ts'));
  return `what is done is kept, and this does the rest:\n  npx overseer worker ${file} --store ${address}`;
}

async function watch(db: Store, graphId: string, display: ProgressDisplay, signal: AbortSignal): Promise<void> {
  for await (const event of history(db, graphId, { follow: true, signal })) display.hear(event);
}

async function main(): Promise<number> {
  try {
    const options = readOptions(process.argv.slice(2));
    if (options !== 'help') return await audit(options);
    console.log(help);
    return 0;
  } catch (error) {
    // These say what is wrong in a sentence; anything else is a bug of this program, and shows where it comes from.
    const isExpected = error instanceof AuditError || error instanceof OverseerError || isUsage(error);
    console.error(isExpected ? `${pc.red('Failed:')} ${(error as Error).message}` : error);
    return 1;
  }
}

function isUsage(error: unknown): boolean {
  return error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}

process.exitCode = await main();
