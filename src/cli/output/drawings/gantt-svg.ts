import {
  type GraphTimeline,
  isWrong,
  type JobTimeline,
  type Span,
  kindsShown,
} from '../../../history/timeline/spans.js';
import { duration } from '../../../prelude/phrases.js';
import { faint, frame, ink, looks, margin, namePixels, plotWidth, type Scale, scaleOf, wrong } from './gantt-frame.js';
import { cutToPixels, element, escaped, picture } from './svg.js';

const row = { height: 20, bar: 12 };

/** The attempts of a graph's jobs along time, as a picture. The critical path is in bold; attempts that went wrong are red. */
export function ganttSvg(timeline: GraphTimeline): string {
  const { jobs, graphId } = timeline;
  const x = scaleOf(timeline);
  const height = margin.top + jobs.length * row.height + margin.bottom;
  const legend = [
    ...kindsShown(timeline)
      .toReversed()
      .map((kind) => looks[kind]),
    { fill: wrong, text: 'attempt that went wrong' },
  ];
  const inside = [
    ...frame(timeline, legend, height),
    ...jobs.flatMap((job, index) => jobRow(job, margin.top + index * row.height, x)),
  ];
  const width = margin.left + plotWidth + margin.right;
  return picture({ width, height, title: `Timeline of graph ${graphId}` }, inside);
}

function jobRow(job: JobTimeline, y: number, x: Scale): string[] {
  const name = {
    x: margin.left - 8,
    y: y + 10,
    fill: ink,
    'text-anchor': 'end',
    'font-weight': job.isCritical ? 700 : 400,
  };
  const end = job.spans.at(-1);
  const took = { x: (end === undefined ? margin.left : x(end.to)) + 5, y: y + 10, fill: faint, 'font-size': 11 };
  return [
    element('text', name, escaped(cutToPixels(job.jobId, namePixels))),
    ...job.spans.map((span) => bar(span, y, x, job.isCritical)),
    ...(job.attempts === 0 ? [] : [element('text', took, duration(job.totals.running))]),
  ];
}

function bar(span: Span, y: number, x: Scale, isCritical: boolean): string {
  const { kind, from, to, attempt, ending } = span;
  const what = attempt === null ? looks[kind].text : `attempt ${attempt}${ending === null ? '' : `: ${ending}`}`;
  const box = { x: x(from), y, width: Math.max(1, x(to) - x(from)), height: row.bar };
  const isThin = kind === 'blocked';
  const look = {
    ...(isThin ? { ...box, y: y + row.bar / 2 - 1, height: 2 } : box),
    fill: isWrong(span) ? wrong : looks[kind].fill,
    ...(isCritical && kind === 'running' ? { stroke: ink, 'stroke-width': 1.5 } : {}),
  };
  return element('rect', look, `<title>${escaped(`${what}, ${duration(to - from)}`)}</title>`);
}
