import { jobsByType, timelineByType, type TypeTimeline } from '../../../history/timeline/by-type.js';
import { type GraphTimeline, isWrong, type JobTimeline, kindsShown } from '../../../history/timeline/spans.js';
import { duration, plural, thousands } from '../../../prelude/phrases.js';
import { faint, frame, ink, looks, margin, namePixels, plotWidth, type Scale, scaleOf, wrong } from './gantt-frame.js';
import { type Load, loadOf } from '../../../history/timeline/load.js';
import { cutToPixels, element, escaped, picture } from './svg.js';

/** A lane from top to bottom: how many run, then a strip that tells what waits, then a gap. */
const lane = { height: 42, area: 26, strip: 5 };
/** One value every three pixels. */
const parts = plotWidth / 3;
/** As many lanes as one can look at. The types with fewest jobs share the last. */
const lanesMost = 40;

interface Lane extends TypeTimeline {
  readonly of: readonly JobTimeline[];
}

/** A large graph's jobs along time, a lane for each type: how many ran at a time, and each attempt that went wrong. */
export function lanesSvg(timeline: GraphTimeline): string {
  const { graphId } = timeline;
  const lanes = lanesOf(timeline);
  const height = margin.top + lanes.length * lane.height + margin.bottom;
  const legend = [
    { fill: looks.running.fill, text: "running, up to the type's maximum" },
    ...waits.filter((kind) => kindsShown(timeline).includes(kind)).map((kind) => looks[kind]),
    { fill: wrong, text: 'attempt that went wrong' },
  ];
  const inside = [
    ...frame(timeline, legend, height),
    ...lanes.flatMap((each, index) => drawnLane(each, timeline, margin.top + index * lane.height)),
  ];
  const width = margin.left + plotWidth + margin.right;
  return picture({ width, height, title: `Timeline of graph ${graphId}, by type` }, inside);
}

function lanesOf(timeline: GraphTimeline): readonly Lane[] {
  const jobs = jobsByType(timeline);
  const all = timelineByType(timeline).map((each) => ({ ...each, of: jobs.get(each.type)! }));
  if (all.length <= lanesMost) return all;
  const large = new Set([...all].sort((a, b) => b.jobs - a.jobs).slice(0, lanesMost - 1));
  const others = all.filter((each) => !large.has(each)).flatMap(({ of }) => of);
  const type = plural(all.length - large.size, 'other type');
  const [together] = timelineByType({ jobs: others.map((job) => ({ ...job, type })) });
  return [...all.filter((each) => large.has(each)), { ...together!, of: others }];
}

function drawnLane(each: Lane, timeline: GraphTimeline, y: number): string[] {
  const x = scaleOf(timeline);
  const { type, jobs, runningMax, wrongAttempts, isCritical, counts, totals } = each;
  const weight = isCritical ? 700 : 400;
  const name = { x: margin.left - 8, y: y + 13, fill: ink, 'text-anchor': 'end', 'font-weight': weight };
  const small = { x: margin.left - 8, y: y + 27, fill: faint, 'text-anchor': 'end', 'font-size': 10 };
  const side = { x: margin.left + plotWidth + 8, fill: faint, 'font-size': 10 };
  const many = `${plural(jobs, 'job')}${counts.finished === jobs ? '' : `, ${thousands(counts.finished)} finished`}`;
  const load = loadOf(each.of, timeline, parts);
  const title = `${type}: ${plural(jobs, 'job')}, ${plural(each.attempts, 'attempt')}, ${thousands(wrongAttempts)} went wrong, ${duration(totals.running)} of running`;
  return [
    element('title', {}, escaped(title)),
    element('line', {
      x1: margin.left,
      x2: margin.left + plotWidth,
      y1: y + lane.area,
      y2: y + lane.area,
      stroke: '#e6e8eb',
    }),
    element('text', name, escaped(cutToPixels(type, namePixels))),
    element('text', small, many),
    area(load.running, runningMax, y),
    strip(load, y + lane.area + 1),
    ...wrongMarks(each.of, x, y),
    ...(runningMax === 0
      ? []
      : [
          element(
            'text',
            { ...side, y: y + 12 },
            runningMax === 1 ? 'one at a time' : `max ${thousands(runningMax)} at once`,
          ),
        ]),
    ...(wrongAttempts === 0
      ? []
      : [element('text', { ...side, y: y + 26, fill: wrong }, `${thousands(wrongAttempts)} went wrong`)]),
  ];
}

/** How many ran, as a hilly line from left to right. What ran at all is at least a pixel high. */
function area(running: readonly number[], runningMax: number, y: number): string {
  const width = plotWidth / running.length;
  const bottom = y + lane.area;
  const boxes = running.map((count, index) => {
    if (count === 0) return '';
    const height = Math.max(1, Math.min(lane.area, (count / Math.max(1, runningMax)) * lane.area));
    const left = round(margin.left + index * width);
    return `M${left} ${round(bottom)}v${round(-height)}h${round(width)}v${round(height)}z`;
  });
  const d = boxes.join('');
  return d === '' ? '' : element('path', { d, fill: looks.running.fill });
}

/** What waits is told by the first of these that any job does. */
const waits = ['delayed', 'ready', 'awaiting', 'backing-off', 'deferred'] as const;

/** What waited while others ran: yellow where a job was ready, violet where jobs only backed off. */
function strip(load: Load, y: number): string {
  const kinds = load.ready.map((_, index) => waits.find((kind) => load[kind][index]! > 0) ?? null);
  const width = plotWidth / kinds.length;
  let drawn = '';
  for (let from = 0; from < kinds.length;) {
    let to = from + 1;
    while (to < kinds.length && kinds[to] === kinds[from]) to += 1;
    const kind = kinds[from]!;
    const box = { x: margin.left + from * width, y, width: (to - from) * width, height: lane.strip };
    if (kind !== null) drawn += element('rect', { ...box, fill: looks[kind].fill });
    from = to;
  }
  return drawn;
}

/** Every attempt that went wrong, where it ended. */
function wrongMarks(jobs: readonly JobTimeline[], x: Scale, y: number): string[] {
  return jobs.flatMap(({ jobId, spans }) =>
    spans.filter(isWrong).map(({ to, attempt, ending }) => {
      const mark = { x: x(to) - 1, y: y + lane.area - 8, width: 2, height: 8 + lane.strip, fill: wrong };
      return element('rect', mark, element('title', {}, escaped(`${jobId}, attempt ${attempt}: ${ending}`)));
    }),
  );
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
