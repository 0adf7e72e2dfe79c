/**
 * Stops workers, many times and in many ways, and checks that none of them leaves a job started, or ends with an exit
 * code that the guide does not name. By hand: `node --import tsx scripts/soak/stops.ts [COUNT] [WAY…]`.
 *
 * It works on what `npm run build` has made. The way `process 1` needs `unshare` and the rights for it; `store full`
 * needs the right to mount.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { graphInfo, install, jobGraph, store, transactGraph } from 'overseer';
import { type Begun, layOut, type Way, ways } from './ways-to-stop.js';

const atOnce = 8;
const jobs = 60;
const longestMs = 60_000;

interface Round {
  readonly code: number | null;
  readonly left: number;
  /** What is wrong with it, if anything. */
  readonly complaint: string | null;
}

async function playRound(name: string, way: Way, number: number): Promise<Round> {
  const folder = mkdtempSync(join(tmpdir(), 'stops-'));
  layOut(folder);
  way.prepare?.(folder);
  try {
    const graphId = await submit(folder);
    const begun = way.begin(folder);
    const isEarly = way.mayBeEarly && number % 5 === 0;
    if (isEarly) await delay(Math.random() * 700);
    else await someJobBegun(folder, begun);
    await way.stop(begun, folder, number % 2 === 0 ? 'SIGTERM' : 'SIGINT');
    const code = await Promise.race([
      begun.ended,
      delay(longestMs, undefined, { ref: false }).then(() => 'late' as const),
    ]);
    if (code === 'late') begun.kill();
    way.afterwards?.(folder);
    const left = await leftStarted(folder, graphId);
    const expected = isEarly ? [...way.codes, null, 130, 143] : way.codes;
    const complaint =
      code === 'late'
        ? `${name}, round ${number}: it had not ended after a minute`
        : left > 0 && way.mayWrite
          ? `${name}, round ${number}: ${left} jobs are left started`
          : expected.includes(code)
            ? null
            : `${name}, round ${number}: exit code ${code}`;
    return { code: code === 'late' ? null : code, left, complaint };
  } finally {
    way.cleanUp?.(folder);
    rmSync(folder, { recursive: true, force: true });
  }
}

const addressIn = (folder: string) => `sqlite:${join(folder, 'store', 'overseer.db')}`;

async function submit(folder: string): Promise<string> {
  const db = await store(addressIn(folder));
  try {
    await install(db);
    const named = Array.from({ length: jobs }, (_, at) => [`job-${at}`, { type: at % 20 === 19 ? 'busy' : 'short' }]);
    const { graphId } = await transactGraph(db, jobGraph({ jobs: Object.fromEntries(named) as never }));
    return graphId;
  } finally {
    await db.close();
  }
}

async function leftStarted(folder: string, graphId: string): Promise<number> {
  const db = await store(addressIn(folder));
  try {
    const info = await graphInfo(db, graphId);
    return Object.values(info.jobs).filter(({ status }) => status === 'started').length;
  } finally {
    await db.close();
  }
}

async function someJobBegun(folder: string, { ended }: Begun): Promise<void> {
  let isOver = false;
  void ended.then(() => (isOver = true));
  const since = Date.now();
  while (!existsSync(join(folder, 'begun')) && !isOver) {
    if (Date.now() - since > longestMs) throw new Error(`no job was begun: ${said(folder)}`);
    await delay(10);
  }
  await delay(Math.random() * 150);
}

function said(folder: string): string {
  const file = join(folder, 'said');
  return existsSync(file) ? readFileSync(file, 'utf8').slice(-2000) : 'nothing was said';
}

async function playWay(name: string, way: Way, count: number): Promise<number> {
  const codes = new Map<number | null, number>();
  const complaints: string[] = [];
  let left = 0;
  let next = 0;
  const startedAt = Date.now();
  const slot = async () => {
    for (let number = next++; number < count; number = next++) {
      const round = await playRound(name, way, number).catch((error: unknown): Round => ({
        code: null,
        left: 0,
        complaint: `${name}, round ${number}: ${String(error)}`,
      }));
      codes.set(round.code, (codes.get(round.code) ?? 0) + 1);
      left += round.left;
      if (round.complaint !== null) complaints.push(round.complaint);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, slot));
  const told = [...codes].map(([code, times]) => `${code}: ${times}`).join(', ');
  const seconds = Math.round((Date.now() - startedAt) / 1000);
  say(`${name}: ${count} stops in ${seconds} s, jobs left started ${left}, exit codes ${told}`);
  for (const complaint of complaints.slice(0, 10)) say(`  ${complaint}`);
  return complaints.length;
}

const say = (line: string) => process.stdout.write(`${line}\n`);

const [count = '50', ...names] = process.argv.slice(2);
let wrong = 0;
for (const [name, way] of Object.entries(ways)) {
  if (names.length === 0 || names.includes(name)) wrong += await playWay(name, way, Number(count));
}
say(wrong === 0 ? 'all of them stopped well' : `${wrong} did not stop well`);
process.exit(wrong === 0 ? 0 : 1);
