/** Faults around the database file that pass: locks, full disks, permissions, copies. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, existsSync, rmSync, statfsSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { store, verify } from '../../../src/index.js';
import { type Acknowledged, journalBytes } from '../journal.js';
import { journalsIn } from '../crew.js';
import { eventsOf, lostAmong } from '../judge.js';
import { whyNoDisk } from '../place.js';
import { runSqliteProgram } from '../sqlite-program.js';
import type { PassingKind, Scene } from './kinds.js';

const busyTimeoutMs = 250;
const diskBytes = 48 * 1024 * 1024;
const fileBytesLeast = 256 * 1024;

/** Writes until no byte more fits. */
function fill(file: string): void {
  for (let bytes = 1024 * 1024; bytes >= 512;) {
    try {
      appendFileSync(file, Buffer.alloc(bytes));
    } catch {
      bytes = Math.floor(bytes / 2);
    }
  }
}

/** What everybody must be able to read in a copy that is made from now on. */
function acknowledgedIn(folder: string): readonly Acknowledged[] {
  return journalsIn(folder).flatMap(({ lines }) => lines.filter((line) => line.kind === 'acknowledged'));
}

/** A copy must hold all that was acknowledged before, and be sound. @param mayBeDamaged if it says so itself */
async function checkCopy(path: string, before: readonly Acknowledged[], mayBeDamaged: boolean): Promise<void> {
  const complain = (why: string) => new Error(`the copy ${path}: ${why}`);
  const db = await store(`sqlite:${path}`);
  try {
    const { problemCount, problems } = await verify(db);
    if (problemCount > 0) {
      if (mayBeDamaged) return;
      throw complain(problems[0]!.problem);
    }
    const lost = lostAmong(before, await eventsOf(db));
    if (lost.length > 0) throw complain(`it is said to be sound, and ${lost.length} events are missing: ${lost[0]}`);
  } finally {
    await db.close();
  }
}

async function copyHot({ place, chance }: Scene): Promise<void> {
  const before = acknowledgedIn(place.journals);
  const copy = join(place.folder, 'copy.db');
  try {
    await runSqliteProgram('copier.ts', place.path, copy);
    await checkCopy(copy, before, false);
  } finally {
    for (const end of ['', '-wal', '-shm']) rmSync(copy + end, { force: true });
  }
  await delay(chance.int(0, 200));
}

interface Permission {
  readonly take: string;
  readonly mode: number;
}

async function withoutPermission({ place, crew, chance }: Scene): Promise<void> {
  const { path, storeFolder } = place;
  const { take, mode }: Permission = chance.one([
    { take: storeFolder, mode: 0 },
    { take: storeFolder, mode: 0o500 },
    { take: path, mode: 0 },
    { take: path, mode: 0o400 },
    { take: `${path}-wal`, mode: 0 },
  ]);
  const given = statSync(take, { throwIfNoEntry: false })?.mode;
  if (given === undefined) return;
  chmodSync(take, mode);
  try {
    await delay(chance.int(100, 500));
    // Whoever has the file open may go on. Whoever comes anew must be told.
    if (crew.working.length > 0) chance.one(crew.working).signal('SIGKILL');
    await delay(chance.int(500, 1500));
  } finally {
    chmodSync(take, given & 0o777);
  }
}

async function withSmallFiles({ place, crew, chance }: Scene): Promise<void> {
  const journals = crew.processes.map(({ files }) => journalBytes(`${files}.journal`));
  // The journals must be able to grow.
  const bytes = Math.max(fileBytesLeast, journalBytes(`${place.path}-wal`), 2 * Math.max(...journals));
  const limited = crew.working.map(({ pid }) => pid);
  const limit = (value: string) => {
    for (const pid of limited) {
      try {
        execFileSync('prlimit', ['--pid', String(pid), `--fsize=${value}:`], { stdio: 'ignore' });
      } catch {
        // It has ended meanwhile.
      }
    }
  };
  limit(String(bytes));
  await delay(chance.int(500, 1500));
  limit('unlimited');
}

/** Why the limits of processes cannot be changed here, or null. */
function whyNoLimits(): string | null {
  try {
    execFileSync('prlimit', ['--pid', String(process.pid), '--fsize'], { stdio: 'ignore' });
    return null;
  } catch {
    return 'prlimit is not installed';
  }
}

export const fileKinds = {
  lock: {
    passes: true,
    engine: 'sqlite',
    mixes: true,
    what: 'another program holds the write lock, several times longer than an append waits',
    needs: { busyTimeoutMs },
    codes: ['store-locked'],
    strike: ({ place, chance }) =>
      runSqliteProgram('locker.ts', place.path, String(busyTimeoutMs * chance.int(2, 4)), String(chance.int(1, 3))),
  },
  'disk-full': {
    passes: true,
    engine: 'sqlite',
    what: 'the disk filled to the last byte, then emptied',
    needs: { diskBytes },
    missing: ({ scratch }) => whyNoDisk(scratch),
    codes: ['store-full', 'store-unavailable', 'store-read-only'],
    strike: async ({ place, chance }) => {
      const filling = join(place.storeFolder, 'filling');
      fill(filling);
      await delay(chance.int(500, 1500));
      // A little room for a while, then all of it.
      truncateSync(
        filling,
        Math.max(0, statSync(filling).size - statfsSync(place.storeFolder).bsize * chance.int(1, 20)),
      );
      await delay(chance.int(0, 300));
      rmSync(filling);
    },
  },
  'file-limit': {
    passes: true,
    engine: 'sqlite',
    what: 'no file of a worker may grow, for a while (EFBIG)',
    missing: whyNoLimits,
    codes: ['store-full', 'store-unavailable'],
    strike: withSmallFiles,
  },
  permissions: {
    passes: true,
    engine: 'sqlite',
    what: 'the permissions of the file, its -wal or its folder taken and given back',
    needs: { permissions: true },
    missing: () => (existsSync('/proc/self') ? null : 'only tried on Linux'),
    codes: ['store-read-only', 'store-unavailable', 'store-folder-missing'],
    strike: withoutPermission,
  },
  'hot-copy': {
    passes: true,
    engine: 'sqlite',
    what: 'the store copied in mid-work with SQLite’s own backup; the copy opened, verified and compared',
    strike: copyHot,
  },
  'raw-copy': {
    passes: true,
    engine: 'sqlite',
    what: 'the bare files copied in mid-work: the copy is whole, or says that it is damaged',
    strike: async ({ place, chance }) => {
      const before = acknowledgedIn(place.journals);
      const copy = join(place.folder, 'raw.db');
      try {
        // By another program: closing the file in this process would end the locks of the operator's handle.
        for (const end of chance.isTrue(0.5) ? ['', '-wal'] : ['-wal', '']) {
          execFileSync('cp', [place.path + end, copy + end]);
        }
        await checkCopy(copy, before, true);
      } finally {
        for (const end of ['', '-wal', '-shm']) rmSync(copy + end, { force: true });
      }
      await delay(chance.int(0, 200));
    },
  },
} satisfies Record<string, PassingKind>;
