/** What is acknowledged is on the disk: asked of SQLite, and seen in the calls that flush the file. */
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { openLog } from '../../../src/log/open-log.js';
import { openSqliteLog } from '../../../src/log/sqlite/sqlite-log.js';
import { rightOf } from '../../support/right.js';
import { assert, describe } from '../../support/spec.js';
import { temporaryFolder } from '../../support/stores.js';
import { installedFile } from './sqlite-file.js';

const spec = describe('the durability of an SQLite log', { timeoutMs: 60_000 });

spec.test(
  'given no word about it, then SQLite says FULL of the connection in use; NORMAL only where asked for',
  async () => {
    const path = await installedFile([]);
    for (const [settings, mode] of [
      ['', 'FULL'],
      ['?synchronous=FULL', 'FULL'],
      ['?synchronous=NORMAL', 'NORMAL'],
    ] as const) {
      const log = await openLog(`sqlite:${path}${settings}`);
      const { synchronous, journal } = await rightOf(log.describe!());
      assert.equal([synchronous, journal], [mode, 'wal'], settings);
      await log.close();
    }
    const direct = openSqliteLog({ path });
    assert.is((await rightOf(direct.describe!()))['synchronous'], 'FULL');
    await direct.close();
  },
);

/** Compiles what notes the flushes; null where there is no compiler for that. */
function noting(): string | null {
  if (process.platform !== 'linux') return null;
  const library = join(temporaryFolder(), 'synced-files.so');
  const source = join(import.meta.dirname, 'synced-files.c');
  const made = spawnSync('cc', ['-shared', '-fPIC', '-o', library, source, '-ldl'], { stdio: 'ignore' });
  return made.status === 0 ? library : null;
}

const library = noting();

/** How often the file was flushed when each of six appends was acknowledged. */
function flushesAt(settings: string): readonly number[] {
  const folder = temporaryFolder();
  const notes = join(folder, 'synced');
  const args = ['--import', 'tsx', join(import.meta.dirname, 'syncing-writer.ts')];
  const output = execFileSync(process.execPath, [...args, `sqlite:${join(folder, 'overseer.db')}${settings}`, notes], {
    encoding: 'utf8',
    env: { ...process.env, LD_PRELOAD: library!, SYNCED_FILES: notes },
  });
  return JSON.parse(output) as number[];
}

const risen = (counts: readonly number[]) => counts.slice(1).map((count, index) => count > counts[index]!);

const flushed = 'given no word about it, when an append is acknowledged, then the file has been flushed before';
const atLeisure = 'given NORMAL, then appends are acknowledged without that';
if (library === null) {
  for (const title of [flushed, atLeisure]) spec.skip(title, 'needs Linux and a C compiler called cc');
} else {
  spec.test(flushed, () => assert.equal(risen(flushesAt('')), Array(5).fill(true)));
  spec.test(atLeisure, () => assert.equal(risen(flushesAt('?synchronous=NORMAL')), Array(5).fill(false)));
}

spec.run();
