/** Stores in files of which a part is archived, and looks into their files. */
import { join } from 'node:path';
import Sqlite, { type Database } from 'better-sqlite3';
import {
  archiveGraphs,
  install,
  jobGraph,
  start,
  store,
  type Store,
  transactGraph,
  waitForGraph,
} from '../../../src/index.js';
import { rightOf } from '../../support/right.js';
import { temporaryFolder } from '../../support/stores.js';

export const graphOf = (id: string) => jobGraph({ a: [], b: ['a'] }, { id }, { id });
export const handlers = { a: () => ({ rows: 3 }), b: () => 'x' };

export interface Archived {
  readonly db: Store;
  readonly path: string;
  /** The path of an archive. */
  readonly file: (id: number) => string;
}

/** A store in which `early` and `late` ran and were archived, each in a file of its own; `there` has been submitted since. */
export async function archived(): Promise<Archived> {
  const path = join(temporaryFolder(), 'overseer.db');
  const db = await store(`sqlite:${path}`);
  await install(db);
  for (const id of ['early', 'late']) {
    const worker = await start({}, db, handlers);
    await transactGraph(db, graphOf(id));
    await waitForGraph(db, id);
    await worker.stop();
    await transactGraph(db, graphOf(`after ${id}`));
    await archiveGraphs(db, { olderThan: 0 });
  }
  return { db, path, file: (id) => join(`${path}-archive`, `000${id}.jsonl.gz`) };
}

async function inFile<A>(db: Store, look: (file: Database) => A): Promise<A> {
  const file = new Sqlite(String((await rightOf(db.log.describe!()))['file']));
  try {
    return look(file);
  } finally {
    file.close();
  }
}

/** The graphs of which something is in an archive. */
export async function graphsArchivedIn(db: Store): Promise<readonly string[]> {
  const sql = 'select distinct name from graphs join archived_graphs on graph = id order by name';
  return await inFile(db, (file) => file.prepare(sql).pluck().all() as string[]);
}

/** How large the file is, with what is in its -wal. */
export async function pagesOf(db: Store): Promise<number> {
  return await inFile(db, (file) => file.pragma('page_count', { simple: true }) as number);
}

export async function snapshotsDeletedFrom(db: Store): Promise<void> {
  await inFile(db, (file) => file.exec('delete from snapshots'));
}
