import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { install, store, type Store, type StoreOptions } from '../../src/index.js';

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

export const engines = ['memory', 'sqlite'] as const;
export type Engine = (typeof engines)[number];

/** The address of a store nobody else uses. */
export function freshAddress(engine: Engine): string {
  return engine === 'memory' ? 'memory:' : sqliteAddress(join(temporaryFolder(), 'overseer.db'));
}

export function sqliteAddress(path: string): string {
  return `sqlite:${path}?synchronous=${synchronous}`;
}

/** A store nobody else uses, ready for use. */
export async function freshStore(engine: Engine, options: StoreOptions = {}): Promise<Store> {
  const opened = await store(freshAddress(engine), options);
  await install(opened);
  return opened;
}

/** Creates a folder below another one. */
export function folderIn(parent: string, name: string): string {
  const path = join(parent, name);
  mkdirSync(path, { recursive: true });
  return path;
}
