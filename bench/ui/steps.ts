/** Scrubbing: what it costs to show another moment. */
import type { Chromium } from '../../test/support/chromium.js';
import { type Figure, isQuick } from '../measure.js';
import { quantile, spreadOf } from '../statistics.js';
import { WatchedPage } from './browser.js';
import { type Busy, busyBetween, traceCategories } from './main-thread.js';

const views = [
  ['graph', ''],
  ['timeline by type', 'view=timeline&lanes=type'],
  ['timeline by job', 'view=timeline&lanes=job'],
  ['timeline by worker', 'view=timeline&lanes=worker'],
] as const;
const moves = ['one event', 'dragging far'] as const;
const rounds = isQuick ? 20 : 100;

interface Steps {
  readonly busy: readonly Busy[];
  /** From the input to the end of the frame in which everything shows the other moment, in milliseconds. */
  readonly drawn: readonly number[];
  readonly frames: readonly number[];
}

/** @param place of the graph, as its URL says it @param jobId a job to be chosen */
export async function stepFigures(chromium: Chromium, place: string, jobId: string): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const [view, parameters] of views) {
    const ofView: Steps[] = [];
    for (const chosen of [null, jobId]) {
      // At even distances, so that the pointer is as likely to go to one event as to another.
      const query = ['spacing=even', parameters, chosen === null ? '' : `job=${chosen}`];
      const watched = await WatchedPage.at(chromium, `${place}?${query.filter((each) => each !== '').join('&')}`);
      await watched.next('picture');
      // At first, nothing is compiled, and no state is kept to go back to.
      await stepsBy(watched, 'dragging far', 10);
      await stepsBy(watched, 'one event', 10);
      for (const move of moves) {
        const steps = await stepsBy(watched, move, rounds);
        ofView.push(steps);
        figures.push(medianFigure(`${move}, ${view}${chosen === null ? '' : ', a job chosen'}`, steps));
      }
      await watched.close();
    }
    figures.push(worstFigure(view, ofView));
  }
  return figures;
}

function medianFigure(what: string, { busy, drawn, frames }: Steps): Figure {
  const { median, least, most } = spreadOf(busy.map(({ wallMs }) => wallMs));
  const processor = quantile(
    busy.map(({ processorMs }) => processorMs),
    0.5,
  );
  const toFrame = `input to the end of its frame ${quantile(drawn, 0.5).toFixed(1)} ms, p99 ${quantile(drawn, 0.99).toFixed(1)}`;
  const second = frames.filter((count) => count > 1).length;
  const later = second === 0 ? '' : `; ${second} of ${frames.length} took more than a frame`;
  return {
    what: `scrubbing: ${what}`,
    value: median,
    spread: { least, most },
    unit: 'ms',
    target: { atMost: 16 },
    note: `main thread; processor time ${processor.toFixed(1)} ms; ${toFrame}${later}`,
  };
}

function worstFigure(view: string, all: readonly Steps[]): Figure {
  const busy = all.flatMap((steps) => steps.busy.map(({ wallMs }) => wallMs));
  const processor = all.flatMap((steps) => steps.busy.map(({ processorMs }) => processorMs));
  return {
    what: `scrubbing: ${view}, p99 of all`,
    value: quantile(busy, 0.99),
    unit: 'ms',
    target: { atMost: 50 },
    note: `main thread, ${busy.length} steps; processor time ${quantile(processor, 0.99).toFixed(1)} ms`,
  };
}

/** Moves with real keys, or drags the scrubber, each time some time after the one before, anywhere within a frame. */
async function stepsBy(watched: WatchedPage, move: (typeof moves)[number], count: number): Promise<Steps> {
  const { page } = watched;
  const strip = (await page.getByRole('slider', { name: 'Moment' }).boundingBox())!;
  if (move === 'dragging far') {
    await page.mouse.move(strip.x + 12, strip.y + strip.height / 2);
    await page.mouse.down();
  }
  const browser = page.context().browser()!;
  const [drawn, frames]: [number[], number[]] = [[], []];
  let isBackward = false;
  await browser.startTracing(page, { categories: traceCategories });
  for (let step = 0; step < count; step++) {
    if (move === 'one event') {
      if (step % 10 === 0) isBackward = !isBackward;
      await page.keyboard.press(isBackward ? 'ArrowLeft' : 'ArrowRight');
    } else {
      // Along the golden ratio: anywhere, and never twice at the same place.
      const share = (0.5 + step * 0.618_034) % 1;
      await page.mouse.move(strip.x + 12 + share * (strip.width - 24), strip.y + strip.height / 2);
    }
    const seen = await watched.next('step');
    drawn.push(seen.ms);
    frames.push(seen.frames);
    await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 17));
  }
  const trace = await browser.stopTracing();
  await page.mouse.up();
  return { busy: busyBetween(trace, 'step'), drawn, frames };
}
