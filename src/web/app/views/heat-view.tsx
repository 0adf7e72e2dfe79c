import type { JSX, TargetedMouseEvent } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { cleanText } from '../../../prelude/clean-text.js';
import { plural } from '../../../prelude/phrases.js';
import { type CanvasSize, SizedCanvas } from '../canvas/sized-canvas.js';
import { HeatCells } from '../drawing/heat-cells.js';
import { drawHeat, heatInset } from '../drawing/heat-picture.js';
import type { Theme } from '../drawing/theme.js';
import type { DrawnGraph } from '../model/drawn-graph.js';
import { heatGridOf, heatStripOf, jobAtCell, nextCell } from '../model/heat-strip.js';
import { matchesOf } from '../model/matches.js';
import { type Moment, statusOf } from '../model/moment.js';
import { directions } from './graph-keys.js';
import { describedAt, Tooltip } from './graph-tooltip.js';

interface HeatProps {
  readonly drawn: DrawnGraph;
  readonly levels: ReadonlyMap<string, number>;
  readonly moment: Moment;
  readonly jobId: string | null;
  readonly onChoose: (jobId: string | null) => void;
  readonly search: string;
  readonly theme: Theme;
  readonly label: string;
  readonly onDrawn: () => void;
}

/** Every job of a large graph as a cell: layers from left to right, coloured by status at the moment. */
export function HeatView(props: HeatProps): JSX.Element {
  const { drawn, levels, moment, jobId, onChoose, search, theme, onDrawn } = props;
  const { nodes, critical } = drawn;
  const [size, setSize] = useState<CanvasSize>({ width: 0, height: 0, ratio: 1 });
  const [hovered, setHovered] = useState<{ readonly job: number; readonly x: number; readonly y: number } | null>(null);
  const [focused, setFocused] = useState<number | null>(null);
  const cells = useMemo(() => new HeatCells(), []);
  const strip = useMemo(() => heatStripOf(nodes, levels), [nodes[0]?.graph, levels]);
  const grid = useMemo(() => {
    const [width, height] = [
      size.width - heatInset.left - heatInset.right,
      size.height - heatInset.top - heatInset.bottom,
    ];
    return width > 0 && height > 0 ? heatGridOf(strip, width, height) : null;
  }, [strip, size.width, size.height]);
  const matches = useMemo(() => matchesOf({ nodes, units: [] }, search), [nodes[0]?.graph, search]);
  const chosen = useMemo(() => nodes.find(({ id }) => id === jobId)?.index ?? null, [nodes[0]?.graph, jobId]);
  const jobAt = ({ offsetX, offsetY }: MouseEvent) =>
    grid === null ? null : jobAtCell(grid, offsetX - heatInset.left, offsetY - heatInset.top);
  return (
    <div class={hovered === null ? 'graph-heat' : 'graph-heat on-box'}>
      <SizedCanvas
        tabIndex={0}
        role="application"
        aria-roledescription="heat strip"
        aria-label={`${plural(nodes.length, 'job')} in ${plural(strip.levels.length, 'layer')}: ${props.label}. Arrow keys walk from cell to cell, Enter chooses.`}
        draw={(context, drawnSize) => {
          if (drawnSize !== size) return setSize(drawnSize);
          if (grid === null) return;
          drawHeat(context, drawnSize, theme, {
            ...{ cells, grid, nodes, critical, moment, matches, chosen, focused, hovered: hovered?.job ?? null },
          });
          onDrawn();
        }}
        onPointerMove={(event: TargetedMouseEvent<HTMLCanvasElement>) => {
          const job = jobAt(event);
          setHovered(job === null ? null : { job, x: event.offsetX, y: event.offsetY });
        }}
        onPointerLeave={() => setHovered(null)}
        onClick={(event: TargetedMouseEvent<HTMLCanvasElement>) => {
          const job = jobAt(event);
          if (job !== null) onChoose(nodes[job]!.id);
        }}
        onBlur={() => setFocused(null)}
        onKeyDown={(event) => {
          if (event.ctrlKey || event.metaKey || event.altKey || grid === null) return;
          const direction = directions[event.key];
          if (direction !== undefined)
            setFocused(focused === null ? (chosen ?? moment.changed ?? 0) : nextCell(grid, focused, direction));
          else if ((event.key === 'Enter' || event.key === ' ') && focused !== null) onChoose(nodes[focused]!.id);
          else if (event.key === 'Escape') {
            setFocused(null);
            onChoose(null);
          } else return;
          event.preventDefault();
          event.stopPropagation();
        }}
      />
      {hovered !== null && (
        <Tooltip lines={describedAt(drawn, moment, hovered.job)} x={hovered.x} y={hovered.y} within={size} />
      )}
      <p class="unseen" aria-live="polite">
        {focused === null ? '' : cleanText(`${nodes[focused]!.id}: ${statusOf(moment, focused)}`)}
      </p>
    </div>
  );
}
