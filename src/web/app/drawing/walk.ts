import type { Point } from '../../../prelude/dagre.js';
import { groupHead, middleOf, type PlacedGraph, type Target } from './placed-graph.js';

export type Direction = 'left' | 'right' | 'up' | 'down';

/** From box to box: to a parent or child, or to the box above or below. The same one where there is none. */
export function walked(placed: PlacedGraph, from: Target, direction: Direction): Target {
  const isAlong = direction === 'left' || direction === 'right';
  const candidates = isAlong ? linkedTo(placed, from, direction) : stackedWith(placed, from, direction);
  const start = placeOf(placed, from);
  const distance = (target: Target) => {
    const { x, y } = placeOf(placed, target);
    // Along edges, the nearest in height; within a layer, the next.
    return isAlong
      ? Math.abs(y - start.y) * 4 + Math.abs(x - start.x)
      : Math.abs(y - start.y) + Math.abs(x - start.x) / 4;
  };
  const nearest = candidates.reduce<Target | null>(
    (best, each) => (best === null || distance(each) < distance(best) ? each : best),
    null,
  );
  return nearest ?? from;
}

function linkedTo(placed: PlacedGraph, from: Target, direction: 'left' | 'right'): readonly Target[] {
  const { nodes, unitOf, edges } = placed.drawn;
  const units = new Set<number>();
  const jobs = new Set<number>();
  if (from.job === null) {
    for (const edge of edges) {
      if (direction === 'left' && edge.to === from.unit) units.add(edge.from);
      if (direction === 'right' && edge.from === from.unit) units.add(edge.to);
    }
  } else {
    const node = nodes[from.job]!;
    for (const { index } of direction === 'left' ? node.parents : node.children) {
      if (placed.boxOf.has(index)) jobs.add(index);
      else units.add(unitOf[index]!);
    }
    units.delete(from.unit);
  }
  return placed.targets.filter(
    (target) =>
      target !== from &&
      (target.job !== null && jobs.has(target.job) ? true : units.has(target.unit) && isOuter(placed, target)),
  );
}

/** Boxes above or below that overlap in width. */
function stackedWith(placed: PlacedGraph, from: Target, direction: 'up' | 'down'): readonly Target[] {
  const { x, width } = from.rect;
  const at = placeOf(placed, from).y;
  return placed.targets.filter((target) => {
    const { y } = placeOf(placed, target);
    const isBeyond = direction === 'up' ? y < at - 1 : y > at + 1;
    return isBeyond && target.rect.x < x + width && x < target.rect.x + target.rect.width && target !== from;
  });
}

function isOuter({ drawn }: PlacedGraph, { unit, job }: Target): boolean {
  return job === null || drawn.units[unit]!.kind === 'job';
}

/** A frame is walked to by its head: its middle may be below the boxes in it. */
function placeOf({ drawn }: PlacedGraph, { unit, job, rect }: Target): Point {
  const isFrame = job === null && drawn.units[unit]!.shown.length > 0;
  return middleOf(isFrame ? { ...rect, height: groupHead.height } : rect);
}

/** All boxes as they are read: layer by layer, from the top; those in a frame after its head. */
export function readingOrder(placed: PlacedGraph): readonly Target[] {
  const frameOf = ({ unit }: Target) => placed.rects[unit]!;
  return placed.targets.toSorted((a, b) => {
    const [frameA, frameB] = [frameOf(a), frameOf(b)];
    if (a.unit !== b.unit) return middleOf(frameA).x - middleOf(frameB).x || frameA.y - frameB.y;
    if (isOuter(placed, a) !== isOuter(placed, b)) return isOuter(placed, a) ? -1 : 1;
    return a.rect.x - b.rect.x || a.rect.y - b.rect.y;
  });
}
