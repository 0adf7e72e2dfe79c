import {
  type GraphTimeline,
  type JobTimeline,
  type Span,
  type SpanKind,
  spanKinds,
} from '../../../history/timeline/spans.js';
import { duration, inShort } from '../phrases.js';
import { element, escaped, picture } from './svg.js';

const row = { height: 20, bar: 12 };
const margin = { left: 220, right: 90, top: 58, bottom: 20 };
const plotWidth = 900;
const ticks = 8;

const looks: Record<SpanKind, { readonly fill: string; readonly text: string }> = {
  running: { fill: '#2f7fc1', text: 'running' },
  ready: { fill: '#f2c14e', text: 'ready, not claimed' },
  'backing-off': { fill: '#c9a3e6', text: 'backing off' },
  blocked: { fill: '#e6e8eb', text: 'blocked by parents' },
};
const wrong = '#c8352b';
const ink = '#22262b';

/** The attempts of a graph's jobs along time, as a picture. The critical path is in bold; attempts that went wrong are red. */
export function ganttSvg(timeline: GraphTimeline): string {
  const { jobs, from, to, graphId } = timeline;
  const scale = plotWidth / Math.max(1, to - from);
  const x = (at: number) => margin.left + (at - from) * scale;
  const height = margin.top + jobs.length * row.height + margin.bottom;
  const inside = [
    element('text', { x: 12, y: 20, fill: ink, 'font-size': 14, 'font-weight': 600 }, escaped(inShort(graphId, 100))),
    ...legend(),
    ...axis(timeline, height, x),
    ...jobs.flatMap((job, index) => jobRow(job, margin.top + index * row.height, x)),
  ];
  const width = margin.left + plotWidth + margin.right;
  return picture({ width, height, title: `Timeline of graph ${graphId}` }, inside);
}

function legend(): string[] {
  let x = margin.left;
  const entry = (fill: string, text: string) => {
    const drawn = [
      element('rect', { x, y: 11, width: 12, height: 10, fill }),
      element('text', { x: x + 17, y: 20, fill: ink }, text),
    ];
    x += 40 + 6.5 * text.length;
    return drawn;
  };
  return [
    ...spanKinds.toReversed().map((kind) => looks[kind]),
    { fill: wrong, text: 'attempt that went wrong' },
  ].flatMap(({ fill, text }) => entry(fill, text));
}

function axis({ from, to }: GraphTimeline, height: number, x: (at: number) => number): string[] {
  return Array.from({ length: ticks + 1 }, (_, tick) => {
    const at = from + ((to - from) * tick) / ticks;
    const line = { x1: x(at), x2: x(at), y1: margin.top - 6, y2: height - margin.bottom, stroke: '#d5d8dc' };
    const label = { x: x(at), y: margin.top - 10, fill: '#5a6169', 'text-anchor': 'middle', 'font-size': 11 };
    return element('line', line) + element('text', label, duration(at - from));
  });
}

function jobRow(job: JobTimeline, y: number, x: (at: number) => number): string[] {
  const name = {
    x: margin.left - 8,
    y: y + 10,
    fill: ink,
    'text-anchor': 'end',
    'font-weight': job.isCritical ? 700 : 400,
  };
  const end = job.spans.at(-1);
  const took = { x: (end === undefined ? margin.left : x(end.to)) + 5, y: y + 10, fill: '#5a6169', 'font-size': 11 };
  return [
    element('text', name, escaped(inShort(job.jobId, 32))),
    ...job.spans.map((span) => bar(span, y, x, job.isCritical)),
    ...(job.attempts === 0 ? [] : [element('text', took, duration(job.totals.running))]),
  ];
}

function bar(span: Span, y: number, x: (at: number) => number, isCritical: boolean): string {
  const { kind, from, to, attempt, ending } = span;
  const isWrong = ending !== null && ending !== 'finished';
  const what = attempt === null ? looks[kind].text : `attempt ${attempt}${ending === null ? '' : `: ${ending}`}`;
  const box = { x: x(from), y, width: Math.max(1, x(to) - x(from)), height: row.bar };
  const isThin = kind === 'blocked';
  const look = {
    ...(isThin ? { ...box, y: y + row.bar / 2 - 1, height: 2 } : box),
    fill: isWrong ? wrong : looks[kind].fill,
    ...(isCritical && kind === 'running' ? { stroke: ink, 'stroke-width': 1.5 } : {}),
  };
  return element('rect', look, `<title>${escaped(`${what}, ${duration(to - from)}`)}</title>`);
}
