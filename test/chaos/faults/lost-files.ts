/** Faults of the database file that do not pass: it is damaged, cut short, taken away, or replaced. */
import { closeSync, openSync, renameSync, rmSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { install, jobGraph, store, transactGraph } from '../../../src/index.js';
import type { Chance } from '../chance.js';
import { runSqliteProgram } from '../sqlite-program.js';
import type { FinalKind } from './kinds.js';

const pageBytes = 4096;
const ends = ['', '-wal', '-shm'];

/** Overwrites whole pages in the middle, one or many. */
function damage(path: string, chance: Chance): void {
  const pages = Math.floor(statSync(path).size / pageBytes);
  const count = chance.int(1, Math.max(1, Math.floor(pages / 3)));
  const first = chance.int(1, Math.max(1, pages - count - 1));
  const file = openSync(path, 'r+');
  writeSync(
    file,
    Buffer.alloc(count * pageBytes, chance.one(['\0', '\x55', '\xff']), 'latin1'),
    0,
    count * pageBytes,
    first * pageBytes,
  );
  closeSync(file);
}

/** A store of somebody else, complete and sound. */
async function makeOther(path: string): Promise<void> {
  const db = await store(`sqlite:${path}`);
  await install(db);
  await transactGraph(db, jobGraph({ jobs: { only: { type: 'unhandled' } } }, {}, { id: 'other' }));
  await db.close();
}

const gone = { passes: false, engine: 'sqlite', leaves: 'gone', codes: ['store-gone'] } as const;

const damaged = {
  passes: false,
  engine: 'sqlite',
  codes: ['store-damaged', 'store-not-a-database'],
  // So that there is something in the file itself.
  prepare: (path: string) => runSqliteProgram('checkpointer.ts', path),
} as const;

const cut = (path: string, chance: Chance) =>
  truncateSync(path, Math.floor((statSync(path).size * chance.int(1, 9)) / 10));

export const lostFileKinds = {
  damaged: { ...damaged, leaves: 'damaged', what: 'pages in the middle of the file overwritten', strike: damage },
  truncated: { ...damaged, leaves: 'cut', what: 'the file cut short', strike: cut },
  'wal-truncated': {
    ...damaged,
    leaves: 'cut',
    takesWhatIsUnderWay: true,
    what: 'the -wal cut short',
    strike: (path, chance) => cut(`${path}-wal`, chance),
  },
  deleted: {
    ...gone,
    what: 'the file deleted, alone or with its -wal',
    strike: (path, chance) => {
      for (const end of chance.one([[''], ends])) rmSync(path + end);
    },
  },
  moved: {
    ...gone,
    what: 'the file moved away, alone or with its -wal',
    strike: (path, chance) => {
      for (const end of chance.one([[''], ends])) renameSync(path + end, `${path}.moved${end}`);
    },
  },
  replaced: {
    ...gone,
    what: 'another store put in the file’s place',
    leavesAnother: true,
    prepare: (path) => makeOther(`${path}.other`),
    strike: (path) => renameSync(`${path}.other`, path),
  },
  renewed: {
    ...gone,
    what: 'the file deleted, and a new store made at its path',
    leavesAnother: true,
    strike: async (path) => {
      for (const end of ends) rmSync(path + end);
      await makeOther(path);
    },
  },
  'wal-deleted': { ...gone, what: 'the -wal deleted', strike: (path) => rmSync(`${path}-wal`) },
  'wal-replaced': {
    ...gone,
    what: 'the -wal moved away or replaced by an empty one',
    strike: (path, chance) => {
      if (chance.isTrue(0.5)) return renameSync(`${path}-wal`, `${path}.moved-wal`);
      writeFileSync(`${path}.empty`, '');
      renameSync(`${path}.empty`, `${path}-wal`);
    },
  },
} satisfies Record<string, FinalKind>;
