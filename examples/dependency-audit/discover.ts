import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LockedPackage } from './results.js';

/** The audit cannot begin; the message is a sentence for the person who started it. */
export class AuditError extends Error {
  override readonly name = 'AuditError';
}

/** What is installed in a project's `node_modules`, by its folders alone; no package has been opened yet. */
export interface Installation {
  readonly project: Project;
  readonly packages: readonly InstalledPackage[];
  /** In `node_modules`, but not packages: links, files, folders without a manifest. Relative to the root. */
  readonly strays: readonly string[];
  /** In the lock file, not optional, and not installed. */
  readonly missing: readonly string[];
}

export interface Project {
  readonly name: string;
  readonly version: string;
  readonly licence: string | null;
  /** Names of the packages that are needed to run it, not only to work on it. */
  readonly needs: readonly string[];
}

export interface InstalledPackage {
  readonly location: string;
  readonly locked: LockedPackage | null;
}

/**
 * Finds the packages of a project by npm's layout: folders and scoped folders in `node_modules`, and again in the
 * `node_modules` of each package. What begins with a dot is npm's own, or a tool's cache.
 *
 * @throws AuditError
 */
export function discover(root: string): Installation {
  const project = readProject(root);
  const locations: string[] = [];
  const strays: string[] = [];
  const open = ['node_modules'];
  for (let modules = open.pop(); modules !== undefined; modules = open.pop()) {
    for (const location of entriesOf(root, modules, strays)) {
      if (isFile(join(root, location, 'package.json'))) locations.push(location);
      else strays.push(location);
      const nested = `${location}/node_modules`;
      if (isFolder(join(root, nested))) open.push(nested);
    }
  }
  if (locations.length === 0) throw new AuditError(`there is nothing to audit: ${root}/node_modules holds no package`);
  const lock = readLock(root);
  const packages = locations.sort().map((location) => ({ location, locked: lock?.get(location)?.locked ?? null }));
  const installed = new Set(locations);
  const missing = [...(lock ?? [])].filter(([location, { isOptional }]) => !isOptional && !installed.has(location));
  return { project, packages, strays: strays.sort(), missing: missing.map(([location]) => location) };
}

/** Folders that may be packages. A name that is not UTF-8 comes out changed, is not found, and counts as a stray. */
function entriesOf(root: string, modules: string, strays: string[]): readonly string[] {
  const found: string[] = [];
  for (const entry of readdirSync(join(root, modules), { withFileTypes: true })) {
    const location = `${modules}/${entry.name}`;
    if (entry.name.startsWith('.')) continue;
    if (!entry.isDirectory()) strays.push(location);
    else if (entry.name.startsWith('@')) found.push(...entriesOf(root, location, strays));
    else found.push(location);
  }
  return found;
}

/** @throws AuditError if there is no project, or nothing is installed there */
export function readProject(root: string): Project {
  const path = join(root, 'package.json');
  if (!existsSync(path)) throw new AuditError(`${root} is no project: it has no package.json`);
  if (!isFolder(join(root, 'node_modules'))) {
    throw new AuditError(`there is nothing to audit: ${root} has no folder node_modules; run npm install there first`);
  }
  const manifest = asObject(parse(path));
  return {
    name: textOf(manifest.name) ?? 'a project without a name',
    version: textOf(manifest.version) ?? '',
    licence: textOf(manifest.license),
    needs: [...namesIn(manifest.dependencies), ...namesIn(manifest.optionalDependencies)],
  };
}

type Lock = ReadonlyMap<string, { readonly locked: LockedPackage; readonly isOptional: boolean }>;

/** The lock file, whose `packages` npm writes since version 7; the hidden one stands in for a project that keeps none. */
function readLock(root: string): Lock | null {
  const names = ['package-lock.json', 'npm-shrinkwrap.json', 'node_modules/.package-lock.json'];
  const path = names.map((name) => join(root, name)).find((candidate) => existsSync(candidate));
  if (path === undefined) return null;
  const { packages } = asObject(parse(path));
  if (packages === undefined) return null;
  const lock = new Map<string, { locked: LockedPackage; isOptional: boolean }>();
  for (const [location, value] of Object.entries(asObject(packages))) {
    const entry = asObject(value);
    if (!location.startsWith('node_modules/') || entry.link === true) continue;
    const scope = entry.dev === true ? 'development' : 'production';
    const isOptional = entry.optional === true || entry.devOptional === true || entry.peer === true;
    lock.set(location, { locked: { version: textOf(entry.version) ?? '', scope }, isOptional });
  }
  return lock;
}

function parse(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as unknown;
  } catch (error) {
    throw new AuditError(`${path} cannot be read as JSON: ${(error as Error).message}`);
  }
}

/** For data from outside: anything that is not an object counts as an empty one. */
export function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

/** A text that is not empty, cut to what a table can hold. */
export function textOf(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value.trim().slice(0, 200) : null;
}

export function namesIn(value: unknown): readonly string[] {
  return Object.keys(asObject(value));
}

/** A link or a pipe is not one: reading it could lead out of the installation, or never end. */
export function isFile(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
