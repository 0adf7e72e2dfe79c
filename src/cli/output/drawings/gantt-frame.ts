import type { GraphTimeline, SpanKind } from '../../../history/timeline/spans.js';
import { cutToPixels, element, escaped } from './svg.js';
import { ticksOf } from '../../../history/timeline/ticks.js';

/** Around the plot of a timeline: names at the left, figures at the right, title, legend and axis above. */
export const margin = { left: 240, right: 110, top: 82, bottom: 20 };
export const plotWidth = 900;
/** What there is room for at the left. */
export const namePixels = margin.left - 16;
const ticksMost = 10;
const titlePixels = margin.left + plotWidth;
/** The middle width of a character at 12 pixels, on the safe side. */
const characterWidth = 6.7;

export const looks: Record<SpanKind, { readonly fill: string; readonly text: string }> = {
  running: { fill: '#2f7fc1', text: 'running' },
  ready: { fill: '#f2c14e', text: 'ready, not claimed' },
  'backing-off': { fill: '#c9a3e6', text: 'backing off' },
  awaiting: { fill: '#f0a46b', text: 'waiting for an answer' },
  deferred: { fill: '#e2cff2', text: 'put off' },
  delayed: { fill: '#efe6c8', text: 'delayed' },
  blocked: { fill: '#e6e8eb', text: 'blocked by parents' },
};
export const wrong = '#c8352b';
export const ink = '#22262b';
export const faint = '#5a6169';

export interface LegendEntry {
  readonly fill: string;
  readonly text: string;
}

/** Where a moment, in milliseconds since the epoch, stands in the picture. */
export type Scale = (at: number) => number;

export function scaleOf({ from, to }: GraphTimeline): Scale {
  const perMs = plotWidth / Math.max(1, to - from);
  return (at) => margin.left + (at - from) * perMs;
}

/** All around the plot. The title, the legend and the axis have a line each, so that none runs into another. */
export function frame(timeline: GraphTimeline, legend: readonly LegendEntry[], height: number): string[] {
  const title = { x: 12, y: 22, fill: ink, 'font-size': 14, 'font-weight': 600 };
  return [
    element('text', title, escaped(cutToPixels(timeline.graphId, titlePixels, { fontSize: 14 }))),
    ...entries(legend),
    ...axis(timeline, height),
  ];
}

function entries(legend: readonly LegendEntry[]): string[] {
  let x = margin.left;
  return legend.flatMap(({ fill, text }) => {
    const drawn = [
      element('rect', { x, y: 37, width: 12, height: 10, fill }),
      element('text', { x: x + 17, y: 46, fill: ink }, text),
    ];
    x += 36 + characterWidth * text.length;
    return drawn;
  });
}

function axis(timeline: GraphTimeline, height: number): string[] {
  const { from, to } = timeline;
  const x = scaleOf(timeline);
  return ticksOf(to - from, ticksMost).map(({ at, label }) => {
    const place = x(from + at);
    const line = { x1: place, x2: place, y1: margin.top - 6, y2: height - margin.bottom, stroke: '#d5d8dc' };
    const text = { x: place, y: margin.top - 11, fill: faint, 'text-anchor': 'middle', 'font-size': 11 };
    return element('line', line) + element('text', text, label);
  });
}
