/** What a command loads before it answers: each module takes time, and a command is over in a tenth of a second. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { jobGraph, store, transactGraph } from '../../src/index.js';
import { assert, describe } from '../support/spec.js';
import { sqliteAddress, temporaryFolder } from '../support/stores.js';

const spec = describe('what a command loads', { timeoutMs: 60_000 });
const main = resolve(import.meta.dirname, '../../dist/cli/main.js');
const recorder = join(import.meta.dirname, 'loaded-modules.mjs');

/** The files of the modules that a command loads, each once. */
function loadedBy(...words: readonly string[]): readonly string[] {
  const file = join(temporaryFolder(), 'loaded');
  execFileSync(process.execPath, ['--import', recorder, main, ...words], {
    env: { PATH: process.env['PATH'], LOADED_MODULES: file },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  const paths = lines
    .filter((line) => !line.startsWith('node:'))
    .map((line) => (line.startsWith('file:') ? fileURLToPath(line) : line));
  return [...new Set(paths)];
}

function packagesOf(files: readonly string[]): readonly string[] {
  const names = files.flatMap((file) => /.*node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/.exec(file)?.[1] ?? []);
  return [...new Set(names)].sort();
}

spec.test(
  'given a file, when its graphs are listed, then nothing is loaded but the engine, and few files',
  async () => {
    const address = sqliteAddress(join(temporaryFolder(), 'overseer.db'));
    const db = await store(address);
    await db.log.install()();
    await transactGraph(db, jobGraph({ a: [] }));
    await db.close();
    const files = loadedBy('graphs', '--store', address);
    assert.ok(files.includes(main), 'the recorder works');
    assert.equal(packagesOf(files), ['better-sqlite3', 'bindings', 'file-uri-to-path']);
    assert.ok(files.length <= 60, `${files.length} files`);
  },
);

spec.run();
