import type { JSX, TargetedMouseEvent } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { cleanText } from '../../../prelude/clean-text.js';
import { plural } from '../../../prelude/phrases.js';
import type { CanvasSize } from '../canvas/canvas-size.js';
import { SizedCanvas } from '../canvas/sized-canvas.js';
import { drawGraph, overlaps, seenPart } from '../drawing/graph-picture.js';
import { type PlacedGraph, type Rect, rectOfJob, type Target, targetAt } from '../drawing/placed-graph.js';
import type { Theme } from '../drawing/theme.js';
import { countsByUnit, countsInWords, type Moment, statusCount, statusText } from '../model/moment.js';
import { type Matches, matchesOf, type Search } from '../model/matches.js';
import { graphKey } from './graph-keys.js';
import { describedTarget, Tooltip } from './graph-tooltip.js';
import { Minimap } from './minimap.js';
import { type PanZoom, usePanZoom } from './pan-zoom.js';

export interface GraphCanvasProps {
  readonly placed: PlacedGraph;
  readonly moment: Moment;
  readonly jobId: string | null;
  readonly onChoose: (jobId: string | null) => void;
  /** Unfolds a group, or folds it again. */
  readonly onFold: (key: string) => void;
  readonly search: Search;
  readonly theme: Theme;
  /** What is drawn, in words. */
  readonly label: string;
  readonly onDrawn: () => void;
}

/** A graph of boxes and edges, to be looked at, moved, pointed at and walked through. */
export function GraphCanvas(props: GraphCanvasProps): JSX.Element {
  const { placed, moment, theme } = props;
  const [size, setSize] = useState<CanvasSize>({ width: 0, height: 0, ratio: 1 });
  const panZoom = usePanZoom();
  const { counts, matches, chosen } = useFound(props);
  const [focused, setFocused] = useFocused(placed);
  const { pointed, ...pointing } = usePointed(placed, panZoom, (target) => act(target));
  useInSight(panZoom, placed, size, chosen, matches);
  const act = (target: Target) => {
    const unit = placed.drawn.units[target.unit]!;
    if (target.job !== null) props.onChoose(placed.drawn.nodes[target.job]!.id);
    else if (unit.kind === 'group') {
      panZoom.fitting = 'none';
      props.onFold(unit.key);
    }
  };
  const focus = (target: Target | null) => {
    setFocused(target);
    if (target !== null) panZoom.show(target.rect, size);
  };
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
          props.onDrawn();
        }}
        {...pointing}
        onBlur={() => setFocused(null)}
        onKeyDown={(event) => graphKey(event, { placed, panZoom, size, focused, focus, act, choose: props.onChoose })}
      />
      <Minimap {...{ placed, moment, counts, panZoom, size, theme }} />
      <ZoomButtons {...{ placed, panZoom, size }} />
      {pointed !== null && (
        <Tooltip
          lines={describedTarget(placed, moment, counts, pointed.target)}
          {...{ x: pointed.x, y: pointed.y, within: size }}
        />
      )}
      <p class="unseen" aria-live="polite">
        {focused === null ? '' : spoken(placed, moment, counts, focused)}
      </p>
    </div>
  );
}

function useFound({ placed, moment, search, jobId }: GraphCanvasProps) {
  const { drawn } = placed;
  const counts = useMemo(() => countsByUnit(drawn, moment), [drawn, moment]);
  const matches = useMemo(() => matchesOf(drawn, search), [drawn, search]);
  const chosen = useMemo(() => drawn.nodes.find(({ id }) => id === jobId)?.index ?? null, [drawn, jobId]);
  return { counts, matches, chosen };
}

/** The box that the keys walk from. Other boxes may be drawn by now: it is the one of the same name. */
function useFocused({ targets, drawn }: PlacedGraph) {
  const [focusedKey, setFocusedKey] = useState<string | null>(null);
  const keyOf = ({ unit, job }: Target) => (job === null ? drawn.units[unit]!.key : `job ${drawn.nodes[job]!.id}`);
  const focused = useMemo(() => {
    return focusedKey === null ? null : (targets.find((target) => keyOf(target) === focusedKey) ?? null);
  }, [targets, focusedKey]);
  return [focused, (target: Target | null) => setFocusedKey(target === null ? null : keyOf(target))] as const;
}

interface Pointed {
  readonly target: Target;
  /** On the canvas, in CSS pixels. */
  readonly x: number;
  readonly y: number;
}

/** The box below the pointer, and what a click on it does. */
function usePointed(placed: PlacedGraph, panZoom: PanZoom, act: (target: Target) => void) {
  const [pointed, setPointed] = useState<Pointed | null>(null);
  const at = (x: number, y: number) => {
    const { view } = panZoom;
    return targetAt(placed, { x: (x - view.x) / view.k, y: (y - view.y) / view.k });
  };
  panZoom.mayZoomAt = (x, y) => at(x, y) === null;
  return {
    // A box may go away below a pointer, when its group is folded.
    pointed: pointed !== null && placed.targets.includes(pointed.target) ? pointed : null,
    onPointerMove: ({ offsetX: x, offsetY: y, buttons }: TargetedMouseEvent<HTMLCanvasElement>) => {
      const target = buttons === 0 ? at(x, y) : null;
      setPointed(target === null ? null : { target, x, y });
    },
    onPointerLeave: () => setPointed(null),
    onClick: ({ offsetX, offsetY }: TargetedMouseEvent<HTMLCanvasElement>) => {
      const target = at(offsetX, offsetY);
      if (target !== null) act(target);
    },
  };
}

function ZoomButtons({ placed, panZoom, size }: { placed: PlacedGraph; panZoom: PanZoom; size: CanvasSize }) {
  return (
    <div class="graph-zoom" role="group" aria-label="Zoom">
      <button type="button" title="Larger (+)" aria-label="Larger" onClick={() => panZoom.zoomBy(1.3, size)}>
        +
      </button>
      <button type="button" title="Smaller (-)" aria-label="Smaller" onClick={() => panZoom.zoomBy(1 / 1.3, size)}>
        −
      </button>
      <button type="button" title="Show all (0)" onClick={() => panZoom.fit(placed, size)}>
        All
      </button>
    </div>
  );
}

function spoken({ drawn }: PlacedGraph, moment: Moment, counts: Uint32Array, { unit, job }: Target): string {
  if (job !== null) return cleanText(`${drawn.nodes[job]!.id}: ${statusText(moment, job)}`);
  const { name, jobs, kind, isUnfolded } = drawn.units[unit]!;
  const own = countsInWords(counts.subarray(unit * statusCount, (unit + 1) * statusCount));
  const fold = kind !== 'group' ? '' : isUnfolded ? ', unfolded' : ', folded';
  return cleanText(`${name}, ${plural(jobs.length, 'job')}: ${own}${fold}`);
}

/**
 * Fits the picture into its canvas until somebody has moved it. After that, boxes may get new places when a group is
 * unfolded: then the picture moves so that the group stays where it was. What is chosen or found is moved into sight.
 */
function useInSight(
  panZoom: PanZoom,
  placed: PlacedGraph,
  size: CanvasSize,
  chosen: number | null,
  matches: Matches | null,
): void {
  const before = useRef<PlacedGraph | null>(null);
  const chosenRect = chosen === null ? null : rectOfJob(placed, chosen);
  const isThere = size.width > 0;
  useEffect(() => {
    if (!isThere) return;
    const earlier = before.current;
    before.current = placed;
    if (panZoom.fitting !== 'none') return panZoom.fitAgain(placed, size, chosenRect);
    const moved = earlier === null || earlier === placed ? null : movedByFolding(earlier, placed);
    if (moved === null) return;
    const { x, y, k } = panZoom.view;
    panZoom.moveTo({ x: x + (moved.was.x - moved.is.x) * k, y: y + (moved.was.y - moved.is.y) * k, k });
  }, [placed, size.width, size.height]);
  useEffect(() => {
    if (chosenRect !== null && isThere) panZoom.show(chosenRect, size);
  }, [chosen, isThere]);
  useEffect(() => {
    if (matches === null || !isThere) return;
    const seen = seenPart(panZoom.view, size.width, size.height);
    const found = placed.targets.filter(({ unit, job }) =>
      job === null ? matches.byUnit[unit]! > 0 : matches.isMatch(job),
    );
    if (found.length > 0 && !found.some(({ rect }) => overlaps(seen, rect))) panZoom.show(found[0]!.rect, size);
  }, [matches, isThere]);
}

/** Where the group was, and is, that was folded or unfolded. */
function movedByFolding(before: PlacedGraph, after: PlacedGraph): { was: Rect; is: Rect } | null {
  const was = new Map(before.drawn.units.map(({ key, isUnfolded }, unit) => [key, { isUnfolded, unit }]));
  for (const [unit, { key, isUnfolded }] of after.drawn.units.entries()) {
    const earlier = was.get(key);
    if (earlier !== undefined && earlier.isUnfolded !== isUnfolded)
      return { was: before.rects[earlier.unit]!, is: after.rects[unit]! };
  }
  return null;
}
