/**
 * What the types of a pipeline let a program say, and what they do not. Nothing here runs: `npm run check:types` compiles it,
 * and packed-pipelines.test.ts does with every compiler of users. A line that must not compile is marked with what is wrong
 * with it, and fails when it does compile.
 */
/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-return -- what must not compile has no type */
import {
  type DependencyRule,
  type Handler,
  type Handlers,
  harness,
  type JobGraph,
  type JobOf,
  type JobParent,
  type JsonForm,
  pipeline,
  type RunningJob,
  skip,
  abort,
  defer,
  fault,
  start,
  type Store,
  transactGraph,
  waitForGraph,
  type Wrapper,
} from '../../src/index.js';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** `is<A>()(value, true)` compiles if the value's type is A; `any` is the same as nothing but itself. */
const is =
  <A>() =>
  <B>(_value: B, _isSame: Same<A, B>): void => {};

declare const db: Store;

const nightly = pipeline<{ shop: string }>()({ fetch: [], count: ['fetch'], report: ['count'] })
  .handle('fetch', async () => [{ amount: 3, at: new Date() }])
  .handle('count', ({ inputs }) => {
    is<{ amount: number; at: string }[]>()(inputs.fetch, true);
    return inputs.fetch.length;
  })
  .handle('report', ({ args, inputs }) => {
    is<number>()(inputs.count, true);
    return `${args.shop}: ${inputs.count}`;
  });

export async function runs(): Promise<void> {
  is<JobGraph>()(nightly.graph({ shop: 'Oslo' }, { id: 'x', labels: { team: 'y' }, priority: 1 }), true);
  const { graphId } = await transactGraph(db, nightly.graph({ shop: 'Oslo' }));
  await start({}, db, nightly.handlers);
  const handlers: Handlers = nightly.handlers;
  is<Handlers>()(handlers, true);
  const { jobs, status } = await waitForGraph(db, graphId, nightly, { timeoutMs: 1000 });
  is<'running' | 'finished' | 'failed' | 'aborted'>()(status, true);
  is<string | null>()(jobs.report.result, true);
  if (jobs.report.status === 'finished') is<string>()(jobs.report.result, true);
  else is<null>()(jobs.report.result, true);
  is<'report'>()(jobs.report.id, true);
  is<number>()(jobs.report.attempt, true);
  // @ts-expect-error there is no job called reprot
  void jobs.reprot;
  // @ts-expect-error there is no option called timeout
  await waitForGraph(db, graphId, nightly, { timeout: 1000 });
  // Without a pipeline, it is as it was.
  is<string>()((await waitForGraph(db, graphId, { timeoutMs: 1 })).jobs['report']!.type, true);
}

const described = pipeline<{ shop: string }>();

export function maps(rule: DependencyRule): void {
  described({ a: [], b: { after: ['a'], when: rule, timeoutMs: 3, retry: { maximumAttempts: 3 }, delayMs: 1 } });
  described({ a: { memoize: { key: 'a' } }, b: { after: null, external: { for: 'the finance team' } } });
  described({ a: { startAfter: new Date(), args: { since: new Date(), tags: ['x'] } } });
  // @ts-expect-error there is no job called fecth
  described({ fetch: [], count: ['fecth'] });
  // @ts-expect-error the same, in the full form
  described({ fetch: [], count: { after: ['fecth'] } });
  // @ts-expect-error the same, for an optional parent
  described({ fetch: [], count: { after: [{ job: 'fecth', optional: true }] } });
  // @ts-expect-error the same, with all that is spawned
  described({ list: [], count: ['lits/*'] });
  // @ts-expect-error a parent is in a list
  described({ fetch: [], count: 'fetch' });
  // @ts-expect-error it is called timeoutMs
  described({ fetch: { timeoutMS: 3 } });
  // @ts-expect-error a time limit is a number
  described({ fetch: { timeoutMs: '3' } });
  // @ts-expect-error it is called maximumAttempts
  described({ fetch: { retry: { maximumAttemps: 3 } } });
  // @ts-expect-error it is called maxAgeMs
  described({ fetch: { memoize: { key: 'a', maxAge: 3 } } });
  // @ts-expect-error it is called for
  described({ fetch: { external: { fro: 'them' } } });
  // @ts-expect-error it is called optional
  described({ fetch: [], count: { after: [{ job: 'fetch', optonal: true }] } });
  // @ts-expect-error there is no rule called sometimes
  described({ fetch: [], count: { after: ['fetch'], when: 'sometimes' } });
  // @ts-expect-error JSON cannot hold a Map
  described({ fetch: { args: { seen: new Map() } } });
  // @ts-expect-error it is called args
  pipeline({ arg: null });
}

const two = described({ fetch: [], count: ['fetch'] });
const fetched = two.handle('fetch', () => ({ rows: 3 }));

export async function handlers(): Promise<void> {
  // @ts-expect-error count has no handler
  await start({}, db, fetched.handlers);
  // @ts-expect-error neither has one
  await start({}, db, two.handlers);
  // @ts-expect-error fetch has a handler
  fetched.handle('fetch', () => 3);
  // @ts-expect-error there is no job called cuont
  fetched.handle('cuont', () => 3);
  // @ts-expect-error report is no parent of count
  fetched.handle('count', ({ inputs }) => inputs.report);
  // @ts-expect-error what fetch returns is not known before its handler
  two.handle('count', ({ inputs }) => inputs.fetch.rows);
  // @ts-expect-error there are no args called shpo
  fetched.handle('count', ({ args }) => args.shpo);
  // @ts-expect-error a shop is no number
  fetched.handle('count', (job: RunningJob<{ shop: number }>) => job.args.shop);
  // @ts-expect-error a text is no handler
  fetched.handle('count', 'count');
  // @ts-expect-error there is no stage called afterwards
  fetched.handle('count', { process: () => 3, afterwards: () => 4 });
  // @ts-expect-error a handler in stages needs process
  fetched.handle('count', { preProcess: () => 3 });
  // @ts-expect-error a handler's job cannot be changed
  fetched.handle('count', (job) => void (job.attempt = 2));
  fetched.handle('count', (job) => {
    is<'count'>()(job.id, true);
    is<JobParent>()(job.parents.fetch, true);
    is<readonly string[]>()(Object.keys(job.labels), false);
  });
}

export function graphs(): void {
  // @ts-expect-error the args are missing
  nightly.graph();
  // @ts-expect-error a shop is a text
  nightly.graph({ shop: 3 });
  // @ts-expect-error it is called shop
  nightly.graph({ shpo: 'Oslo' });
  // @ts-expect-error it is called priority
  nightly.graph({ shop: 'Oslo' }, { prioriti: 3 });
  pipeline()({ a: [] }).graph();
  pipeline()({ a: [] }).graph({}, { id: 'a' });
  // @ts-expect-error it takes no args
  pipeline()({ a: [] }).graph({ shop: 'Oslo' });
  pipeline<{ shop?: string }>()({ a: [] }).graph();
  pipeline<{ since: Date }>()({ a: [] }).graph({ since: new Date() });
  // @ts-expect-error JSON cannot hold a Map
  pipeline<{ seen: Map<string, string> }>()({ a: [] }).graph({ seen: new Map() });
  const { graph } = nightly;
  is<JobGraph>()(graph({ shop: 'Oslo' }), true);
}

class Money {
  constructor(readonly cents: number) {}
  plus(other: Money): Money {
    return new Money(this.cents + other.cents);
  }
}

interface Tree {
  readonly name: string;
  readonly below: readonly Tree[];
  readonly seenAt?: Date;
}

declare const tree: Tree;

export function refusedResults(): void {
  // @ts-expect-error JSON cannot hold a Map
  two.handle('fetch', () => new Map());
  // @ts-expect-error nor deep inside
  two.handle('fetch', async () => [{ seen: new Map<string, number>() }]);
  // @ts-expect-error nor a Set
  two.handle('fetch', () => ({ seen: new Set([1]) }));
  // @ts-expect-error nor a function
  two.handle('fetch', () => () => 3);
  // @ts-expect-error nor a BigInt
  two.handle('fetch', () => ({ n: 1n }));
  // @ts-expect-error nor a symbol
  two.handle('fetch', () => Symbol('x'));
  // @ts-expect-error nor an error
  two.handle('fetch', () => new Error('x'));
  // @ts-expect-error nor an object with methods
  two.handle('fetch', () => ({ sum: new Money(3) }));
  // @ts-expect-error nor a pattern
  two.handle('fetch', () => ({ found: /x/ }));
  // @ts-expect-error nor bytes
  two.handle('fetch', () => new Uint8Array(3));
  // @ts-expect-error nor undefined in an array
  two.handle('fetch', () => [1, undefined]);
  // @ts-expect-error nor a promise inside
  two.handle('fetch', () => ({ later: Promise.resolve(1) }));
  // @ts-expect-error the result of the only stage
  two.handle('fetch', { process: () => new Set([1]) });
  // @ts-expect-error the result of the last stage
  two.handle('fetch', { process: () => 1, postProcess: () => new Set([1]) });
  // What a stage hands on is no result.
  two.handle('fetch', { process: () => new Set([1]), postProcess: (_job, seen) => [...seen] });
}

export function results(anything: any, unknown: unknown, handler: Handler): void {
  const form = pipeline()({ a: [], b: ['a'] });
  form.handle('a', () => {}).handle('b', ({ inputs }) => is<null>()(inputs.a, true));
  form.handle('a', async () => {}).handle('b', ({ inputs }) => is<null>()(inputs.a, true));
  form.handle('a', () => 'x' as const).handle('b', ({ inputs }) => is<'x'>()(inputs.a, true));
  form.handle('a', () => anything).handle('b', ({ inputs }) => is<any>()(inputs.a, true));
  form.handle('a', () => unknown).handle('b', ({ inputs }) => is<unknown>()(inputs.a, true));
  form.handle('a', () => abort('x')).handle('b', ({ inputs }) => is<never>()(inputs.a, true));
  form
    .handle('a', () => tree)
    .handle('b', ({ inputs }) => {
      is<string | undefined>()(inputs.a.below[0]?.below[0]?.seenAt, true);
      is<string>()(inputs.a.below[0]!.name, true);
    });
  form
    .handle('a', ({ attempt }) => (attempt > 1 ? { n: 1, left: undefined } : null))
    .handle('b', ({ inputs }) => is<{ n: number; left?: never } | null>()(inputs.a, true));
  // Whoever skips, aborts, faults or defers returns nothing.
  form
    .handle('a', ({ attempt }) => {
      if (attempt === 1) return fault('again', { retryAfterMs: 5 });
      if (attempt === 2) return defer('too early', { delayMs: 5 });
      return attempt === 3 ? skip('nothing to do') : 3;
    })
    .handle('b', ({ inputs }) => is<number>()(inputs.a, true));
  form.handle('a', handler).handle('b', ({ inputs }) => is<unknown>()(inputs.a, true));
  is<[string, { a?: number }]>()(null as unknown as JsonForm<[Date, { a: number | undefined }]>, true);
}

const timed =
  <Job, Result>(process: (job: Job) => Result) =>
  (job: Job): Result =>
    process(job);
const logged: Wrapper = (process) => async (job) => await process(job);

export function stages(given: Handler): void {
  const form = pipeline<{ shop: string }>()({ a: [], b: ['a'], c: ['b'] });
  form
    .handle('a', { preProcess: () => null, process: () => new Set([3]), postProcess: (_job, seen) => [...seen] })
    .handle('b', {
      process: ({ inputs }) => {
        is<number[]>()(inputs.a, true);
        return { sum: inputs.a.length };
      },
    })
    .handle('c', ({ inputs }) => is<{ sum: number }>()(inputs.b, true));
  form
    .handle(
      'a',
      harness(({ args }) => args.shop, timed),
    )
    .handle(
      'b',
      harness(({ inputs }) => {
        is<string>()(inputs.a, true);
        return inputs.a.length;
      }, timed),
    )
    .handle('c', harness(given, logged));
}

const page = ({ args }: RunningJob<{ shop: string; page: number }>) => ({ rows: args.page * 10, at: new Date() });
const note = { process: (_job: RunningJob<{ text: string }>) => 1, postProcess: () => 'noted' };
const untyped = () => true;

const growing = pipeline<{ shop: string }>()({
  list: { spawns: { page, note, untyped } },
  total: ['list/*'],
  approve: { after: ['total'], external: { for: 'the finance team' } },
  tidy: { after: ['list/*', 'approve'], when: 'all-ended', type: 'clean', args: { deep: { list: [1] } } },
});

export async function spawning(): Promise<void> {
  // @ts-expect-error there is no job called aprove
  growing.answers<{ aprove: string }>();
  // @ts-expect-error workers run it
  growing.answers<{ total: string }>();
  // @ts-expect-error nothing called pgae is spawned
  growing.handle('list', ({ spawn }) => spawn({ a: { type: 'pgae', args: { page: 1 } } }));
  // @ts-expect-error a page is a number
  growing.handle('list', ({ spawn }) => spawn({ a: { type: 'page', args: { page: 'one' } } }));
  // @ts-expect-error the args are missing
  growing.handle('list', ({ spawn }) => spawn({ a: { type: 'page' } }));
  // @ts-expect-error it is called page
  growing.handle('list', ({ spawn }) => spawn({ a: { type: 'page', args: { pgae: 1 } } }));
  // @ts-expect-error it is called timeoutMs
  growing.handle('list', ({ spawn }) => spawn({ a: { type: 'untyped', timeoutMS: 1 } }));
  // @ts-expect-error total spawns nothing
  growing.handle('total', ({ spawn }) => spawn({ a: { type: 'page', args: { page: 1 } } }));
  // @ts-expect-error somebody outside answers it
  growing.handle('approve', () => true);
  // @ts-expect-error what is spawned has its handler already
  growing.handle('page', () => true);
  const whole = growing
    .answers<{ approve: { ok: boolean; at: Date } }>()
    .handle('list', ({ spawn, args }) => {
      spawn({
        a: { type: 'page', args: { page: 1 } },
        b: { type: 'page', after: ['a'], args: { page: 1, shop: 'Bergen' } },
      });
      spawn({ c: { type: 'note', args: { text: 'x' }, timeoutMs: 3 }, d: { type: 'untyped' } });
      return args.shop.length;
    })
    .handle('total', ({ inputs, parents }) => {
      is<number>()(inputs.list, true);
      is<JobParent>()(parents.list, true);
      const { list: _, ...below } = inputs;
      is<({ rows: number; at: string } | string | boolean)[]>()(Object.values(below), true);
    })
    .handle('clean', ({ inputs, args, id }) => {
      is<'tidy'>()(id, true);
      is<number | undefined>()(inputs.list, true);
      is<{ ok: boolean; at: string } | undefined>()(inputs.approve, true);
      is<string>()(args.shop, true);
      is<1>()(args.deep.list[0], true);
      // @ts-expect-error it may not be there
      void inputs.approve.ok;
    });
  await start({}, db, whole.handlers);
  const { jobs } = await waitForGraph(db, 'x', whole);
  is<null>()(jobs.tidy.result, true);
  const first = jobs['list/a'];
  if (first?.status === 'finished') is<{ rows: number; at: string } | string | boolean>()(first.result, true);
  if (jobs.approve.status === 'finished') is<{ ok: boolean; at: string }>()(jobs.approve.result, true);
}

const several = pipeline<{ shop: string }>()({
  'page 1': { type: 'page', args: { page: 1 } },
  'page 2': { type: 'page', args: { page: 2, shop: 'Bergen' } },
  index: { after: ['page 1', { job: 'page 2', optional: true }] },
  any: { after: ['page 1', 'page 2'], when: 'any-finished' },
});

export const jobsOfOneType = several
  .handle('page', ({ id, args }) => {
    is<'page 1' | 'page 2'>()(id, true);
    is<1 | 2>()(args.page, true);
    is<string>()(args.shop, true);
    return { page: Number(args.page) };
  })
  .handle('index', ({ inputs }) => {
    is<{ page: number }>()(inputs['page 1'], true);
    is<{ page: number } | undefined>()(inputs['page 2'], true);
  })
  .handle('any', ({ inputs }) => is<{ page: number } | undefined>()(inputs['page 1'], true));

/** A handler that is written elsewhere. */
export function reportOf({ args, inputs }: JobOf<typeof nightly, 'report'>): string {
  is<number>()(inputs.count, true);
  return args.shop;
}
