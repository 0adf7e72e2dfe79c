/**
 * Makes the pictures of the web UI that README and guide show: `npm run pictures [-- --out FOLDER]`, after `npm run build`. It
 * runs real graphs in a store in memory, serves it, and photographs the page in Chromium.
 */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { fault, install, jobGraph, start, store, transactGraph, waitForGraph, webHandler } from 'overseer';
import { handlers as nightlyHandlers, graph as nightlyGraph } from '../docs/snippets/nightly-run.js';
import { listen } from '../src/web/server/listen.js';
import { Chromium, whyNoChromium } from '../test/support/chromium.js';

const { values } = parseArgs({ options: { out: { type: 'string' } } });
const out = resolve(values.out ?? join(import.meta.dirname, '../docs/pictures'));

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

/** What is photographed: a name, a place, and the moment as a share of the history. */
const views: readonly (readonly [name: string, place: string, scheme: 'light' | 'dark'])[] = [
  ['graphs', '', 'light'],
  ['graph', 'graph/nightly?at=9&job=orders', 'light'],
  ['graph-dark', 'graph/nightly?at=9&job=orders', 'dark'],
  ['large-graph', 'graph/crawl-2026-03-01?at=520', 'dark'],
  ['timeline', 'graph/crawl-2026-03-01?at=700&view=timeline&lanes=job&only=troubled&job=fetch-17', 'light'],
  ['compare', 'compare/nightly-before/nightly', 'light'],
  [
    'find',
    'graph/nightly?view=find&where=count.failed%20%3E%200&watch=count.finished%0Ajobs.orders.attempt&at=11',
    'light',
  ],
  ['audit', 'audit?event=%40100', 'light'],
];

const server = await listen(webHandler(db), '127.0.0.1', 0);
const chromium = await Chromium.start();
for (const [name, place, scheme] of views) {
  const { page } = await chromium.open(`http://127.0.0.1:${server.port}/#/${place}`, { scheme });
  await page.locator('main :is(table, canvas, ol)').first().waitFor();
  // Fonts, layouts and the workers that are asked for come within this.
  await page.waitForTimeout(1000);
  await page.screenshot({ path: join(out, `${name}.png`) });
  await page.context().close();
  console.log(join(out, `${name}.png`));
}
await chromium.close();
await server.close();
await db.close();
