/**
 * Builds the packages of a monorepo: tests each after those that it needs, packs what has changed, and releases that. What is as
 * it was released is skipped, and whatever goes wrong is told and cleaned up after.
 *
 *     overseer run examples/build-graph/pipeline.ts --args '{"root":"examples/build-graph/shop","out":"/tmp/shop"}'
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FullGraph, type Handlers, type RunningJob, skip } from 'overseer';
import { filesOf, hashOf, hashOfPackage, type Package, packagesIn } from './monorepo.js';
import { markReleased, pack, putInPlace, releasedHash, runTests } from './built.js';

/** Given to every job of the graph. */
interface Args {
  /** The monorepo: packages in `packages/`, pages in `docs/`. */
  readonly root: string;
  /** Where everything is written, and what was released is found again. */
  readonly out: string;
}

/** A package that has changed, and passed its tests. */
type Tested = Package & { readonly hash: string };

interface Packed {
  readonly packages: readonly Tested[];
  readonly tarballs: readonly string[];
}

export const graph: FullGraph = {
  jobs: {
    plan: { type: 'plan' },
    docs: { type: 'docs' },
    pack: { type: 'pack', after: ['plan/*'], when: 'none-failed' },
    release: { type: 'release', after: ['pack', { job: 'docs', optional: true }] },
    alarm: { type: 'alarm', after: ['plan/*', 'docs', 'pack', 'release'], when: 'any-failed' },
    'clean-up': { type: 'clean-up', after: ['plan/*', 'docs', 'release', 'alarm'], when: 'all-ended' },
  },
};

export const handlers: Handlers = {
  /** Spawns a job for each package, which depends on those of the packages that it needs. */
  plan: (job: RunningJob<Args>) => {
    const packages = packagesIn(job.args.root);
    const tests = packages.map(({ folder, needs }) => {
      const test = {
        type: 'test',
        args: { folder },
        after: needs,
        when: 'none-failed',
        startToCloseMs: 60_000,
      } as const;
      return [folder, test] as const;
    });
    job.spawn(Object.fromEntries(tests));
    return { packages: packages.length };
  },

  /** Looks at the files now, and not when it was planned: after a retry they may be others. */
  test: async ({ args, graphId, attempt, signal }: RunningJob<Args & { readonly folder: string }>): Promise<Tested> => {
    const { root, out, folder } = args;
    const tested = packagesIn(root).find((one) => one.folder === folder);
    if (tested === undefined) return skip(`there is no package ${folder} any more`);
    const hash = hashOfPackage(root, tested);
    if (hash === releasedHash(out, tested)) skip(`${tested.name} is as it was released`);
    const scratch = join(scratchOf(out, graphId), `${folder}-${attempt}`);
    await runTests(tested, join(root, 'packages', folder), scratch, signal);
    putInPlace(out, tested, scratch);
    return { ...tested, hash };
  },

  /** Its inputs are the results of the packages that have changed; what was skipped has none. */
  pack: async (job: RunningJob<Args, Readonly<Record<string, Tested>>>): Promise<Packed> => {
    const { plan: _, ...tested } = job.inputs;
    const packages = Object.values(tested);
    if (packages.length === 0) skip('no package has changed');
    const tarballs = await pack(job.args.out, packages, join('tarballs', encodeURIComponent(job.graphId)), job.signal);
    return { packages, tarballs };
  },

  /** One page of all pages. */
  docs: ({ args: { root, out } }: RunningJob<Args>) => {
    const pages = filesOf(join(root, 'docs'));
    const [manual, mark] = [join(out, 'manual.md'), `<!-- made from ${hashOf(pages)} -->\n`];
    if (existsSync(manual) && readFileSync(manual, 'utf8').startsWith(mark)) skip('no page has changed');
    mkdirSync(out, { recursive: true });
    writeFileSync(manual, mark + pages.map(({ content }) => `\n${content.toString()}`).join(''));
    return { pages: pages.length };
  },

  /** From here on, a package counts as released as it is. The index says where the last tarball of each is. */
  release: ({
    args: { out },
    inputs,
  }: RunningJob<Args, { readonly pack: Packed; readonly docs?: { pages: number } }>) => {
    const { packages, tarballs } = inputs.pack;
    const index = join(out, 'index.json');
    const before = existsSync(index) ? (JSON.parse(readFileSync(index, 'utf8')) as Record<string, string>) : {};
    const now = Object.fromEntries(packages.map(({ name }, at) => [name, tarballs[at]]));
    writeFileSync(index, `${JSON.stringify({ ...before, ...now }, null, 2)}\n`);
    for (const one of packages) markReleased(out, one, one.hash);
    rmSync(join(out, 'broken.txt'), { force: true });
    return { released: Object.keys(now), withDocs: inputs.docs !== undefined };
  },

  /** Starts as soon as anything goes wrong, while other packages may still be tested. */
  alarm: ({ args: { out }, graphId, parents }: RunningJob<Args>) => {
    const failed = Object.entries(parents).filter(([, { status }]) => status === 'failed');
    const lines = failed.map(([id, { failure }]) => `${id}: ${failure?.message ?? failure?.exception}\n`);
    writeFileSync(join(out, 'broken.txt'), [`build ${graphId}\n`, ...lines].join(''));
    return failed.map(([id]) => id);
  },

  /** What passed its tests was moved to its place; what did not lies in the scratch folder still. */
  'clean-up': ({ args: { out }, graphId, parents }: RunningJob<Args>) => {
    rmSync(scratchOf(out, graphId), { recursive: true, force: true });
    return Object.fromEntries(Object.entries(parents).map(([id, { status }]) => [id, status]));
  },
};

function scratchOf(out: string, graphId: string): string {
  return join(out, 'scratch', encodeURIComponent(graphId));
}
