/** Installs the peers' packages, in this folder alone, unless they are there as the lock file has them. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Locked {
  readonly packages: Readonly<Record<string, { readonly version?: string }>>;
}

const folder = import.meta.dirname;

function read(path: string): Locked | null {
  try {
    return JSON.parse(readFileSync(join(folder, path), 'utf8')) as Locked;
  } catch {
    return null;
  }
}

/** The versions that the lock file names, by package. */
export function peerVersions(): Readonly<Record<string, string>> {
  const { packages } = read('package-lock.json')!;
  const named = Object.entries(packages).map(([path, { version = '' }]) => [
    path.replace('node_modules/', ''),
    version,
  ]);
  return Object.fromEntries(named) as Record<string, string>;
}

function isInstalled(): boolean {
  const installed = read('node_modules/.package-lock.json')?.packages ?? {};
  const asked = (read('package.json') as unknown as { dependencies: Readonly<Record<string, string>> }).dependencies;
  return Object.entries(asked).every(([name, version]) => installed[`node_modules/${name}`]?.version === version);
}

/** Null if they are there now, or else why they are not. */
export function installPeers(): string | null {
  if (isInstalled()) return null;
  console.error('  installing the packages of the peers in bench/peers …');
  // Some ask for a newer Node.js than this may be; whether they run is seen when they do.
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return status === 0 ? null : 'the packages of the peers could not be installed (npm ci in bench/peers)';
}
