import type { JSX } from 'preact';
import { cleanText } from '../../../prelude/clean-text.js';
import { inShort, plural } from '../../../prelude/phrases.js';
import type { PlacedGraph, Target } from '../drawing/placed-graph.js';
import type { DrawnGraph } from '../model/drawn-graph.js';
import { describedJob, notThereYet } from '../model/job-lines.js';
import { countsInWords, type Moment, statusCount, statusOf } from '../model/moment.js';

interface TooltipProps {
  /** The first of them is a name. */
  readonly lines: readonly string[];
  /** Where the pointer is, in the element that the tooltip is in. */
  readonly x: number;
  readonly y: number;
  readonly within: { readonly width: number; readonly height: number };
}

/** Says what the pointer is on, beside it. */
export function Tooltip({ lines, x, y, within }: TooltipProps): JSX.Element {
  const isRight = x > within.width / 2;
  const isLow = y > within.height / 2;
  const style = {
    ...(isRight ? { right: `${within.width - x + 12}px` } : { left: `${x + 14}px` }),
    ...(isLow ? { bottom: `${within.height - y + 12}px` } : { top: `${y + 14}px` }),
  };
  const [name, ...rest] = lines;
  return (
    <div class="graph-tooltip" role="tooltip" style={style}>
      <strong>{inShort(name ?? '', 160)}</strong>
      {rest.map((line) => (
        <span key={line}>{inShort(line, 200)}</span>
      ))}
    </div>
  );
}

/** What there is to say about a job. */
export function describedAt({ nodes }: Pick<DrawnGraph, 'nodes'>, moment: Moment, job: number): readonly string[] {
  const node = nodes[job]!;
  const status = statusOf(moment, job);
  if (status === null) return [node.id, notThereYet(node)];
  return [node.id, ...describedJob(node, moment.records[job]!, status)];
}

/** What there is to say about a box. */
export function describedTarget(
  { drawn }: PlacedGraph,
  moment: Moment,
  counts: Uint32Array,
  { unit, job }: Target,
): readonly string[] {
  if (job !== null) return describedAt(drawn, moment, job);
  const { name, jobs, inner, kind, isUnfolded } = drawn.units[unit]!;
  const told = countsInWords(counts.subarray(unit * statusCount, (unit + 1) * statusCount));
  return [
    cleanText(name),
    `${plural(jobs.length, 'job')}: ${told}`,
    ...(inner > 0 ? [`${plural(inner, 'dependency', 'dependencies')} among them`] : []),
    ...(kind === 'group' ? [isUnfolded ? 'A click folds it' : 'A click shows its jobs'] : []),
  ];
}
