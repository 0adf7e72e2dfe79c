/**
 * The page of the web UI in headless Chromium, served by the real `overseer ui`, at 10,000 jobs and some 50,000 events of a run
 * by real workers: its first picture, scrubbing, following, its size and its memory. Skipped where there is no Chromium.
 */
import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { graphHistory, store } from 'overseer';
import { Chromium, whyNoChromium } from '../test/support/chromium.js';
import { type Figure, freshAddress, isQuick, measured, report } from './measure.js';
import { exportHtml, Ui, WatchedPage } from './ui/browser.js';
import { largeId, makeLargeRun } from './ui/large-run.js';
import { liveFigure } from './ui/live.js';
import { memoryFigures } from './ui/memory.js';
import { stepFigures } from './ui/steps.js';

const jobs = isQuick ? 1000 : 10_000;
const opens = isQuick ? 2 : 7;

if (whyNoChromium !== null) {
  console.error(`ui: skipped, ${whyNoChromium}`);
  report([]);
} else {
  const chromium = await Chromium.start();
  try {
    report(await figures(chromium));
  } finally {
    await chromium.close();
  }
}

async function figures(chromium: Chromium): Promise<readonly Figure[]> {
  const address = freshAddress();
  await makeLargeRun(address, jobs);
  const db = await store(address);
  const { events } = await graphHistory(db, largeId);
  await db.close();
  const size = `${jobs.toLocaleString('en')} jobs, ${events.length.toLocaleString('en')} events`;
  const ui = await Ui.over(address);
  const place = `${ui.url}#/graph/${largeId}`;
  const first = await pictures(chromium, place, 1);
  const found: Figure[] = [
    {
      what: 'web UI, navigation to the first useful picture',
      ...measured(await pictures(chromium, place, opens)),
      unit: 's',
      target: { atMost: 1.5 },
      note: `graph with its boxes, list and scrubber drawn; ${size}; served before, nothing in the browser's cache; the very first time ${first[0]!.toFixed(2)} s`,
    },
    scriptFigure(),
    ...(await stepFigures(chromium, place, `join-22-${jobs / 100}`)),
    ...(await memoryFigures(chromium, place)),
  ];
  await ui.stop();
  found.push(...(await incidentFigures(chromium, address, size)));
  found.push(await liveFigure(chromium, 'web UI, an event in the log to the page', 0));
  const name = `web UI, the same in a graph of ${jobs.toLocaleString('en')} other jobs`;
  found.push(await liveFigure(chromium, name, jobs));
  return found;
}

/** Seconds from the navigation to the first picture, in a new profile each time. */
async function pictures(chromium: Chromium, place: string, count: number): Promise<readonly number[]> {
  const times: number[] = [];
  for (let round = 0; round < count; round++) {
    const watched = await WatchedPage.at(chromium, place);
    times.push((await watched.next('picture')).ms / 1000);
    await watched.close();
  }
  return times;
}

function scriptFigure(): Figure {
  const folder = join(import.meta.dirname, '../dist/web/page');
  const kilobytes = (name: string) => gzipSync(readFileSync(join(folder, name))).length / 1000;
  return {
    what: 'JavaScript of the page, packed with gzip',
    value: kilobytes('page.js'),
    unit: 'kB',
    target: { atMost: 150 },
    note: `besides, the worker that lays graphs out ${kilobytes('layout.js').toFixed(0)} kB, styles ${kilobytes('page.css').toFixed(0)} kB`,
  };
}

async function incidentFigures(chromium: Chromium, address: string, size: string): Promise<readonly Figure[]> {
  const file = join(dirname(address.slice('sqlite:'.length)), 'incident.html');
  exportHtml(address, largeId, file);
  return [
    {
      what: 'incident file, its first picture',
      ...measured(await pictures(chromium, `${pathToFileURL(file).href}#/graph/${largeId}`, opens)),
      unit: 's',
      note: `from the disk; ${size}`,
    },
    { what: 'incident file, its size', value: statSync(file).size / 1e6, unit: 'MB', note: size },
  ];
}
