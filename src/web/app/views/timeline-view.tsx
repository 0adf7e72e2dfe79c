import type { JSX, TargetedMouseEvent } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { boundsOf } from '../../../history/timeline/spans.js';
import { jobsByType } from '../../../history/timeline/by-type.js';
import { type Load, loadOf } from '../../../history/timeline/load.js';
import { kindsShown, type SpanKind } from '../../../history/timeline/spans.js';
import { plural } from '../../../prelude/phrases.js';
import { SizedCanvas } from '../canvas/sized-canvas.js';
import {
  drawTimeline,
  headHeight,
  KeptLanes,
  type LaneContent,
  timeAtX,
  type TimelineState,
  type TimeWindow,
  stacked,
} from '../drawing/timeline-picture.js';
import type { GraphModel } from '../model/graph-model.js';
import { type Lane, type LaneChoice, lanesByJob, lanesByWorker } from '../model/lanes.js';
import { theme } from '../state/appearance.js';
import type { GraphSession } from '../state/graph-session.js';
import { change, place } from '../state/place.js';
import { useSettled } from './settled.js';

interface TimelineProps {
  readonly session: GraphSession;
  readonly model: GraphModel;
}

type Grouping = 'job' | 'type' | 'worker';

const rowHeights: Readonly<Record<Grouping, number>> = { job: 20, type: 72, worker: 18 };
/** Beyond this, lanes by job are too many to begin with. */
const lanesMost = 200;

/** What the jobs did with their time: lanes by job, by type or by worker. */
export function TimelineView({ session, model }: TimelineProps): JSX.Element {
  const { lanes: given, only = 'all', find = '' } = place.value.params;
  const usual: Grouping = model.latest.jobs.size > lanesMost ? 'type' : 'job';
  const grouping: Grouping = given === 'job' || given === 'type' || given === 'worker' ? given : usual;
  const choice: LaneChoice = { search: find, only: only === 'critical' || only === 'troubled' ? only : 'all' };
  return (
    <section class="timeline" aria-label="Timeline">
      <div class="bar">
        <label>
          Lanes by{' '}
          <select value={grouping} onChange={(event) => change({ lanes: event.currentTarget.value })}>
            <option value="job">job</option>
            <option value="type">type</option>
            <option value="worker">worker</option>
          </select>
        </label>
        {grouping === 'job' && (
          <label>
            Show{' '}
            <select
              value={choice.only}
              onChange={(event) =>
                change({ only: event.currentTarget.value === 'all' ? null : event.currentTarget.value })
              }
            >
              <option value="all">all jobs</option>
              <option value="critical">the critical path</option>
              <option value="troubled">what went wrong</option>
            </select>
          </label>
        )}
        <span class="gap" />
        <Legend kinds={kindsShown(model.timelineAt(model.length))} />
      </div>
      <Lanes session={session} model={model} grouping={grouping} choice={choice} />
    </section>
  );
}

function Legend({ kinds }: { readonly kinds: readonly SpanKind[] }): JSX.Element {
  const { spans, finishedBar, danger } = theme.value;
  const entries = [
    ...kinds.map((kind) => [kind, spans[kind]] as const),
    ['finished', finishedBar] as const,
    ['went wrong', danger] as const,
  ];
  return (
    <ul class="legend" aria-label="What the colours mean">
      {entries.map(([name, colour]) => (
        <li key={name}>
          <svg viewBox="0 0 10 10" aria-hidden="true">
            <rect width="10" height="10" fill={colour} />
          </svg>
          {name}
        </li>
      ))}
    </ul>
  );
}

interface LanesProps extends TimelineProps {
  readonly grouping: Grouping;
  readonly choice: LaneChoice;
}

function Lanes({ session, model, grouping, choice }: LanesProps): JSX.Element {
  const [top, setTop] = useState(0);
  const scroller = useRef<HTMLDivElement>(null);
  const length = useSettled(session.length.value, model.latest.jobs.size > 1000 ? 1000 : 100);
  const [from, to] = useMemo(() => boundsOf(model.latest, model.times.at(-1)!), [model, length]);
  const { window, zoom, showAll } = useZoom({ from, to: Math.max(to, from + 1) });
  const { lanes, contentOf } = useContents(model, length, grouping, choice, window);
  const rowHeight = rowHeights[grouping];
  const number = session.number.value;
  const jobId = session.jobId.value;
  const state: TimelineState = {
    window,
    origin: from,
    now: model.times[number - 1]!,
    lanes,
    rowHeight,
    top,
    labelWidth: 190,
    jobId,
    contentOf,
  };
  const at = (event: TargetedMouseEvent<HTMLElement>) => {
    const { left, top: edge, width } = event.currentTarget.getBoundingClientRect();
    return { time: timeAtX(state, width, event.clientX - left), y: event.clientY - edge };
  };
  useChosenInSight(scroller, lanes, jobId, rowHeight);
  return (
    <div
      ref={scroller}
      class="lanes"
      tabIndex={0}
      role="group"
      aria-label={`${plural(lanes.length, 'lane')} by ${grouping}`}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
      onWheel={(event) => {
        if (!event.ctrlKey && !event.metaKey) return;
        event.preventDefault();
        zoom(at(event).time, event.deltaY < 0 ? 0.8 : 1.25);
      }}
      onKeyDown={(event) => {
        if (event.key === '+') zoom(state.now, 0.8);
        if (event.key === '-') zoom(state.now, 1.25);
        if (event.key === '0') showAll();
      }}
      onClick={(event) => {
        const { time, y } = at(event);
        if (y < headHeight) return session.moveTo(model.numberAt(time));
        const lane = lanes[Math.floor((y - headHeight + top) / rowHeight)];
        const hit = lane === undefined ? null : jobAt(lane, contentOf(lane), time);
        if (hit !== null) session.choose(hit);
      }}
    >
      <Drawn state={state} />
    </div>
  );
}

/** As high as all lanes, with a canvas in sight that shows some of them. */
function Drawn({ state }: { readonly state: TimelineState }): JSX.Element {
  const { lanes, rowHeight } = state;
  const colours = theme.value;
  const kept = useMemo(() => new KeptLanes(), []);
  return (
    <>
      <div class="lanes-all" style={{ height: `${lanes.length * rowHeight + headHeight}px` }} />
      <div class="lanes-seen">
        <SizedCanvas
          role="img"
          aria-label={`Timeline of ${plural(lanes.length, 'lane')}`}
          draw={(context, size) => drawTimeline(context, size, colours, state, kept)}
        />
      </div>
    </>
  );
}

/** The part of the time that is seen: all of it, until it is zoomed into. */
function useZoom(whole: TimeWindow) {
  const [zoomed, setZoomed] = useState<TimeWindow | null>(null);
  const window = zoomed ?? whole;
  return {
    window,
    zoom: (at: number, factor: number) => setZoomed(zoomedAt(window, at, factor, whole)),
    showAll: () => setZoomed(null),
  };
}

/** What is in each lane. Computed for the whole run at once: what was, does not change with the moment that is shown. */
function useContents(model: GraphModel, length: number, grouping: Grouping, choice: LaneChoice, window: TimeWindow) {
  const until = Math.max(...boundsOf(model.latest, model.times.at(-1)!));
  const { search, only } = choice;
  return useMemo((): { lanes: readonly Lane[]; contentOf: (lane: Lane) => LaneContent } => {
    if (grouping === 'worker') {
      const { lanes, bars } = lanesByWorker(model, until);
      return { lanes, contentOf: ({ key }) => ({ bars: bars.get(key) ?? [] }) };
    }
    if (grouping === 'type') return lanesByType(model, window);
    const bars = (jobId: string) =>
      model.timelines.spansOf(jobId, model.length, until).map((span) => ({ ...span, jobId }));
    return { lanes: lanesByJob(model, { search, only }), contentOf: ({ key }) => ({ bars: bars(key) }) };
  }, [model, length, grouping, search, only, ...(grouping === 'type' ? [window.from, window.to] : [])]);
}

/** In how many parts the window is cut. */
const partsOfWindow = 240;

function lanesByType(model: GraphModel, window: TimeWindow) {
  const timeline = model.timelineAt(model.length);
  const loads = new Map<string, Load>();
  let most = 1;
  for (const [type, jobs] of jobsByType(timeline)) {
    const load = loadOf(jobs, { ...timeline, ...window }, partsOfWindow);
    loads.set(type, load);
    // What is blocked is many at first, and would make all else small.
    load.running.forEach((_, part) => {
      most = Math.max(
        most,
        stacked.reduce((sum, kind) => sum + load[kind][part]!, 0),
      );
    });
  }
  const lanes = [...loads.keys()].map((type) => ({
    ...{ key: type, label: type, jobId: null, isCritical: false, isTroubled: false },
  }));
  return { lanes, contentOf: ({ key }: Lane) => ({ load: loads.get(key)!, most }) };
}

function jobAt(lane: Lane, content: LaneContent, time: number): string | null {
  if (lane.jobId !== null) return lane.jobId;
  if (!('bars' in content)) return null;
  return content.bars.find(({ from, to }) => from <= time && time <= to)?.jobId ?? null;
}

/** The window, wider or narrower around a time, and within the whole. Null for the whole. */
function zoomedAt(window: TimeWindow, at: number, factor: number, whole: TimeWindow): TimeWindow | null {
  const span = Math.max(2, (window.to - window.from) * factor);
  if (span >= whole.to - whole.from) return null;
  const share = (at - window.from) / (window.to - window.from);
  const from = Math.min(whole.to - span, Math.max(whole.from, at - share * span));
  return { from, to: from + span };
}

/** Scrolls to the lane of a job when it is chosen. */
function useChosenInSight(
  scroller: { readonly current: HTMLDivElement | null },
  lanes: readonly Lane[],
  jobId: string | null,
  rowHeight: number,
): void {
  useEffect(() => {
    const element = scroller.current;
    const index = jobId === null ? -1 : lanes.findIndex((lane) => lane.jobId === jobId);
    if (element === null || index < 0) return;
    const at = index * rowHeight;
    const isSeen = at >= element.scrollTop && at + rowHeight + headHeight <= element.scrollTop + element.clientHeight;
    if (!isSeen) element.scrollTop = Math.max(0, at - element.clientHeight / 2);
  }, [jobId, lanes, rowHeight]);
}
