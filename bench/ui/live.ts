/** Following: how long it takes from an event in the log until it is on the page. */
import { graphHistory, install, store } from 'overseer';
import type { Chromium } from '../../test/support/chromium.js';
import { type Figure, freshAddress, isQuick } from '../measure.js';
import { startProcesses, stopProcesses } from '../processes.js';
import { quantile, spreadOf } from '../statistics.js';
import { Ui, WatchedPage } from './browser.js';
import { submitChain } from './large-run.js';

const chained = isQuick ? 20 : 100;

/** @param idle how many other jobs the graph has */
export async function liveFigure(chromium: Chromium, what: string, idle: number): Promise<Figure> {
  const address = freshAddress();
  const db = await store(address);
  await install(db);
  await submitChain(address, 'followed', chained, idle);
  const ui = await Ui.over(address);
  const watched = await WatchedPage.at(chromium, `${ui.url}#/graph/followed`);
  const { number: before } = await watched.next('picture');
  const processes = await startProcesses(address, 1, 1);
  const seen: { readonly at: number; readonly number: number }[] = [];
  const last = before + 2 * chained;
  while ((seen.at(-1)?.number ?? 0) < last) seen.push(await watched.next('events'));
  await stopProcesses(processes);
  const { events } = await graphHistory(db, 'followed');
  // Each event is on the page with the first picture that shows at least as many.
  const times = events.slice(before).map(({ recordedAt }, index) => {
    return seen.find(({ number }) => number > before + index)!.at - Date.parse(recordedAt);
  });
  await watched.close();
  await ui.stop();
  await db.close();
  const { median, least, most } = spreadOf(times);
  return {
    what,
    value: median,
    spread: { least, most },
    unit: 'ms',
    target: { atMost: 100 },
    note: `recordedAt to the end of the frame that shows it, ${times.length} events by a worker process, p99 ${quantile(times, 0.99).toFixed(0)} ms`,
  };
}
