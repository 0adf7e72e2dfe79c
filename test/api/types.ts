/**
 * What the public types let a program say, and what they do not. Nothing here runs: `npm run check:types` compiles it. A
 * line that must not compile is marked with what is wrong with it, and fails the check when it does compile.
 */
import {
  defineProjection,
  type ErrorCode,
  graphInfo,
  GraphConflictError,
  type Handler,
  type Handlers,
  harness,
  history,
  InvalidGraphError,
  jobGraph,
  type JobGraph,
  type JobStatus,
  LogError,
  type LogErrorCode,
  OverseerError,
  type Projection,
  project,
  type Projected,
  type RecordedEvent,
  RejectedError,
  type RunningJob,
  simpleGraph,
  start,
  type Store,
  transactGraph,
  whatIf,
  type Worker,
} from '../../src/index.js';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** `is<A>()(value, true)` compiles if the value's type is A; `any` is the same as nothing but itself. */
const is =
  <A>() =>
  <B>(_value: B, _isSame: Same<A, B>): void => {};

declare const db: Store;
declare const event: RecordedEvent;

export const handlers: Handlers = {
  fetch: async (job) => {
    is<RunningJob>()(job, true);
    is<'started'>()(job.status, true);
    is<Readonly<Record<string, string>>>()(job.labels, true);
    await job.heartbeat({ rows: 1 }, 0.5);
    // @ts-expect-error progress is a number
    await job.heartbeat({ rows: 1 }, 'half');
    // @ts-expect-error a handler's job cannot be changed
    job.attempt = 2;
    // @ts-expect-error args are JSON, and what a value of JSON is must be found out first
    void job.args['url'].length;
  },
  // What parents return is known to the author alone.
  report: ({ inputs }) => (inputs['fetch'] as { rows: number }).rows,
  stages: { preProcess: () => null, process: () => 1, postProcess: (_job, result: number) => result + 1 },
  // @ts-expect-error a handler in stages needs process
  withoutProcess: { preProcess: () => null },
  // @ts-expect-error there is no stage called afterwards
  unknownStage: { process: () => null, afterwards: () => null },
  // @ts-expect-error a string is not a handler
  text: 'handler',
};

interface PageArgs {
  readonly page: number;
  readonly language?: string;
}

interface PageInputs {
  readonly fetch: readonly string[];
}

/** Handlers that say what they are given, by an interface or a type alias. */
export const typedHandlers: Handlers = {
  args: (job: RunningJob<PageArgs>) => is<string | undefined>()(job.args.language, true),
  inputs: ({ args, inputs }: RunningJob<PageArgs, PageInputs>) => inputs.fetch[args.page],
  aliases: async (job: RunningJob<{ page: number }, { fetch: string[] }>) => {
    await job.heartbeat(job.args.page + job.inputs.fetch.length);
  },
  stages: {
    preProcess: (job: RunningJob<PageArgs>) => job.args.page,
    process: (job: RunningJob<PageArgs, PageInputs>) => job.inputs.fetch.length,
    postProcess: ({ args }: RunningJob<PageArgs>, result: number) => args.page + result,
  },
  untypedStages: {
    // @ts-expect-error args are JSON, and what a value of JSON is must be found out first
    process: (job) => void job.args['url'].length,
    // @ts-expect-error the same
    postProcess: (job) => void job.args['url'].length,
  },
  // @ts-expect-error a handler is given a job
  number: (page: number) => page,
  // @ts-expect-error a handler is given a job, and nothing else
  two: (job: RunningJob<PageArgs>, page: number) => [job, page],
  // @ts-expect-error there is nothing called pages in the args
  misread: (job: RunningJob<PageArgs>) => void job.args.pages,
};

export function typedHarnesses(handler: Handler): void {
  harness(handler, (next) => (job: RunningJob<PageArgs>) => [job.args.page, next(job)]);
  harness(
    (job: RunningJob<PageArgs>) => job.args.page,
    'postProcess',
    (next) => (job, result) => next(job, result),
  );
}

export function argsByInterface(page: PageArgs, optional: { page?: number | undefined }): void {
  jobGraph({ fetch: [] }, page);
  jobGraph({ fetch: new Set(['a']), a: null }, optional);
  jobGraph({ jobs: { a: { type: 'fetch', args: page }, b: { type: 'fetch', args: null, after: ['a'] } } }, { page });
  simpleGraph({ id: 'a', type: 'fetch', args: page }, { id: 'b', type: 'fetch', args: { page } });
  // @ts-expect-error args have names
  jobGraph({ fetch: [] }, [page]);
  // @ts-expect-error the same, in the full form
  jobGraph({ jobs: { a: { type: 'fetch', args: new Map([['page', 1]]) } } });
  // @ts-expect-error the same, in a simple graph
  simpleGraph({ id: 'a', type: 'fetch', args: 'page' });
  // @ts-expect-error a text is no list of types
  jobGraph({ fetch: [], report: 'fetch' });
  // @ts-expect-error a text is no list of jobs
  jobGraph({ jobs: { a: { type: 'fetch' }, b: { type: 'fetch', after: 'a' } } });
}

export function harnesses(handler: Handler): void {
  harness(handler, (next) => (job) => next(job));
  harness(handler, 'postProcess', (next) => async (job, result) => [await next(job, result)]);
  // @ts-expect-error there is no stage called afterwards
  harness(handler, 'afterwards', () => () => null);
}

export async function graphs(): Promise<void> {
  const graph = jobGraph({ fetch: [], report: ['fetch'] }, { org: 1 }, { id: 'g', labels: { team: 'x' }, priority: 1 });
  is<JobGraph>()(graph, true);
  jobGraph({ jobs: { a: { type: 'fetch', retry: { maximumAttempts: 3 } }, b: { type: 'report', after: ['a'] } } });
  simpleGraph({ id: 'a', type: 'fetch' }, { id: 'b', type: 'fetch', args: { page: 1 } });
  is<boolean>()((await transactGraph(db, graph)).stored, true);
  is<JobStatus>()((await graphInfo(db, 'g')).jobs['a']!.status, true);
  // @ts-expect-error the types that a type depends on are a list
  jobGraph({ fetch: [], report: { after: 'fetch' } });
  // @ts-expect-error a job in the full form has a type
  jobGraph({ jobs: { a: { after: [] } } });
  // @ts-expect-error a job of a simple graph has an id
  simpleGraph({ type: 'fetch' });
  // @ts-expect-error a label is text
  jobGraph({ fetch: [] }, {}, { labels: { team: 1 } });
  // @ts-expect-error a graph is made by jobGraph or simpleGraph
  await transactGraph(db, { fetch: [] });
}

export async function workers(): Promise<void> {
  const worker = await start({ concurrency: 4, types: { fetch: { concurrency: 1 } }, sentry: null }, db, handlers);
  is<Worker>()(worker, true);
  // @ts-expect-error there is no such option
  await start({ threads: 4 }, db, handlers);
  // @ts-expect-error concurrency is a number
  await start({ concurrency: 'four' }, db, handlers);
  // @ts-expect-error a worker is given handlers
  await start({}, db);
  // @ts-expect-error a store is opened first
  await start({}, 'memory:', handlers);
}

export function narrowing(): void {
  if (event.type === 'JobStarted') {
    is<string>()(event.data.worker.id, true);
    // @ts-expect-error a job that has started has no result
    void event.data.result;
  }
  if (event.type === 'Unreadable') is<string>()(event.data.storedType, true);
  // @ts-expect-error no event is called so
  if (event.type === 'JobPaused') return;
  // @ts-expect-error only some events have an attempt
  void event.data.attempt;
  // @ts-expect-error events are as they are
  event.revision = 1;
}

export async function events(): Promise<void> {
  for await (const each of history(db, 'g')) is<RecordedEvent>()(each, true);
  // @ts-expect-error it is asked of a store
  history('memory:', 'g');
}

export function errors(error: unknown): void {
  if (error instanceof LogError) {
    is<LogErrorCode>()(error.code, true);
    if (error.code === 'store-closed') return;
    // @ts-expect-error no error of a log has this code
    if (error.code === 'store-is-closed') return;
  }
  if (error instanceof GraphConflictError) is<'graph-id-taken'>()(error.code, true);
  if (error instanceof InvalidGraphError) is<'graph-invalid'>()(error.code, true);
  // @ts-expect-error no rule rejects with this code
  if (error instanceof RejectedError && error.code === 'no-such-code') return;
  if (error instanceof OverseerError) is<ErrorCode>()(error.code, true);
  // @ts-expect-error an error of this library has a code
  void new OverseerError();
}

export async function projections(): Promise<void> {
  const failures = defineProjection({
    name: 'failures',
    initial: { count: 0 },
    evolve: (state, each) => (each.type === 'JobFaulted' ? { count: state.count + 1 } : state),
  });
  is<Projection<{ count: number }>>()(failures, true);
  const projected = await project(db, failures);
  is<Projected<{ count: number }>>()(projected, true);
  // @ts-expect-error a projection has a name
  defineProjection({ initial: 0, evolve: (count: number) => count });
  // @ts-expect-error the next state is of the same type
  defineProjection<number>({ name: 'n', initial: 0, evolve: () => 'text' });
  // @ts-expect-error a filter names types of events
  defineProjection({ name: 'n', initial: 0, evolve: (n: number) => n, filter: { types: ['JobPaused'] } });
  // @ts-expect-error a supposition is an object
  await whatIf(db, 'g', 'faster');
}
