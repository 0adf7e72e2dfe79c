import type { CanvasSize } from '../canvas/canvas-size.js';
import { type PlacedGraph, type Target } from '../drawing/placed-graph.js';
import { type Direction, readingOrder, walked } from '../drawing/walk.js';
import type { PanZoom } from './pan-zoom.js';

export interface GraphKeys {
  readonly placed: PlacedGraph;
  readonly panZoom: PanZoom;
  readonly size: CanvasSize;
  readonly focused: Target | null;
  readonly focus: (target: Target | null) => void;
  readonly act: (target: Target) => void;
  readonly choose: (jobId: string | null) => void;
}

export const directions: Readonly<Record<string, Direction>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
};
const panned = 60;
const zoomed = 1.3;

/**
 * Does what a key does on a graph. Without a box in focus, Tab leaves the graph; with one, it goes to the next box, and
 * leaves after the last. So nobody is held here.
 */
export function graphKey(event: KeyboardEvent, keys: GraphKeys): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (!isDone(event, keys)) return;
  event.preventDefault();
  event.stopPropagation();
}

function isDone(event: KeyboardEvent, { placed, panZoom, size, focused, focus, act, choose }: GraphKeys): boolean {
  const direction = directions[event.key];
  if (direction !== undefined) {
    if (event.shiftKey) pan(panZoom, direction);
    else focus(focused === null ? firstInSight(placed, panZoom, size) : walked(placed, focused, direction));
    return true;
  }
  switch (event.key) {
    case '+':
    case '=':
      panZoom.zoomBy(zoomed, size);
      return true;
    case '-':
      panZoom.zoomBy(1 / zoomed, size);
      return true;
    case '0':
      panZoom.fit(placed, size);
      return true;
    case 'Escape':
      focus(null);
      choose(null);
      return true;
    case 'Enter':
    case ' ':
      if (focused !== null) act(focused);
      return focused !== null;
    case 'Tab': {
      const all = readingOrder(placed);
      const next = focused === null ? undefined : all[all.indexOf(focused) + (event.shiftKey ? -1 : 1)];
      focus(next ?? null);
      return next !== undefined;
    }
    default:
      return false;
  }
}

function pan(panZoom: PanZoom, direction: Direction): void {
  const [x, y] = { left: [panned, 0], right: [-panned, 0], up: [0, panned], down: [0, -panned] }[direction] as [
    number,
    number,
  ];
  panZoom.panBy(x, y);
}

function firstInSight(placed: PlacedGraph, { view }: PanZoom, { width, height }: CanvasSize): Target | null {
  const all = readingOrder(placed);
  const isSeen = ({ rect }: Target) => {
    const [x, y] = [rect.x * view.k + view.x, rect.y * view.k + view.y];
    return x >= 0 && y >= 0 && x < width && y < height;
  };
  return all.find(isSeen) ?? all[0] ?? null;
}
