/** Faults of processes: they die, stand still, are told to stop, have a wrong clock; and people intervene. */
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { PassingKind, Scene } from './kinds.js';

/** Longer than any lease of a round: see `leases`. */
const pastTheLeaseMs = { least: 1000, most: 2500 };
/** Bounds of a worker's lease, in milliseconds. */
export const leases = { periodMs: { least: 100, most: 250 }, tolerance: 3 };

function anyWorking({ crew, chance }: Scene) {
  return crew.working.length === 0 ? null : chance.one(crew.working);
}

const fakeTime = ['x86_64-linux-gnu', 'aarch64-linux-gnu']
  .map((machine) => `/usr/lib/${machine}/faketime/libfaketime.so.1`)
  .find((path) => existsSync(path));

/** Puts the clock of one process ahead or back, by so many seconds from the true time. */
function setClock(files: string, seconds: number): void {
  // It is read again and again, and must never be seen half written.
  writeFileSync(`${files}.clock.new`, `${seconds < 0 ? '' : '+'}${seconds}\n`);
  renameSync(`${files}.clock.new`, `${files}.clock`);
}

export const processKinds = {
  kill: {
    passes: true,
    engine: 'any',
    mixes: true,
    what: 'one worker killed',
    strike: async (scene) => {
      anyWorking(scene)?.signal('SIGKILL');
    },
  },
  'kill-all': {
    passes: true,
    engine: 'any',
    mixes: true,
    what: 'all workers killed at once',
    strike: async ({ crew }) => {
      for (const worker of crew.alive) worker.signal('SIGKILL');
    },
  },
  freeze: {
    passes: true,
    engine: 'any',
    mixes: true,
    what: 'one or several workers frozen past the lease, then continued',
    strike: async ({ crew, chance }) => {
      const frozen = chance.some(crew.working, chance.int(1, 2));
      for (const worker of frozen) worker.freeze();
      await delay(chance.int(pastTheLeaseMs.least, pastTheLeaseMs.most));
      for (const worker of frozen) worker.goOn();
    },
  },
  stop: {
    passes: true,
    engine: 'any',
    mixes: true,
    what: 'one or several workers told to stop; what runs is handed back',
    strike: async ({ crew, chance }) => {
      for (const worker of chance.some(crew.working, chance.int(1, 3))) worker.signal('SIGTERM');
    },
  },
  operators: {
    passes: true,
    engine: 'any',
    mixes: true,
    aborts: true,
    what: 'operators abort, retry, pause and resume jobs, graphs, types and all work',
    strike: async ({ operator, chance }) => {
      for (let deed = chance.int(3, 8); deed > 0; deed--) {
        await operator.intervene();
        await delay(chance.int(0, 60));
      }
    },
  },
  clock: {
    passes: true,
    engine: 'any',
    what: 'the clock of a worker put ahead or back by seconds to weeks',
    missing: () => (fakeTime === undefined ? 'libfaketime is not installed (the Debian package faketime)' : null),
    environmentOf: (files) => {
      setClock(files, 0);
      return {
        LD_PRELOAD: fakeTime!,
        FAKETIME_TIMESTAMP_FILE: `${files}.clock`,
        FAKETIME_NO_CACHE: '1',
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
        NO_FAKE_STAT: '1',
      };
    },
    strike: async (scene) => {
      const worker = anyWorking(scene);
      const seconds = scene.chance.one([2, 60, 3600, 7200, 86_400, 1_209_600]);
      if (worker !== null) setClock(worker.files, scene.chance.isTrue(0.5) ? seconds : -seconds);
      await delay(scene.chance.int(200, 800));
    },
  },
} satisfies Record<string, PassingKind>;
