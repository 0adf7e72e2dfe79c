/**
 * Runs inside the page, before its own scripts, and tells the benchmark what is on the screen and when. It looks at the end
 * of frames: a message that is posted from a frame's callback arrives after the frame's scripts, style, layout and painting
 * are done on the main thread. All that it reads is what the page shows to everybody: attributes and rows.
 */
export type Seen =
  /** The scrubber and the graph with its boxes are drawn for the first time; milliseconds since the navigation began. */
  | { readonly kind: 'picture'; readonly ms: number; readonly number: number }
  /** A key or a pointer moved the page to another moment, and all of it shows that moment; milliseconds since the input. */
  | { readonly kind: 'step'; readonly ms: number; readonly frames: number; readonly number: number }
  /** The page shows all events up to a number; milliseconds since the epoch. */
  | { readonly kind: 'events'; readonly at: number; readonly number: number };

declare global {
  /** Tells the benchmark. */
  var overseerBenchSaw: (seen: Seen) => void;
}

const channel = new MessageChannel();
let afterFrame: (() => void)[] = [];
channel.port1.onmessage = () => {
  const due = afterFrame;
  afterFrame = [];
  for (const each of due) each();
};

function atEndOfFrame(what: () => void): void {
  requestAnimationFrame(() => {
    afterFrame.push(what);
    channel.port2.postMessage(null);
  });
}

const slider = () => document.querySelector('[role=slider]');
const numberOf = (element: Element | null | undefined, name: string) =>
  Number(element?.getAttribute(name) ?? Number.NaN);
/** The moment that the scrubber stands at. */
const shownNumber = () => numberOf(slider(), 'aria-valuenow');

function isScrubberDrawn(): boolean {
  return (slider()?.querySelector('canvas')?.style.width ?? '') !== '';
}

/** Whether the graph, if it is this view that is open, is drawn as of a moment. */
function isGraphDrawn(number: number): boolean {
  const graph = document.querySelector<HTMLElement>('section.graph-view');
  if (graph === null) return document.querySelector('section.timeline canvas') !== null;
  return graph.ariaBusy === 'false' && Number(graph.dataset['drawn']) === number;
}

/** Whether the list of events shows an event as the current one, in its part that is seen. */
function isListed(number: number): boolean {
  const row = document.querySelector('.events .row.current');
  if (numberOf(row, 'aria-posinset') !== number) return false;
  const [at, list] = [row!.getBoundingClientRect(), row!.closest('.list')!.getBoundingClientRect()];
  return at.bottom > list.top && at.top < list.bottom;
}

function isAllDrawn(): boolean {
  const number = shownNumber();
  return isScrubberDrawn() && isGraphDrawn(number) && isListed(number);
}

function watchForPicture(): void {
  atEndOfFrame(() => {
    if (!isAllDrawn()) return watchForPicture();
    overseerBenchSaw({ kind: 'picture', ms: performance.now(), number: shownNumber() });
    new MutationObserver(() => watchForEvents()).observe(slider()!, { attributeFilter: ['aria-valuemax'] });
  });
}

/** The page knows more events: waits until it shows them, if it follows them. */
function watchForEvents(): void {
  atEndOfFrame(() => {
    const number = numberOf(slider(), 'aria-valuemax');
    if (shownNumber() !== number) return;
    if (!isAllDrawn()) return watchForEvents();
    overseerBenchSaw({ kind: 'events', at: performance.timeOrigin + performance.now(), number });
  });
}

let isStepping = false;

/** From an input on, waits for the frame in which everything shows another moment than before. */
function onInput(event: Event): void {
  if (isStepping || !event.isTrusted) return;
  const before = shownNumber();
  if (Number.isNaN(before)) return;
  isStepping = true;
  performance.mark('step');
  let frames = 0;
  const look = () => {
    frames += 1;
    const number = shownNumber();
    if (number === before || !isAllDrawn()) return atEndOfFrame(look);
    isStepping = false;
    overseerBenchSaw({ kind: 'step', ms: performance.now() - event.timeStamp, frames, number });
  };
  atEndOfFrame(look);
}

addEventListener('keydown', onInput, true);
// A pointer that is down drags the scrubber.
addEventListener('pointermove', (event) => event.buttons > 0 && onInput(event), true);
watchForPicture();
