/** Runs in a thread of its own: reads a file's events and answers with the audit's tree over them. See tree-thread.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import Sqlite from 'better-sqlite3';
import type { TreeRequest } from './tree-thread.js';
import { readTree } from './tree-reader.js';

const { path, namespace, upTo } = workerData as TreeRequest;
const db = new Sqlite(path, { readonly: true, fileMustExist: true });
try {
  parentPort!.postMessage(readTree(db, namespace, upTo));
} finally {
  db.close();
}
