import type { JSX, TargetedPointerEvent } from 'preact';
import type { CanvasSize } from '../canvas/canvas-size.js';
import { SizedCanvas } from '../canvas/sized-canvas.js';
import { seenPart } from '../drawing/graph-picture.js';
import { drawMinimap, minimapScale } from '../drawing/minimap-picture.js';
import type { PlacedGraph } from '../drawing/placed-graph.js';
import type { Theme } from '../drawing/theme.js';
import type { Moment } from '../model/moment.js';
import type { PanZoom } from './pan-zoom.js';

interface MinimapProps {
  readonly placed: PlacedGraph;
  readonly moment: Moment;
  readonly counts: Uint32Array;
  readonly panZoom: PanZoom;
  readonly size: CanvasSize;
  readonly theme: Theme;
}

const largest = { width: 190, height: 120 } as const;
/** Of the canvas in each direction: it must not hide what it is a map of. */
const shareMost = 0.3;

/** Where in the graph one looks, while not all of it is seen. A click or a drag moves there. */
export function Minimap({ placed, moment, counts, panZoom, size, theme }: MinimapProps): JSX.Element | null {
  const seen = seenPart(panZoom.view, size.width, size.height);
  const isWhole =
    seen.x <= 1 && seen.y <= 1 && seen.x + seen.width >= placed.width - 1 && seen.y + seen.height >= placed.height - 1;
  if (size.width === 0 || isWhole) return null;
  const scale = minimapScale(placed, {
    width: Math.min(largest.width, size.width * shareMost),
    height: Math.min(largest.height, size.height * shareMost),
  });
  const [width, height] = [Math.ceil(placed.width * scale), Math.ceil(placed.height * scale)];
  const move = ({ offsetX, offsetY, buttons }: TargetedPointerEvent<HTMLCanvasElement>) => {
    if (buttons > 0) panZoom.centreOn(offsetX / scale, offsetY / scale, size);
  };
  return (
    <div class="graph-minimap" style={{ width: `${width}px`, height: `${height}px` }}>
      <SizedCanvas
        aria-hidden="true"
        draw={(context, drawnSize) => drawMinimap(context, drawnSize, theme, { placed, moment, counts }, seen)}
        onPointerDown={move}
        onPointerMove={move}
      />
    </div>
  );
}
