/** The job `installed`: finds the packages, and spawns the jobs of each. */
import { createHash } from 'node:crypto';
import type { JobSpecification, RetryPolicy, RunningJob, SpawnedJobs } from 'overseer';
import { discover, type InstalledPackage } from './discover.js';
import { argsOf, type Installed } from './results.js';

export function findInstalled(job: RunningJob): Installed {
  const { project, packages, strays, missing } = discover(argsOf(job).root);
  job.spawn(Object.assign({}, ...packages.map(jobsOf)) as SpawnedJobs);
  return { project, packages: packages.length, strays: atMost(strays), missing: atMost(missing) };
}

/** Reading files may fail for a moment: a slow network drive, too many open files. A few more tries are cheap. */
const retry: RetryPolicy = { maximumAttempts: 3, initialIntervalMs: 200, backoffCoefficient: 2 };

function jobsOf({ location, locked }: InstalledPackage): SpawnedJobs {
  const name = shortName(location);
  const job = (type: string, ...after: readonly string[]): JobSpecification => {
    return { type, after: after.map((other) => `${other}:${name}`), args: { location, locked }, retry };
  };
  return {
    [`manifest:${name}`]: job('manifest'),
    [`licence:${name}`]: job('licence', 'manifest'),
    [`measure:${name}`]: job('measure'),
    [`hash:${name}`]: { ...job('hash', 'measure'), limits: ['reading'] },
    [`package:${name}`]: job('package', 'manifest', 'licence', 'measure', 'hash'),
  };
}

/** Results have a size limit: of a long list, its beginning and its length. */
function atMost(list: readonly string[]): Installed['strays'] {
  return { listed: list.slice(0, 200), total: list.length };
}

const nameBytesMax = 400;

/**
 * A location without the part that all have in common, made fit for the name of a spawned job: short, without control characters
 * and slashes. `@scope/a/node_modules/b` is `@scope+a>b`.
 */
function shortName(location: string): string {
  const name = location
    .slice('node_modules/'.length)
    .replace(/[\p{Cc}\p{Zl}\p{Zp}%+>]|\s$/gu, (character) => encodeURIComponent(character))
    .replaceAll('/node_modules/', '>')
    .replaceAll('/', '+');
  if (Buffer.byteLength(name) <= nameBytesMax) return name;
  return `${name.slice(0, 80)}…${createHash('sha256').update(name).digest('hex').slice(0, 16)}`;
}
