/** The sources: which packages there are, what each needs, and a hash of all that goes into one. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Package {
  /** Its folder in `packages/`. */
  readonly folder: string;
  readonly name: string;
  /** The folders of those packages of the monorepo that it depends on. */
  readonly needs: readonly string[];
}

interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

export function packagesIn(root: string): readonly Package[] {
  const folders = readdirSync(join(root, 'packages')).sort();
  const manifests = folders.map((folder) => {
    const { name, dependencies = {} } = JSON.parse(
      readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8'),
    ) as Manifest;
    return { folder, name, dependencies };
  });
  return manifests.map(({ folder, name, dependencies }) => {
    const needs = manifests.filter((other) => Object.hasOwn(dependencies, other.name)).map((other) => other.folder);
    return { folder, name, needs };
  });
}

export interface SourceFile {
  /** From the folder that was read. */
  readonly path: string;
  readonly content: Buffer;
}

/** All files of a folder, in the order of their paths. */
export function filesOf(folder: string): readonly SourceFile[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => ({ path: path.slice(folder.length), content: readFileSync(path) }));
}

export function hashOf(files: readonly SourceFile[], ...others: readonly string[]): string {
  const hash = createHash('sha256');
  for (const { path, content } of files) hash.update(`${path} ${content.length}\n`).update(content);
  return hash.update(others.join('\n')).digest('hex');
}

/** Of its own files, and of the packages that it needs: when one of these changes, it has to be tested again. */
export function hashOfPackage(root: string, { folder, needs }: Package): string {
  const others = packagesIn(root).filter((other) => needs.includes(other.folder));
  return hashOf(filesOf(join(root, 'packages', folder)), ...others.map((other) => hashOfPackage(root, other)));
}
