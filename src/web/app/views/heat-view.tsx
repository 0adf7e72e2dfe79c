import type { JSX, TargetedMouseEvent } from 'preact';
import { useMemo, useRef, useState } from 'preact/hooks';
import { cleanText } from '../../../prelude/clean-text.js';
import { plural } from '../../../prelude/phrases.js';
import type { CanvasSize } from '../canvas/canvas-size.js';
import { SizedCanvas } from '../canvas/sized-canvas.js';
import { HeatCells } from '../drawing/heat-cells.js';
import { drawHeat, heatInset } from '../drawing/heat-picture.js';
import type { Theme } from '../drawing/theme.js';
import type { DrawnGraph } from '../model/drawn-graph.js';
import { type HeatGrid, heatGridOf, heatStripOf, jobAtCell, nextCell } from '../model/heat-strip.js';
import { matchesOf, type Search } from '../model/matches.js';
import { type Moment, statusText } from '../model/moment.js';
import { directions } from './graph-keys.js';
import { describedAt, Tooltip } from './graph-tooltip.js';

interface HeatProps {
  readonly drawn: DrawnGraph;
  readonly levels: ReadonlyMap<string, number>;
  readonly moment: Moment;
  readonly jobId: string | null;
  readonly onChoose: (jobId: string | null) => void;
  readonly search: Search;
  readonly theme: Theme;
  readonly label: string;
  readonly onDrawn: () => void;
}

/** Every job of a large graph as a cell: layers from left to right, coloured by status at the moment. */
export function HeatView(props: HeatProps): JSX.Element {
  const { drawn, moment, onChoose, theme } = props;
  const { nodes, critical } = drawn;
  const [size, setSize] = useState<CanvasSize>({ width: 0, height: 0, ratio: 1 });
  const [focused, setFocused] = useState<number | null>(null);
  const { cells, strip, grid, matches, chosen } = useHeat(props, size);
  const { pointed, ...pointing } = usePointed(grid, (job) => onChoose(nodes[job]!.id));
  const cellCanvas = useRef<HTMLCanvasElement>(null);
  const picture = { nodes, critical, moment, chosen, focused, hovered: pointed?.job ?? null };
  return (
    <div class={pointed === null ? 'graph-heat' : 'graph-heat on-box'}>
      <canvas ref={cellCanvas} class="cells" aria-hidden="true" />
      <SizedCanvas
        tabIndex={0}
        role="application"
        aria-roledescription="heat strip"
        aria-label={`${plural(nodes.length, 'job')} in ${plural(strip.levels.length, 'layer')}: ${props.label}. Arrow keys walk from cell to cell, Enter chooses.`}
        draw={(context, drawnSize) => {
          if (drawnSize !== size) return setSize(drawnSize);
          if (grid === null) return;
          cells.draw(cellCanvas.current!, moment.codes, { grid, theme, matches, ratio: drawnSize.ratio });
          drawHeat(context, drawnSize, theme, { ...picture, grid });
          props.onDrawn();
        }}
        {...pointing}
        onBlur={() => setFocused(null)}
        onKeyDown={(event) => {
          const start = chosen ?? moment.changed ?? 0;
          if (grid !== null) heatKey(event, { grid, start, focused, setFocused, choose: (job) => onChoose(idOf(job)) });
        }}
      />
      {pointed !== null && (
        <Tooltip lines={describedAt(drawn, moment, pointed.job)} {...{ x: pointed.x, y: pointed.y, within: size }} />
      )}
      <p class="unseen" aria-live="polite">
        {focused === null ? '' : cleanText(`${nodes[focused]!.id}: ${statusText(moment, focused)}`)}
      </p>
    </div>
  );

  function idOf(job: number | null): string | null {
    return job === null ? null : nodes[job]!.id;
  }
}

/** What does not change with the moment. */
function useHeat({ drawn: { nodes }, levels, search, jobId }: HeatProps, { width, height }: CanvasSize) {
  const graph = nodes[0]?.graph;
  const cells = useMemo(() => new HeatCells(), []);
  const strip = useMemo(() => heatStripOf(nodes, levels), [graph, levels]);
  const grid = useMemo(() => {
    const [wide, high] = [width - heatInset.left - heatInset.right, height - heatInset.top - heatInset.bottom];
    return wide > 0 && high > 0 ? heatGridOf(strip, wide, high) : null;
  }, [strip, width, height]);
  const matches = useMemo(() => matchesOf({ nodes, units: [] }, search), [graph, search]);
  const chosen = useMemo(() => nodes.find(({ id }) => id === jobId)?.index ?? null, [graph, jobId]);
  return { cells, strip, grid, matches, chosen };
}

/** The job below the pointer, and what a click on it does. */
function usePointed(grid: HeatGrid | null, choose: (job: number) => void) {
  const [pointed, setPointed] = useState<{ readonly job: number; readonly x: number; readonly y: number } | null>(null);
  const at = ({ offsetX, offsetY }: MouseEvent) =>
    grid === null ? null : jobAtCell(grid, offsetX - heatInset.left, offsetY - heatInset.top);
  return {
    pointed,
    onPointerMove: (event: TargetedMouseEvent<HTMLCanvasElement>) => {
      const job = at(event);
      setPointed(job === null ? null : { job, x: event.offsetX, y: event.offsetY });
    },
    onPointerLeave: () => setPointed(null),
    onClick: (event: TargetedMouseEvent<HTMLCanvasElement>) => {
      const job = at(event);
      if (job !== null) choose(job);
    },
  };
}

interface HeatKeys {
  readonly grid: HeatGrid;
  /** The job that the first arrow goes to. */
  readonly start: number;
  readonly focused: number | null;
  readonly setFocused: (job: number | null) => void;
  readonly choose: (job: number | null) => void;
}

function heatKey(event: KeyboardEvent, { grid, start, focused, setFocused, choose }: HeatKeys): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const direction = directions[event.key];
  if (direction !== undefined) setFocused(focused === null ? start : nextCell(grid, focused, direction));
  else if ((event.key === 'Enter' || event.key === ' ') && focused !== null) choose(focused);
  else if (event.key === 'Escape') {
    setFocused(null);
    choose(null);
  } else return;
  event.preventDefault();
  event.stopPropagation();
}
