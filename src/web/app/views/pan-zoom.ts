import { select } from 'd3-selection';
import { zoom, zoomIdentity, type ZoomTransform } from 'd3-zoom';
import { useMemo, useRef, useState } from 'preact/hooks';
import type { View } from '../drawing/graph-picture.js';
import type { Rect } from '../drawing/placed-graph.js';

/** At first, a picture is not made smaller than this: nobody could read it. */
const readable = 0.6;
/** What is small is not made larger than this by itself. */
const scaleAtFirstMost = 1.25;
const scaleBounds = [0.04, 3] as const;

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Moves a picture on a canvas, and makes it larger and smaller: by wheel, pinch, drag and double click, or when asked. */
export class PanZoom {
  view: View = { x: 0, y: 0, k: 1 };
  /** Until somebody has moved the picture, it is fitted again when anything changes: all of it, or what can be read. */
  fitting: 'all' | 'readable' | 'none' = 'readable';
  /** Whether a pointer at a place may start moving the picture. */
  mayZoomAt: (x: number, y: number) => boolean = () => true;
  private canvas: HTMLCanvasElement | null = null;
  private readonly behaviour = zoom<HTMLCanvasElement, unknown>()
    .scaleExtent([...scaleBounds])
    .clickDistance(4)
    .filter((event: MouseEvent | TouchEvent) => this.accepts(event))
    .on('zoom', ({ transform, sourceEvent }: { transform: ZoomTransform; sourceEvent: unknown }) => {
      if (sourceEvent !== null && sourceEvent !== undefined) this.fitting = 'none';
      this.view = { x: transform.x, y: transform.y, k: transform.k };
      this.onChange();
    });

  constructor(private readonly onChange: () => void) {}

  attach(canvas: HTMLCanvasElement): () => void {
    this.canvas = canvas;
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) this.behaviour.duration(0);
    const selection = select(canvas).call(this.behaviour);
    return () => {
      selection.on('.zoom', null);
      this.canvas = null;
    };
  }

  private accepts(event: MouseEvent | TouchEvent): boolean {
    if (event.type === 'wheel') return true;
    if ('button' in event && event.button !== 0) return false;
    // A double click on a box is two clicks on it.
    return !(event instanceof MouseEvent && event.type === 'dblclick' && !this.mayZoomAt(event.offsetX, event.offsetY));
  }

  /** Shows all of a picture. */
  fit(picture: Size, size: Size): void {
    this.fitting = 'all';
    this.moveTo(fitted(picture, size, 0, null));
  }

  /** Fits a picture unless somebody has moved it: as much as can be read, from its beginning or around a box. */
  fitAgain(picture: Size, size: Size, around: Rect | null): void {
    if (this.fitting === 'none') return;
    this.moveTo(fitted(picture, size, this.fitting === 'all' ? 0 : readable, around));
  }

  /** Larger or smaller, around the middle of the canvas. */
  zoomBy(factor: number, { width, height }: Size): void {
    const { x, y, k } = this.view;
    const next = Math.min(scaleBounds[1], Math.max(scaleBounds[0], k * factor));
    const [middleX, middleY] = [width / 2, height / 2];
    this.fitting = 'none';
    this.moveTo({ x: middleX - ((middleX - x) / k) * next, y: middleY - ((middleY - y) / k) * next, k: next });
  }

  panBy(x: number, y: number): void {
    this.fitting = 'none';
    this.moveTo({ ...this.view, x: this.view.x + x, y: this.view.y + y });
  }

  /** Puts a place of the picture into the middle. */
  centreOn(x: number, y: number, { width, height }: Size): void {
    this.fitting = 'none';
    this.moveTo({ ...this.view, x: width / 2 - x * this.view.k, y: height / 2 - y * this.view.k });
  }

  /** Moves a box into sight, as little as needed. */
  show(rect: Rect, { width, height }: Size): void {
    const { x, y, k } = this.view;
    const by = (at: number, length: number, room: number) => {
      const [low, high] = [24 - at, room - 24 - (at + length)];
      return low > 0 ? low : Math.max(Math.min(0, high), Math.min(0, low));
    };
    const dx = by(rect.x * k + x, rect.width * k, width);
    const dy = by(rect.y * k + y, rect.height * k, height);
    if (dx !== 0 || dy !== 0) this.panBy(dx, dy);
  }

  moveTo({ x, y, k }: View): void {
    if (this.canvas === null) return;
    select(this.canvas).call((selection) => {
      this.behaviour.transform(selection, zoomIdentity.translate(x, y).scale(k));
    });
  }
}

const pad = 20;

function fitted(picture: Size, size: Size, least: number, around: Rect | null): View {
  const all = Math.min(
    scaleAtFirstMost,
    (size.width - 2 * pad) / picture.width,
    (size.height - 2 * pad) / picture.height,
  );
  const k = Math.max(all, least, scaleBounds[0]);
  const at = (length: number, room: number, middle: number | null) => {
    if (length * k <= room - 2 * pad + 1) return (room - length * k) / 2;
    if (middle === null) return pad;
    return Math.min(pad, Math.max(room - pad - length * k, room / 2 - middle * k));
  };
  return {
    k,
    x: at(picture.width, size.width, around === null ? null : around.x + around.width / 2),
    // What begins in the middle of its height is seen there.
    y: at(picture.height, size.height, around === null ? picture.height / 2 : around.y + around.height / 2),
  };
}

/** A picture that can be moved: drawn again whenever it was. */
export function usePanZoom(): PanZoom {
  const [, draw] = useState<View | null>(null);
  const latest = useRef<PanZoom | null>(null);
  return useMemo(() => (latest.current = new PanZoom(() => draw(latest.current!.view))), []);
}
