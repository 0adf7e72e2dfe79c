/**
 * Makes the pictures of the web UI that README and guide show: `npm run pictures [-- --out FOLDER]`, after `npm run build`. It
 * runs real graphs in a store in memory, serves it, and photographs the page in Chromium.
 *
 *     npm run pictures -- --every FOLDER     every view instead, light and dark, 1280 and 2560 pixels wide, to be looked at
 */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Page } from 'playwright-core';
import { fault, install, jobGraph, pause, start, store, transactGraph, waitForGraph, webHandler } from 'overseer';
import { handlers as nightlyHandlers, graph as nightlyGraph } from '../docs/snippets/nightly-run.js';
import { listen } from '../src/web/server/listen.js';
import { type Appearance, Chromium, whyNoChromium } from '../test/support/chromium.js';

const { values } = parseArgs({ options: { out: { type: 'string' }, every: { type: 'string' } } });
const out = resolve(values.every ?? values.out ?? join(import.meta.dirname, '../docs/pictures'));

if (whyNoChromium !== null) throw new Error(whyNoChromium);
mkdirSync(out, { recursive: true });

/** A run large enough for groups and the heat strip: pages are fetched, parsed and joined, and some fault at first. */
function crawl() {
  const pages = Array.from({ length: 150 }, (_, page) => page);
  const jobs = Object.fromEntries([
    ['seed', { type: 'seed' }],
    ...pages.map((page) => [`fetch-${page}`, { type: 'fetch', after: ['seed'], retry: { initialIntervalMs: 60 } }]),
    ...pages.map((page) => [`parse-${page}`, { type: 'parse', after: [`fetch-${page}`] }]),
    ...pages
      .slice(0, 30)
      .map((n) => [`join-${n}`, { type: 'join', after: pages.slice(5 * n, 5 * n + 5).map((page) => `parse-${page}`) }]),
    ['index', { type: 'index', after: pages.slice(0, 30).map((n) => `join-${n}`) }],
    ['publish', { type: 'publish', after: ['index'] }],
  ]) as Record<string, { readonly type: string; readonly after?: readonly string[] }>;
  return jobGraph({ jobs }, {}, { id: 'crawl-2026-03-01', labels: { site: 'example', kind: 'crawl' } });
}

const takes = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const crawlHandlers = {
  seed: () => ({ pages: 150 }),
  fetch: async ({ id, attempt }: { readonly id: string; readonly attempt: number }) => {
    await takes(4 + (id.length % 5) * 3);
    if (attempt === 1 && /[37]$/.test(id)) fault('503 Service Unavailable');
    return { bytes: 1000 * id.length, status: 200 };
  },
  parse: async () => {
    await takes(6);
    return { words: 412 };
  },
  join: () => takes(10),
  index: () => takes(40),
  publish: () => {
    throw new TypeError('the target is not writable');
  },
};

const db = await store('memory:');
await install(db);
const worker = await start({ concurrency: 8 }, db, { ...nightlyHandlers, ...crawlHandlers });
const nightly = jobGraph(nightlyGraph, {}, { id: 'nightly', labels: { team: 'billing' } });
const again = jobGraph(nightlyGraph, {}, { id: 'nightly-before', labels: { team: 'billing' } });
for (const graph of [again, nightly, crawl()]) {
  await transactGraph(db, graph);
  await waitForGraph(db, graph.id);
}
await worker.stop();

/** Some jobs that run and wait, so that there are queues, and workers that hold jobs. Returns what ends that. */
async function keepBusy(): Promise<() => Promise<void>> {
  const releases: (() => void)[] = [];
  const slow = () => new Promise<void>((release) => releases.push(release));
  const busy = await start({ concurrency: 3 }, db, { resize: slow, upload: slow });
  const images = ['cover', 'map', 'portrait', 'skyline', 'harbour', 'bridge'];
  const jobs = Object.fromEntries(
    images.flatMap((name) => [
      [`resize-${name}`, { type: 'resize', args: { width: 1600, file: `${name}.tif` } }],
      [`upload-${name}`, { type: 'upload', after: [`resize-${name}`] }],
    ]),
  ) as Record<string, { readonly type: string; readonly after?: readonly string[] }>;
  await transactGraph(db, jobGraph({ jobs }, {}, { id: 'images', labels: { team: 'press', edition: '2026-03' } }));
  await pause(db, { type: 'publish' }, { by: 'ann', reason: 'the target is being moved' });
  return async () => {
    for (const release of releases) release();
    await busy.stop();
  };
}

interface View {
  readonly name: string;
  readonly place: string;
  /** What is done on the page before it is photographed. */
  readonly act?: (page: Page) => Promise<void>;
}

/** The few that are shown to readers. */
const shown: readonly (View & { readonly scheme: 'light' | 'dark' })[] = [
  { name: 'graphs', place: '', scheme: 'light' },
  { name: 'graph', place: 'graph/nightly?at=9&job=orders', scheme: 'light' },
  { name: 'graph-dark', place: 'graph/nightly?at=9&job=orders', scheme: 'dark' },
  { name: 'large-graph', place: 'graph/crawl-2026-03-01?at=520', scheme: 'dark' },
  {
    name: 'timeline',
    place: 'graph/crawl-2026-03-01?at=700&view=timeline&lanes=job&only=troubled&job=fetch-17',
    scheme: 'light',
  },
  { name: 'compare', place: 'compare/nightly-before/nightly', scheme: 'light' },
  {
    name: 'find',
    place: 'graph/nightly?view=find&where=count.failed%20%3E%200&watch=count.finished%0Ajobs.orders.attempt&at=11',
    scheme: 'light',
  },
  { name: 'audit', place: 'audit?event=%40100', scheme: 'light' },
];

const pressed = (name: string) => async (page: Page) => {
  await page.locator('.graph-bar').getByRole('button', { name, exact: true }).click();
  await page.getByRole('dialog').waitFor();
};

const crawled = 'graph/crawl-2026-03-01';
const every: readonly View[] = [
  { name: 'graphs', place: '' },
  { name: 'graphs-none', place: 'graphs?search=nothing-is-called-like-this' },
  { name: 'graph', place: 'graph/nightly' },
  { name: 'graph-job', place: 'graph/nightly?at=9&job=orders&a=4' },
  { name: 'graph-running', place: 'graph/images?job=resize-map' },
  { name: 'graph-unknown', place: 'graph/nobody' },
  { name: 'large-graph', place: `${crawled}?at=520` },
  { name: 'large-graph-job', place: `${crawled}?job=publish` },
  { name: 'large-graph-search', place: `${crawled}?find=fetch-1` },
  { name: 'timeline-job', place: `${crawled}?at=700&view=timeline&lanes=job&only=troubled&job=fetch-17` },
  { name: 'timeline-type', place: `${crawled}?view=timeline&lanes=type` },
  { name: 'timeline-worker', place: `${crawled}?view=timeline&lanes=worker` },
  { name: 'compare-moments', place: 'graph/nightly?view=compare&a=4&b=14' },
  { name: 'compare-nothing', place: 'graph/nightly?view=compare' },
  { name: 'compare-runs', place: 'compare/nightly-before/nightly' },
  {
    name: 'find',
    place: 'graph/nightly?view=find&where=count.failed%20%3E%200&watch=count.finished%0Ajobs.orders.attempt&at=11',
  },
  { name: 'queues', place: 'queues' },
  { name: 'log', place: 'log' },
  { name: 'audit', place: 'audit?event=%40100' },
  { name: 'keys', place: 'graph/nightly', act: (page) => page.keyboard.press('?') },
  { name: 'operation-abort', place: 'graph/images', act: pressed('Abort') },
  { name: 'operation-fork', place: crawled, act: pressed('Fork') },
];

const isEvery = values.every !== undefined;
const endBusy = isEvery ? await keepBusy() : () => Promise.resolve();
const server = await listen(webHandler(db, { operate: isEvery ? { by: 'ann' } : false }), '127.0.0.1', 0);
const chromium = await Chromium.start();

async function photograph({ place, act }: View, file: string, appearance: Appearance): Promise<void> {
  const { page } = await chromium.open(`http://127.0.0.1:${server.port}/#/${place}`, appearance);
  await page.locator('main :is(table, canvas, ol, h1)').first().waitFor();
  await act?.(page);
  // Fonts, layouts and the workers that are asked for come within this.
  await page.waitForTimeout(1000);
  const path = join(out, `${file}.png`);
  await page.screenshot({ path });
  await page.context().close();
  console.log(path);
}

if (!isEvery) {
  for (const { scheme, ...view } of shown) await photograph(view, view.name, { scheme });
} else {
  for (const view of every) {
    for (const scheme of ['light', 'dark'] as const) {
      await photograph(view, `${view.name}-${scheme}-1280`, { scheme, width: 1280, height: 800 });
      await photograph(view, `${view.name}-${scheme}-2560`, { scheme, width: 2560, height: 1440 });
    }
  }
}
await chromium.close();
await server.close();
await endBusy();
await db.close();
