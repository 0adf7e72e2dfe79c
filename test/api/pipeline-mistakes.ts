/** Mistakes in a pipeline, and what the compiler says of each: the guide shows them so. */

export interface Mistake {
  /** As the guide calls it. */
  readonly title: string;
  readonly code: string;
  /** A line of what TypeScript 5.9 says, the one that tells the most. */
  readonly says: string;
}

/** What is above each of them. */
export const above = `
import { pipeline, start, type RunningJob, type Store } from 'overseer';
declare const db: Store;
const shop = pipeline<{ shop: string }>();
const jobs = shop({ fetch: [], count: ['fetch'], report: ['count'] });
const fetched = jobs.handle('fetch', () => [{ amount: 3 }]);
const page = ({ args }: RunningJob<{ shop: string; page: number }>) => args.page;
const listed = shop({ list: { spawns: { page } }, total: ['list/*'] });
`;

export const mistakes: readonly Mistake[] = [
  {
    title: 'a parent that does not exist',
    code: "shop({ fetch: [], count: ['fecth'] })",
    says: `Type '"fecth"' is not assignable to type 'Parent<"count" | "fetch">'. Did you mean '"fetch"'?`,
  },
  {
    title: 'a mistyped option',
    code: 'shop({ fetch: { timeoutMS: 500 } })',
    says: `Type 'number' is not assignable to type 'NoSuchOption<"timeoutMS">'.`,
  },
  {
    title: 'an input that is no parent',
    code: "fetched.handle('count', ({ inputs }) => inputs.report)",
    says: `Property 'report' does not exist on type '{ fetch: { amount: number; }[]; }'.`,
  },
  {
    title: 'an input whose handler comes later',
    code: "jobs.handle('count', ({ inputs }) => inputs.fetch.length)",
    says: `Property 'length' does not exist on type 'NotHandledYet<"fetch">'.`,
  },
  {
    title: 'an arg that does not exist',
    code: "fetched.handle('count', ({ args }) => args.shpo)",
    says: `Property 'shpo' does not exist on type '{ shop: string; }'. Did you mean 'shop'?`,
  },
  {
    title: 'a result that JSON cannot hold',
    code: "jobs.handle('fetch', () => ({ total: 10n }))",
    says: `Type 'bigint' is not assignable to type 'NotJson<"a BigInt; store it as a string">'.`,
  },
  {
    title: 'a job that does not exist, or has a handler',
    code: "fetched.handle('fetch', () => [])",
    says: `Argument of type '"fetch"' is not assignable to parameter of type '"count" | "report"'.`,
  },
  {
    title: 'a handler that is missing',
    code: 'start({}, db, fetched.handlers)',
    says: `Argument of type 'NoHandlerFor<"count" | "report">' is not assignable to parameter of type 'Readonly<Record<string, Handler>>'.`,
  },
  {
    title: 'args of the wrong type',
    code: 'jobs.graph({ shop: 3 })',
    says: `Type 'number' is not assignable to type 'string'.`,
  },
  {
    title: 'a spawned job of an unknown type',
    code: "listed.handle('list', ({ spawn }) => spawn({ first: { type: 'pgae', args: { page: 1 } } }))",
    says: `Type '"pgae"' is not assignable to type '"page"'.`,
  },
  {
    title: 'a spawned job without its args',
    code: "listed.handle('list', ({ spawn }) => spawn({ first: { type: 'page' } }))",
    says: `Property 'args' is missing in type '{ type: "page"; }' but required in type '{ readonly args: { page: number; shop?: string; }; }'.`,
  },
  {
    title: 'spawning where none is described',
    code: "jobs.handle('fetch', ({ spawn }) => spawn({ first: { type: 'page' } }))",
    says: `Property ''there are no spawns in the description of job'' is missing in type '{ type: string; }' but required in type 'SpawnsNothing<"fetch">'.`,
  },
];
