/**
 * What has been built. Each package that passed its tests lies where Node.js looks for it, `node_modules/<name>` in the output
 * folder, so that the tests of others find it there. Once it is released, a file beside its own says of which hash.
 */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Package } from './monorepo.js';

const run = promisify(execFile);

/** Tests a copy of a package. Throws an error that names the tests that fail. */
export async function runTests({ name }: Package, sources: string, copy: string, signal: AbortSignal): Promise<void> {
  cpSync(sources, copy, { recursive: true });
  try {
    await run(process.execPath, ['--test', '--test-reporter=tap'], { cwd: copy, signal });
  } catch (error) {
    const failing = [...String((error as { stdout?: string }).stdout).matchAll(/^\s*not ok \d+ - (.+)$/gm)];
    if (failing.length === 0) throw error;
    throw new Error(`the tests of ${name} fail: ${failing.map(([, test]) => test).join(', ')}`, { cause: error });
  }
}

/** Moves a tested copy to where others find it. It takes the place of the one before, and is not released. */
export function putInPlace(out: string, { name }: Package, copy: string): void {
  const place = placeOf(out, name);
  rmSync(place, { recursive: true, force: true });
  mkdirSync(dirname(place), { recursive: true });
  renameSync(copy, place);
}

/** Packs packages as npm does, and returns where their tarballs are, from the output folder. */
export async function pack(
  out: string,
  packages: readonly Package[],
  folder: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  mkdirSync(join(out, folder), { recursive: true });
  const places = packages.map(({ name }) => placeOf(out, name));
  const flags = ['--silent', '--ignore-scripts', '--pack-destination', join(out, folder)];
  const { stdout } = await run('npm', ['pack', ...flags, ...places], { signal });
  return stdout
    .trim()
    .split('\n')
    .map((file) => join(folder, file));
}

export function markReleased(out: string, { name }: Package, hash: string): void {
  writeFileSync(releasedMark(out, name), hash);
}

/** Of which sources the package in its place was released; null if it was not. */
export function releasedHash(out: string, { name }: Package): string | null {
  const mark = releasedMark(out, name);
  return existsSync(mark) ? readFileSync(mark, 'utf8') : null;
}

function placeOf(out: string, name: string): string {
  return join(out, 'node_modules', name);
}

function releasedMark(out: string, name: string): string {
  return join(placeOf(out, name), '.released');
}
