/**
 * Projects of users: a folder with nothing of this repository in reach, into which the package is installed as it would be
 * released.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { temporaryFolder } from '../support/stores.js';

export const root = join(import.meta.dirname, '../..');

/** Packs what `npm run build` made, and returns the path of the package. */
export function packOverseer(): string {
  const folder = temporaryFolder();
  const [name] = readManifest(root).name.split('/');
  execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: root });
  return join(folder, `${name}-${readManifest(root).version}.tgz`);
}

export interface Manifest {
  readonly name: string;
  readonly version: string;
}

export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

export interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export class UsersProject {
  readonly folder = temporaryFolder();

  /** @param manifest what its package.json says */
  constructor(manifest: Readonly<Record<string, unknown>> = { type: 'module' }) {
    this.write('package.json', JSON.stringify({ name: 'users-project', private: true, ...manifest }));
  }

  /** Installs packages with npm, and puts the compiled part of better-sqlite3 where its script would. */
  install(...packagesAndFlags: readonly string[]): void {
    // The native part is compiled once, by the installation of this repository; compiling it again shows nothing new.
    const flags = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
    this.run('npm', 'install', ...flags, ...packagesAndFlags);
    putNativePart(join(this.folder, 'node_modules/better-sqlite3'));
  }

  write(file: string, text: string): void {
    mkdirSync(dirname(join(this.folder, file)), { recursive: true });
    writeFileSync(join(this.folder, file), text);
  }

  /** What a command prints to stdout. Throws if it fails. */
  run(command: string, ...args: readonly string[]): string {
    const { exitCode, stdout, stderr } = this.ending(command, args);
    if (exitCode !== 0) throw new Error(`${[command, ...args].join(' ')} ended with ${exitCode}:\n${stdout}${stderr}`);
    return stdout;
  }

  node(...args: readonly string[]): string {
    return this.run(process.execPath, ...args);
  }

  ending(command: string, args: readonly string[], variables: Readonly<Record<string, string>> = {}): Ended {
    const env = { ...process.env, NO_COLOR: '1', ...variables };
    const { status, error, stdout, stderr } = spawnSync(command, args, { cwd: this.folder, encoding: 'utf8', env });
    if (error !== undefined) throw error;
    return { exitCode: status ?? 1, stdout, stderr };
  }

  versionOf(name: string): string {
    return readManifest(join(this.folder, 'node_modules', name)).version;
  }
}

/** The compiled part alone, and not what was left over from compiling it: as much as its script downloads. */
export function putNativePart(betterSqlite: string): void {
  const part = 'build/Release/better_sqlite3.node';
  mkdirSync(join(betterSqlite, dirname(part)), { recursive: true });
  cpSync(join(root, 'node_modules/better-sqlite3', part), join(betterSqlite, part));
}

export interface InstalledSize {
  readonly packages: number;
  /** What its files hold, in millions of bytes. */
  readonly megabytes: number;
  /** What they take on a disk with blocks of 4 KiB, in MiB: as `du` counts, on any disk. */
  readonly onDisk: number;
}

/** How large an installation is. */
export function sizeOf(modules: string): InstalledSize {
  const entries = readdirSync(modules, { recursive: true, withFileTypes: true });
  const pathOf = (entry: (typeof entries)[number]) => join(entry.parentPath, entry.name);
  const files = entries.filter((entry) => entry.isFile()).map(pathOf);
  const sizes = files.map((file) => statSync(file).size);
  const folders = entries.filter((entry) => entry.isDirectory()).length;
  const blocks = sizes.reduce((sum, bytes) => sum + Math.ceil(bytes / 4096), folders);
  const isPackage = /(^|\/)node_modules\/(@[^/]+\/)?[^/@.][^/]*\/package\.json$/;
  return {
    packages: files.filter((file) => isPackage.test(file)).length,
    megabytes: sizes.reduce((sum, bytes) => sum + bytes, 0) / 1e6,
    onDisk: blocks / 256,
  };
}

/** Whether an installation has a package. */
export const has = (folder: string, name: string): boolean => existsSync(join(folder, 'node_modules', name));
