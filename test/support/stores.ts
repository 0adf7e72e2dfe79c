import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freshNamespace, noServer, serverAddress } from './eventstoredb.js';
import { exportLog, type ExportOptions, install, store, type Store, type StoreOptions } from '../../src/index.js';

/** How durable the sqlite stores of a test run are: the whole suite has to pass with both. */
const synchronous = process.env['TEST_SYNCHRONOUS'] ?? 'FULL';

const folders: string[] = [];

/** A folder of its own for a test, gone when the process ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'overseer-test-'));
  folders.push(folder);
  return folder;
}

process.on('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

export const engines = ['memory', 'sqlite', 'eventstoredb'] as const;
export type Engine = (typeof engines)[number];

/** Why an engine cannot be tested here, or null. */
export function missingFor(engine: Engine): string | null {
  return engine === 'eventstoredb' ? noServer : null;
}

/** Where a store is that nobody else uses. */
export interface Place {
  readonly address: string;
  readonly namespace: string;
}

export function freshPlace(engine: Engine): Place {
  const namespace = 'overseer';
  switch (engine) {
    case 'memory':
      return { address: 'memory:', namespace };
    case 'sqlite':
      return { address: sqliteAddress(join(temporaryFolder(), 'overseer.db')), namespace };
    case 'eventstoredb':
      return { address: serverAddress, namespace: freshNamespace() };
  }
}

export function sqliteAddress(path: string): string {
  return `sqlite:${path}?synchronous=${synchronous}`;
}

/** A store nobody else uses, ready for use. */
export async function freshStore(engine: Engine, options: StoreOptions = {}): Promise<Store> {
  const { address, namespace } = freshPlace(engine);
  const opened = await store(address, { namespace, ...options });
  await install(opened);
  return opened;
}

/** Creates a folder in another one. */
export function folderIn(parent: string, name: string): string {
  const path = join(parent, name);
  mkdirSync(path, { recursive: true });
  return path;
}

/** An export as the text of its file. */
export async function exportText(db: Store, options?: ExportOptions): Promise<string> {
  let text = '';
  for await (const line of exportLog(db, options)) text += line;
  return text;
}
