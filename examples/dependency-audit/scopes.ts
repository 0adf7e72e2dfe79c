import type { PackageRecord, Scope } from './results.js';

/** As much of a package as this needs to know. */
type Node = Pick<PackageRecord, 'location' | 'locked' | 'needs'>;

/**
 * Which packages a project needs to run, and which only to be worked on. The lock file says so; for packages it does not
 * know, and for a project without one, what can be reached from `dependencies` counts as production, found the way Node
 * resolves names.
 */
export function scopesOf(packages: readonly Node[], projectNeeds: readonly string[]): ReadonlyMap<string, Scope> {
  const reached = reachable(packages, projectNeeds);
  return new Map(
    packages.map(({ location, locked }) => [
      location,
      locked?.scope ?? (reached.has(location) ? 'production' : 'development'),
    ]),
  );
}

function reachable(packages: readonly Node[], projectNeeds: readonly string[]): ReadonlySet<string> {
  const byLocation = new Map(packages.map((node) => [node.location, node]));
  const reached = new Set<string>();
  const open: { readonly from: string; readonly name: string }[] = [];
  const need = (from: string, names: readonly string[]) => open.push(...names.map((name) => ({ from, name })));
  need('', projectNeeds);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const location = resolve(next.from, next.name, byLocation);
    if (location === null || reached.has(location)) continue;
    reached.add(location);
    need(location, byLocation.get(location)!.needs);
  }
  return reached;
}

/** Looks in the `node_modules` of the package itself, then of the one it is nested in, up to the root's. */
function resolve(from: string, name: string, packages: ReadonlyMap<string, unknown>): string | null {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules/') - 1))) {
    const location = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
    if (packages.has(location)) return location;
    if (folder === '') return null;
  }
}
