/** What the page holds in memory, after every moment of the run was looked at. */
import { readFileSync } from 'node:fs';
import type { Chromium } from '../../test/support/chromium.js';
import type { Figure } from '../measure.js';
import { WatchedPage } from './browser.js';

const mebibyte = 1024 * 1024;

export async function memoryFigures(chromium: Chromium, place: string): Promise<readonly Figure[]> {
  const watched = await WatchedPage.at(chromium, `${place}?spacing=even`);
  const { page, cdp } = watched;
  await watched.next('picture');
  const strip = (await page.getByRole('slider', { name: 'Moment' }).boundingBox())!;
  await page.mouse.move(strip.x + 6, strip.y + strip.height / 2);
  await page.mouse.down();
  for (let x = 12; x < strip.width - 12; x += 6) {
    await page.mouse.move(strip.x + x, strip.y + strip.height / 2);
    await watched.next('step');
  }
  await cdp.send('HeapProfiler.enable');
  await cdp.send('HeapProfiler.collectGarbage');
  const heap = await cdp.send('Runtime.getHeapUsage');
  const { own, whole } = await ofRenderer(watched);
  await watched.close();
  const target = { atMost: 300 };
  const buffers = heap.backingStorageSize / mebibyte;
  return [
    {
      what: 'memory of the page: values of its scripts',
      value: (heap.usedSize + heap.backingStorageSize) / mebibyte,
      unit: 'MiB',
      target,
      note: `after a walk through the whole run and a collection; ${buffers.toFixed(0)} MiB of it buffers; heap of ${(heap.totalSize / mebibyte).toFixed(0)} MiB`,
    },
    ...(own === null
      ? []
      : [
          {
            what: 'memory of the page: its whole process',
            value: own / mebibyte,
            unit: 'MiB',
            target,
            note: `what no other process shares, as Linux counts it; with what they share ${(whole / mebibyte).toFixed(0)} MiB resident`,
          },
        ]),
  ];
}

/** Memory of the process that draws the page, which is the largest of its kind. Null where there is no /proc. */
async function ofRenderer({ page }: WatchedPage): Promise<{ own: number | null; whole: number }> {
  const cdp = await page.context().browser()!.newBrowserCDPSession();
  const { processInfo } = await cdp.send('SystemInfo.getProcessInfo');
  await cdp.detach();
  const sizes = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => sizesOf(id));
  return sizes.reduce((most, each) => (each.whole > most.whole ? each : most), { own: null, whole: 0 });
}

function sizesOf(pid: number): { own: number | null; whole: number } {
  try {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    const field = (name: string) => 1024 * Number(new RegExp(`^${name}:\\s*(\\d+) kB`, 'm').exec(text)?.[1] ?? 0);
    return { own: field('Private_Clean') + field('Private_Dirty'), whole: field('Rss') };
  } catch {
    return { own: null, whole: 0 };
  }
}
