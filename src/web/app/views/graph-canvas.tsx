import type { JSX, TargetedMouseEvent } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { cleanText } from '../../../prelude/clean-text.js';
import { plural } from '../../../prelude/phrases.js';
import { type CanvasSize, SizedCanvas } from '../canvas/sized-canvas.js';
import { drawGraph } from '../drawing/graph-picture.js';
import { type PlacedGraph, rectOfJob, type Target, targetAt } from '../drawing/placed-graph.js';
import type { Theme } from '../drawing/theme.js';
import { countsByUnit, countsInWords, type Moment, statusCount, statusOf } from '../model/moment.js';
import { matchesOf } from '../model/matches.js';
import { graphKey } from './graph-keys.js';
import { Minimap } from './minimap.js';
import { usePanZoom } from './pan-zoom.js';
import { describedTarget, Tooltip } from './graph-tooltip.js';

export interface GraphCanvasProps {
  readonly placed: PlacedGraph;
  readonly moment: Moment;
  readonly jobId: string | null;
  readonly onChoose: (jobId: string | null) => void;
  /** Unfolds a group, or folds it again. */
  readonly onFold: (key: string) => void;
  readonly search: string;
  readonly theme: Theme;
  /** What is drawn, in words. */
  readonly label: string;
  readonly onDrawn?: () => void;
}

/** A graph of boxes and edges, to be looked at, moved, pointed at and walked through. */
export function GraphCanvas(props: GraphCanvasProps): JSX.Element {
  const { placed, moment, jobId, search, theme, onDrawn } = props;
  const { drawn } = placed;
  const [size, setSize] = useState<CanvasSize>({ width: 0, height: 0, ratio: 1 });
  const [hovered, setHovered] = useState<{ readonly target: Target; readonly x: number; readonly y: number } | null>(
    null,
  );
  const [focusedKey, setFocused] = useState<string | null>(null);
  const panZoom = usePanZoom();
  const counts = useMemo(() => countsByUnit(drawn, moment), [drawn, moment]);
  const matches = useMemo(() => matchesOf(drawn, search), [drawn, search]);
  const chosen = useMemo(() => drawn.nodes.find(({ id }) => id === jobId)?.index ?? null, [drawn, jobId]);
  const focused = useMemo(
    () => placed.targets.find((target) => keyOf(placed, target) === focusedKey) ?? null,
    [placed, focusedKey],
  );
  // A box may go away below a pointer, when its group is folded.
  const pointed = hovered !== null && placed.targets.includes(hovered.target) ? hovered : null;
  useFitting(panZoom, placed, size);
  useEffect(() => {
    const rect = chosen === null ? null : rectOfJob(placed, chosen);
    if (rect !== null && size.width > 0) panZoom.show(rect, size);
  }, [chosen, size.width > 0]);
  panZoom.mayZoomAt = (x, y) => targetAt(placed, pointAt(panZoom.view, x, y)) === null;
  const act = (target: Target) => {
    if (target.job !== null) props.onChoose(drawn.nodes[target.job]!.id);
    else if (drawn.units[target.unit]!.kind === 'group') {
      panZoom.isTouched = true;
      props.onFold(drawn.units[target.unit]!.key);
    }
  };
  const focus = (target: Target | null) => {
    setFocused(target === null ? null : keyOf(placed, target));
    if (target !== null) panZoom.show(target.rect, size);
  };
  const told = (target: Target) => describedTarget(placed, moment, counts, target);
  return (
    <div class={pointed === null ? 'graph-canvas' : 'graph-canvas on-box'}>
      <SizedCanvas
        tabIndex={0}
        role="application"
        aria-roledescription="graph"
        aria-label={`${props.label}. Arrow keys walk from box to box, Enter chooses or unfolds, plus, minus and 0 zoom.`}
        onCanvas={(canvas) => panZoom.attach(canvas)}
        draw={(context, drawnSize) => {
          if (drawnSize !== size) setSize(drawnSize);
          drawGraph(context, drawnSize, theme, panZoom.view, {
            ...{ placed, moment, counts, matches, chosen, focused, hovered: pointed?.target ?? null },
          });
          onDrawn?.();
        }}
        onPointerMove={(event: TargetedMouseEvent<HTMLCanvasElement>) => {
          const target = targetAt(placed, pointAt(panZoom.view, event.offsetX, event.offsetY));
          setHovered(target === null ? null : { target, x: event.offsetX, y: event.offsetY });
        }}
        onPointerLeave={() => setHovered(null)}
        onClick={(event: TargetedMouseEvent<HTMLCanvasElement>) => {
          const target = targetAt(placed, pointAt(panZoom.view, event.offsetX, event.offsetY));
          if (target !== null) act(target);
        }}
        onBlur={() => setFocused(null)}
        onKeyDown={(event) => graphKey(event, { placed, panZoom, size, focused, focus, act, choose: props.onChoose })}
      />
      <Minimap {...{ placed, moment, counts, panZoom, size, theme }} />
      <div class="graph-zoom" role="group" aria-label="Zoom">
        <button type="button" title="Larger (+)" aria-label="Larger" onClick={() => panZoom.zoomBy(1.3, size)}>
          +
        </button>
        <button type="button" title="Smaller (−)" aria-label="Smaller" onClick={() => panZoom.zoomBy(1 / 1.3, size)}>
          −
        </button>
        <button type="button" title="Show all (0)" onClick={() => panZoom.fit(placed, size)}>
          All
        </button>
      </div>
      {pointed !== null && <Tooltip lines={told(pointed.target)} x={pointed.x} y={pointed.y} within={size} />}
      <p class="unseen" aria-live="polite">
        {focused === null ? '' : spoken(placed, moment, counts, focused)}
      </p>
    </div>
  );
}

function keyOf({ drawn }: PlacedGraph, { unit, job }: Target): string {
  return job === null ? drawn.units[unit]!.key : `job ${drawn.nodes[job]!.id}`;
}

function pointAt(
  { x, y, k }: { readonly x: number; readonly y: number; readonly k: number },
  left: number,
  top: number,
) {
  return { x: (left - x) / k, y: (top - y) / k };
}

function spoken({ drawn }: PlacedGraph, moment: Moment, counts: Uint32Array, { unit, job }: Target): string {
  if (job !== null) return cleanText(`${drawn.nodes[job]!.id}: ${statusOf(moment, job)}`);
  const { name, jobs, kind, isUnfolded } = drawn.units[unit]!;
  const own = countsInWords(counts.subarray(unit * statusCount, (unit + 1) * statusCount));
  const fold = kind !== 'group' ? '' : isUnfolded ? ', unfolded' : ', folded';
  return cleanText(`${name}, ${plural(jobs.length, 'job')}: ${own}${fold}`);
}

/**
 * Fits the picture into its canvas until somebody has moved it. After that, boxes may get new places when a group is
 * unfolded: then the picture moves so that the group stays where it was.
 */
function useFitting(panZoom: ReturnType<typeof usePanZoom>, placed: PlacedGraph, size: CanvasSize): void {
  const before = useRef<PlacedGraph | null>(null);
  useEffect(() => {
    if (size.width === 0) return;
    const earlier = before.current;
    before.current = placed;
    if (!panZoom.isTouched) return panZoom.fitAtFirst(placed, size);
    if (earlier === null || earlier === placed) return;
    const key = foldChanged(earlier, placed);
    if (key === null) return;
    const [was, is] = [rectByKey(earlier, key)!, rectByKey(placed, key)!];
    const { x, y, k } = panZoom.view;
    panZoom.moveTo({ x: x + (was.x - is.x) * k, y: y + (was.y - is.y) * k, k });
  }, [placed, size.width, size.height]);
}

function foldChanged(before: PlacedGraph, after: PlacedGraph): string | null {
  const was = new Map(before.drawn.units.map(({ key, isUnfolded }) => [key, isUnfolded]));
  return after.drawn.units.find(({ key, isUnfolded }) => was.has(key) && was.get(key) !== isUnfolded)?.key ?? null;
}

function rectByKey({ drawn, rects }: PlacedGraph, key: string) {
  return rects[drawn.units.findIndex((unit) => unit.key === key)];
}
