// takes: 40s
// time-limit: 300s
/** The example that `npm start` runs, on the packages this project itself has installed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { graphInfo, graphs, type JobInfo, type Store, store } from '../../src/index.js';
import { eventually } from '../support/eventually.js';
import { assert, describe } from '../support/spec.js';
import { temporaryFolder } from '../support/stores.js';
import {
  type AuditEnd,
  type AuditRun,
  type AuditTraces,
  notFinishedOnce,
  readTraces,
  startAudit,
} from './audit-run.js';

const root = join(import.meta.dirname, '../..');
const commandLine = join(root, 'dist/cli/main.js');

/** Runs a line of shell in the project's folder, with nothing to read; returns all it printed. */
async function shell(script: string): Promise<{ readonly code: number | null; readonly printed: string }> {
  const child = spawn('bash', ['-c', script], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, printed };
}

const ownAudit = describe('npm start', { timeoutMs: 120_000 });
let end: AuditEnd;
let traces: AuditTraces;
const out = temporaryFolder();

ownAudit.before(async () => {
  const { ended } = startAudit(out);
  end = await ended;
  traces = await readTraces(out);
});

ownAudit.test(
  'given the packages of this project, when audited, then it ends well and says where the reports lie',
  () => {
    assert.is(end.exitCode, 0, end.printed);
    assert.is(traces.graph.status, 'finished');
    assert.match(end.printed, /report\.html/);
    assert.match(end.printed, /report\.txt/);
    assert.match(end.printed, new RegExp(`npx overseer history ${traces.graph.id}/settle`));
  },
);

ownAudit.test('then each of the commands it ends with works on the history it has written', async () => {
  const store = /export (OVERSEER_STORE=.*)$/m.exec(end.printed)![1]!;
  const commands = [...end.printed.matchAll(/^ {2}npx overseer (.*?) {2,}\S/gm)].map(([, command]) => command!);
  assert.ok(commands.length > 10, `it names ${commands.length} commands`);
  for (const command of commands) {
    // It serves until it is stopped; and the page is for a person to open.
    if (command === 'ui --open') continue;
    const script = `export ${store}; exec ${process.execPath} ${commandLine} ${command}`;
    const { code, printed } = await shell(script);
    assert.is(code, 0, `${command}: ${printed}`);
    assert.ok(printed.length > 0, command);
  }
});

ownAudit.test('then the web UI shows the run, and the incident file beside the reports has all of it', async () => {
  const store = /export OVERSEER_STORE=(.*)$/m.exec(end.printed)![1]!;
  const args = [commandLine, 'ui', '--port', '0', '--store', store];
  // Where CI is set, the address would be printed in colour.
  const env = { ...process.env, NO_COLOR: '1' };
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const address = /http:\S+/.exec(line.toString())![0];
  const answer = await fetch(`${address}api/graphs/${traces.graph.id}/events`);
  const lines = (await answer.text()).trimEnd().split('\n');
  child.kill('SIGTERM');
  const [code] = (await once(child, 'exit')) as [number];
  assert.is(answer.status, 200, lines[0]);
  assert.equal([lines.length, code], [traces.events.length, 0]);
  const { code: verified, printed } = await shell(
    `exec ${process.execPath} ${commandLine} verify --store ${join(out, 'incident.html')}`,
  );
  assert.is(verified, 0, printed);
  assert.match(printed, `${traces.events.length.toLocaleString('en-US')} events of 1 graph`);
});

ownAudit.test('then both reports have the packages, files and bytes that are there', () => {
  const { packages, files, bytes } = installedHere();
  const { inventory } = traces.summary;
  assert.equal([inventory.packages, inventory.files, inventory.bytes], [packages, files, bytes]);
  assert.match(traces.text, `packages    ${packages.toLocaleString('en-US')}:`);
  assert.match(traces.text, `in ${files.toLocaleString('en-US')} files`);
  assert.match(traces.html, `<b>${packages.toLocaleString('en-US')}</b>`);
  assert.match(traces.html, `in ${files.toLocaleString('en-US')} files`);
});

ownAudit.test('then the text report keeps to its hundred columns', () => {
  const tooLong = traces.text.split('\n').filter((line) => [...line].length > 100);
  assert.equal(tooLong, []);
});

ownAudit.test('then settle has faulted once and recovered, and the reports say so', () => {
  const told = traces.events.filter(({ jobId, type }) => jobId === 'settle' && type !== 'Heartbeat');
  const names = told.map(({ type }) => type);
  assert.equal(names, ['JobStarted', 'JobFaulted', 'JobStarted', 'JobFinished']);
  const [faulted] = told.filter((event) => event.type === 'JobFaulted');
  assert.is(faulted!.data.cause, 'fault');
  assert.match(traces.text, 'settle faulted once and recovered:');
  assert.match(traces.html, /<code>settle<\/code> faulted once and recovered/);
  assert.match(end.printed, /settle faulted once and recovered/);
});

ownAudit.test('then every job has finished exactly once, in two processes besides the one that submitted them', () => {
  const pids = new Set(traces.events.flatMap((event) => (event.type === 'JobStarted' ? [event.data.worker.pid] : [])));
  assert.equal(notFinishedOnce(traces), []);
  assert.is(pids.size, 2);
});

ownAudit.run();

const interrupted = describe('npm start, when a worker is killed', { timeoutMs: 120_000 });

interrupted.test('then the other one takes its jobs over and nothing is lost', async () => {
  const run = startAudit(temporaryFolder());
  const held = await killOneAtWork(run);
  const { exitCode, printed } = await run.ended;
  assert.is(exitCode, 0, printed);
  const traces = await readTraces(run.out);
  assert.equal(notFinishedOnce(traces), []);
  const expired = traces.events.flatMap((event) =>
    event.type === 'JobFaulted' && event.data.cause === 'lease-expired' ? [event.jobId] : [],
  );
  assert.equal(expired.sort(), held.map(({ id }) => id).sort());
  assert.is(traces.summary.inventory.packages, installedHere().packages);
});

interrupted.run();

/** Counted without the audit's code: from npm's list of what it has installed, and the files in those folders. */
function installedHere(): { readonly packages: number; readonly files: number; readonly bytes: number } {
  const list = JSON.parse(readFileSync('node_modules/.package-lock.json', 'utf8'));
  const locations = new Set(Object.keys(list.packages));
  const isInPackage = (folder: string): boolean =>
    locations.has(folder) || (folder.includes('/') && isInPackage(folder.slice(0, folder.lastIndexOf('/'))));
  const entries = readdirSync('node_modules', { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && isInPackage(entry.parentPath));
  const bytes = files.map(({ parentPath, name }) => statSync(join(parentPath, name)).size);
  return { packages: locations.size, files: files.length, bytes: bytes.reduce((sum, size) => sum + size, 0) };
}

/**
 * Kills a worker that is certainly running a job: it is suspended first, so that its claims cannot change any more, and
 * continued if it has none.
 */
async function killOneAtWork(run: AuditRun): Promise<readonly JobInfo[]> {
  await eventually('the workers are named', () => /workers with pid \d+/.test(run.printed()), 30_000);
  const pid = Number(/workers with pid (\d+)/.exec(run.printed())![1]);
  const db = await store(`sqlite:${join(run.out, 'audit.db')}`);
  const holdsSome = async () => (await heldBy(db, pid)).length > 0;
  for (;;) {
    await eventually('the worker holds a job', holdsSome, 30_000);
    process.kill(pid, 'SIGSTOP');
    const held = await heldBy(db, pid);
    process.kill(pid, held.length > 0 ? 'SIGKILL' : 'SIGCONT');
    if (held.length === 0) continue;
    await db.close();
    return held;
  }
}

async function heldBy(db: Store, pid: number): Promise<readonly JobInfo[]> {
  const [found] = (await graphs(db)).items;
  const { jobs } = await graphInfo(db, found!.id);
  return Object.values(jobs).filter((job) => job.worker?.pid === pid);
}
