/** TypeScript as users have it: releases, ways to find modules, and a program that uses the types in earnest. */
import type { UsersProject } from './users-project.js';

/** The oldest release that the guide promises, the last of the fifth line, and those after it. */
export const compilers = ['5.4', '5.9', '6.0', '7'] as const;
export type Compiler = (typeof compilers)[number];

/** The npm alias under which a release is installed beside others. */
export const aliasOf = (compiler: Compiler): string => `typescript-${compiler.replace('.', '-')}`;

interface Mode {
  readonly options: (compiler: Compiler) => Readonly<Record<string, unknown>>;
  readonly files: readonly string[];
}

const both = ['program.mts', 'program.cts'];
const isOld = (compiler: Compiler) => compiler.startsWith('5');

/** By the name that its users would give it. `program.cts` is CommonJS, and so is `program.ts` without a `type`. */
export const modes: Readonly<Record<string, Mode>> = {
  commonjs: {
    // Before TypeScript 6, this looked at `main` and `types`, and not at `exports`; so it does here.
    options: (compiler) => ({ module: 'commonjs', ...(isOld(compiler) ? { moduleResolution: 'node10' } : {}) }),
    files: ['program.ts'],
  },
  node16: { options: () => ({ module: 'node16' }), files: both },
  nodenext: { options: () => ({ module: 'nodenext' }), files: both },
  bundler: { options: () => ({ module: 'esnext', moduleResolution: 'bundler' }), files: ['program.ts'] },
  preserve: { options: () => ({ module: 'preserve' }), files: ['program.ts', 'program.cts'] },
};

/** The same program serves every mode; its CommonJS form is also given a store that an ES module has opened. */
const program = `
import { fault, GraphConflictError, harness, history, jobGraph, LogError, Store, start, store, transactGraph } from 'overseer';
import type { Handlers, JobInfo, RunningJob, WorkerOptions } from 'overseer';

interface PageArgs { page: number; language?: string }
interface PageInputs { fetch: number[] }

export const handlers: Handlers = {
  fetch: async (job) => {
    await job.heartbeat({ page: 1 }, 0.5);
    return job.attempt === 1 ? fault('again', { retryAfterMs: 5 }) : [job.args['page']];
  },
  page: ({ args, inputs }: RunningJob<PageArgs, PageInputs>) => inputs.fetch[args.page],
  join: harness((job) => job.inputs['page'], (process) => (job) => process(job)),
  send: harness({ process: () => 1, postProcess: (_job, result: number) => result + 1 }, 'postProcess', (post) => (job, result) => post(job, result)),
};
const options: WorkerOptions = { concurrency: 2, types: { fetch: { retry: { maximumAttempts: 3 } } } };

export class StrictLogError extends LogError {}
export const namespaceOf = (db: Store): string => db.namespace;

export async function main(args: PageArgs): Promise<JobInfo | null> {
  const db = await store({ adapter: 'sqlite', config: { path: 'x.db' } });
  const jobs = { page: { type: 'fetch', args }, all: { type: 'join', after: ['page'] } };
  const graph = jobGraph({ jobs }, args, { id: 'mine', labels: { a: 'b' } });
  try {
    await transactGraph(db, graph);
  } catch (error) {
    if (error instanceof StrictLogError && error.code === 'store-locked') return null;
    if (error instanceof GraphConflictError) return null;
    throw error;
  }
  const worker = await start(options, db, handlers);
  for await (const event of history(db, 'mine')) if (event.type === 'JobStarted') namespaceOf(db).concat(event.data.worker.id);
  // @ts-expect-error a graph is built, not written down
  await transactGraph(db, { start: [] });
  // @ts-expect-error a setting has its type, so types were found at all
  await start({ concurrency: 'two' }, db, handlers);
  await worker.stop();
  return null;
}
`;

export function writePrograms(project: UsersProject): void {
  for (const file of ['program.ts', 'program.mts', 'program.cts']) project.write(file, program);
  // What an ES module made fits where a CommonJS file takes it: there is one set of classes.
  const across = `
import { Store } from 'overseer';
declare const opened: ReturnType<typeof import('./program.mjs', { with: { 'resolution-mode': 'import' } }).main>;
declare const taken: typeof import('./program.mjs', { with: { 'resolution-mode': 'import' } }).namespaceOf;
export const asIs = (db: Store): string => taken(db);
export { opened };
`;
  project.write('across.cts', across);
}

/** What a compiler says to the programs; nothing, if all is well. */
export function complaints(project: UsersProject, compiler: Compiler, mode: string): string {
  const { options, files } = modes[mode]!;
  const compilerOptions = {
    ...options(compiler),
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    target: 'es2022',
    lib: ['es2022'],
    types: ['node'],
    // Declarations are the same in every mode, so they are checked in one, which takes most of the time. (The newest types
    // for Node.js are written for newer compilers than the oldest here.)
    skipLibCheck: compiler === '5.4' || mode !== 'nodenext',
  };
  const all = files === both ? [...files, 'across.cts'] : files;
  const config = `tsconfig.${compiler}.${mode}.json`;
  project.write(config, JSON.stringify({ compilerOptions, files: all }));
  const tsc = `node_modules/${aliasOf(compiler)}/bin/tsc`;
  return project.ending(process.execPath, [tsc, '-p', config]).stdout;
}
