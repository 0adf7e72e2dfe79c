/**
 * Every morning, the report of the day before: waits until the source has closed that day, fetches the orders of all tenants,
 * has a person approve the draft, and publishes it.
 *
 *     overseer schedule set nightly-report examples/nightly-report/pipeline.ts --cron '0 6 * * *' --timezone Europe/Oslo \
 *       --args '{"source":"https://orders.example.com","out":"reports"}'
 *     overseer limit set 'tenant-*' --concurrency 1
 *     overseer limit set orders-api --rate 300/1m
 *     overseer worker examples/nightly-report/pipeline.ts
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FullGraph, GraphOptions, Handlers, JobSpecification, RetryPolicy, RunningJob } from 'overseer';
import { ask } from './source.js';

/** Given to every job of the graph. */
interface Args {
  /** The address of the source of orders. */
  readonly source: string;
  /** The folder that reports are written to. */
  readonly out: string;
  /** The day to report on, such as `2026-11-27`. Unless given, the one before the instant in the id of the schedule's run. */
  readonly day?: string;
  /** How long the source may take to answer with a page; half a minute unless given. */
  readonly answerMs?: number;
}

interface PageArgs extends Args {
  readonly tenant: string;
  readonly page: number;
}

/** Of one page, or of all pages of a tenant: a line of the report. */
interface Sum {
  readonly tenant: string;
  readonly orders: number;
  readonly cents: number;
}

/** Of what a person waits for: it does not queue behind the pages of other runs. */
const soon = 10;

const minutes = 60_000;
const hours = 60 * minutes;

/** A source that is down, or busy, is no reason to fail: it is tried as often as the time allows. */
const often: RetryPolicy = {
  maximumAttempts: 1000,
  initialIntervalMs: 1000,
  backoffCoefficient: 2,
  maximumIntervalMs: 1 * minutes,
};

export const graph: FullGraph & GraphOptions = {
  jobs: {
    list: { type: 'list', startToCloseMs: 1 * minutes, scheduleToCloseMs: 3 * hours, retry: often },
    draft: { type: 'draft', after: ['list/*'], priority: soon },
    approval: {
      type: 'approval',
      after: ['draft'],
      external: { for: 'the finance team' },
      scheduleToCloseMs: 8 * hours,
    },
    publish: { type: 'publish', after: ['draft', 'approval'], priority: soon },
    tell: { type: 'tell', after: ['list/*', 'draft', 'approval', 'publish'], when: 'any-failed' },
    'clean-up': { type: 'clean-up', after: ['publish', 'tell'], when: 'all-ended' },
  },
  // Before the next run. It aborts the whole run, and is there for what nobody has thought of.
  deadlineMs: 22 * hours,
};

/** One page of the orders of a tenant. */
const pageJob = (args: Omit<PageArgs, keyof Args>, answerMs: number): JobSpecification => ({
  type: 'page',
  args,
  // What they mean, an operator sets: see above. A tenant's pages come one after the other.
  limits: ['tenant-{tenant}', 'orders-api'],
  startToCloseMs: answerMs,
  scheduleToCloseMs: 1 * hours,
  retry: often,
});

export const handlers: Handlers = {
  /** Spawns a job for each page of each tenant. Until the day is closed, the source asks to come again, and the job is put off. */
  list: async (job: RunningJob<Args>) => {
    const { answerMs = 30_000 } = job.args;
    const { tenants } = await ask<{ tenants: { id: string; pages: number }[] }>(job, `days/${dayOf(job)}`);
    for (const { id: tenant, pages } of tenants) {
      for (let page = 1; page <= pages; page++) {
        job.spawn({ [`${tenant}-${page}`]: pageJob({ tenant, page }, answerMs) });
      }
    }
    return { tenants: tenants.length };
  },

  page: async (job: RunningJob<PageArgs>): Promise<Sum> => {
    const { tenant, page } = job.args;
    const path = `days/${dayOf(job)}/${encodeURIComponent(tenant)}?page=${page}`;
    const { orders } = await ask<{ orders: { cents: number }[] }>(job, path);
    return { tenant, orders: orders.length, cents: orders.reduce((sum, { cents }) => sum + cents, 0) };
  },

  /** Adds the pages of each tenant up. The file is for whoever approves it; what is published is the result. */
  draft: (job: RunningJob<Args, Readonly<Record<string, Sum>>>) => {
    const { list: _, ...pages } = job.inputs;
    const rows = new Map<string, Sum>();
    for (const { tenant, orders, cents } of Object.values(pages)) {
      const sum = rows.get(tenant) ?? { tenant, orders: 0, cents: 0 };
      rows.set(tenant, { tenant, orders: sum.orders + orders, cents: sum.cents + cents });
    }
    const sorted = [...rows.values()].sort((a, b) => (a.tenant < b.tenant ? -1 : 1));
    mkdirSync(job.args.out, { recursive: true });
    writeFileSync(fileOf(job, 'draft.csv'), written(sorted));
    return sorted;
  },

  publish: (job: RunningJob<Args, { readonly draft: readonly Sum[]; readonly approval: unknown }>) => {
    writeFileSync(fileOf(job, 'csv'), written(job.inputs.draft));
    rmSync(fileOf(job, 'not-published.txt'), { force: true });
    return { rows: job.inputs.draft.length, approval: job.inputs.approval };
  },

  /** Says why there is no report, as soon as that is known. */
  tell: (job: RunningJob<Args>) => {
    const wrong = Object.entries(job.parents).filter(([, { status }]) => status === 'failed' || status === 'aborted');
    const lines = wrong.map(([id, { status, failure }]) => `${id} is ${status}: ${failure?.message ?? ''}\n`);
    mkdirSync(job.args.out, { recursive: true });
    writeFileSync(fileOf(job, 'not-published.txt'), lines.join(''));
    return wrong.map(([id]) => id);
  },

  'clean-up': (job: RunningJob<Args>) => {
    rmSync(fileOf(job, 'draft.csv'), { force: true });
  },
};

/** The id of a schedule's run ends in its instant. (At six in Oslo, the day is the same as in UTC.) */
function dayOf({ graphId, args }: RunningJob<Args>): string {
  if (args.day !== undefined) return args.day;
  const instant = Date.parse(graphId.slice(graphId.lastIndexOf('@') + 1));
  if (Number.isNaN(instant))
    throw new Error(`${graphId} is no run of a schedule; give the day: { "day": "2026-11-27" }`);
  return new Date(instant - 24 * hours).toISOString().slice(0, 10);
}

function fileOf(job: RunningJob<Args>, ending: string): string {
  return join(job.args.out, `${dayOf(job)}.${ending}`);
}

function written(rows: readonly Sum[]): string {
  const lines = rows.map(({ tenant, orders, cents }) => `${tenant},${orders},${(cents / 100).toFixed(2)}\n`);
  return ['tenant,orders,sum\n', ...lines].join('');
}
