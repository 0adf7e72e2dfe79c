import { derivedStatuses } from '../../../domain/graph.js';
import { isUnitThere, type Moment, statusCount, statusOf } from '../model/moment.js';
import { middleOf, type PlacedGraph, type Rect, rectOfJob } from './placed-graph.js';
import type { Theme } from './theme.js';

/** How much smaller a picture is on its map. */
export function minimapScale(
  { width, height }: Pick<PlacedGraph, 'width' | 'height'>,
  size: { readonly width: number; readonly height: number },
): number {
  return Math.min(size.width / width, size.height / height);
}

/** A whole graph, small: each box in the colour of its status, or of most of its jobs, and what is seen of it. */
export function drawMinimap(
  context: CanvasRenderingContext2D,
  size: { readonly width: number; readonly height: number },
  theme: Theme,
  { placed, moment, counts }: { readonly placed: PlacedGraph; readonly moment: Moment; readonly counts: Uint32Array },
  seen: Rect,
): void {
  const scale = minimapScale(placed, size);
  placed.rects.forEach((rect, unit) => {
    if (!isUnitThere(counts, unit)) return;
    context.fillStyle = theme.statuses[derivedStatuses[mostOf(counts, unit)]!].stroke;
    context.globalAlpha = 0.6;
    context.fillRect(
      rect.x * scale,
      rect.y * scale,
      Math.max(1.5, rect.width * scale),
      Math.max(1.5, rect.height * scale),
    );
  });
  context.globalAlpha = 1;
  for (const [job, rect] of placed.boxOf) {
    if (statusOf(moment, job) !== 'failed') continue;
    context.fillStyle = theme.danger;
    context.fillRect(
      rect.x * scale,
      rect.y * scale,
      Math.max(2.5, rect.width * scale),
      Math.max(2.5, rect.height * scale),
    );
  }
  const changed = moment.changed === null ? null : rectOfJob(placed, moment.changed);
  if (changed !== null) {
    const { x, y } = middleOf(changed);
    context.fillStyle = theme.accent;
    context.beginPath();
    context.arc(x * scale, y * scale, 3.5, 0, 2 * Math.PI);
    context.fill();
  }
  context.strokeStyle = theme.ink;
  context.lineWidth = 1.5;
  context.strokeRect(seen.x * scale, seen.y * scale, seen.width * scale, seen.height * scale);
}

/** The status that most jobs of a unit have. */
function mostOf(counts: Uint32Array, unit: number): number {
  let most = 0;
  for (let code = 1; code < statusCount; code++) {
    if (counts[unit * statusCount + code]! > counts[unit * statusCount + most]!) most = code;
  }
  return most;
}
