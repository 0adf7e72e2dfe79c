import type { EventOf, RecordedEvent, ScheduleEvent } from '../../src/domain/events.js';

/** What the judge must know of graphs. */
export interface GraphsSeen {
  /** Whether a graph exists. */
  exists(graphId: string): boolean;
  /** Whether there was a moment at which nothing in it could run any more. */
  wasOver(graphId: string): boolean;
}

/** By how much a decision may come too early, by the log's clock: the same number as in the contract, written once more. */
const toleranceMs = 1000;
const begin = 'schedule/';

/** A schedule as the judge follows it: only with periods, and with no code of the domain. */
class JudgedSchedule {
  everyMs = 0;
  overlap = 'skip';
  catchUpMs = 0;
  isThere = false;
  isPaused = false;
  /** What is due later than this is still to be decided. */
  frontierMs = -Infinity;
  asked: number[] = [];
  waiting: number | null = null;
  /** Graphs of the runs that were decided, in order. */
  readonly runs: string[] = [];
  /** Decisions that came before their time, and have no effect. */
  early = 0;
}

/**
 * Judges schedules by what is in the log alone: each instant that is due is decided once, in order, and not before its time; what
 * is missed was too late; a run begins when the one before it has been over, unless it may run beside it or abort it; and each run
 * has one graph, which is there before anything else is decided.
 */
export class ScheduleJudge {
  readonly schedules = new Map<string, JudgedSchedule>();
  private readonly runs = new Set<string>();

  constructor(private readonly graphs: GraphsSeen) {}

  /** Takes an event, and returns what is wrong with it. */
  take(event: RecordedEvent): readonly string[] {
    if (event.type === 'GraphSubmitted' && event.data.part === 1)
      return this.takeGraph(event.graphId, event.data.labels);
    if (event.graphId !== '' || event.jobId?.startsWith(begin) !== true) return [];
    const name = event.jobId.slice(begin.length);
    const known = this.schedules.get(name) ?? new JudgedSchedule();
    this.schedules.set(name, known);
    return this.judge(name, known, event as RecordedEvent & ScheduleEvent);
  }

  /** What is missing when all is over. @param untilMs what fell due before that must be decided, unless it was removed or paused */
  atTheEnd(untilMs: number): readonly string[] {
    const missing = [...this.runs]
      .filter((graphId) => !this.graphs.exists(graphId))
      .map((id) => `the run ${id} has no graph`);
    const late = [...this.schedules].flatMap(([name, { isThere, isPaused, everyMs, frontierMs }]) => {
      const next = (Math.floor(frontierMs / everyMs) + 1) * everyMs;
      return isThere && !isPaused && next < untilMs ? [`schedule ${name} has not decided ${shown(next)}`] : [];
    });
    return [...missing, ...late];
  }

  private takeGraph(graphId: string, { schedule }: Readonly<Record<string, string>>): readonly string[] {
    const isRun = schedule !== undefined && graphId.startsWith(`${schedule}@`);
    return isRun && !this.runs.has(graphId) ? ['nobody has decided this run'] : [];
  }

  private judge(name: string, known: JudgedSchedule, event: RecordedEvent & ScheduleEvent): readonly string[] {
    const at = Date.parse(event.recordedAt);
    switch (event.type) {
      case 'ScheduleSet': {
        const { everyMs = 0, overlap, catchUpMs } = event.data;
        Object.assign(known, {
          everyMs,
          overlap,
          catchUpMs,
          isThere: true,
          frontierMs: Math.max(at, known.frontierMs),
        });
        return [];
      }
      case 'ScheduleRemoved':
        Object.assign(known, { isThere: false, isPaused: false, asked: [], waiting: null });
        return [];
      case 'SchedulePaused':
        known.isPaused = true;
        return [];
      case 'ScheduleResumed':
        Object.assign(known, { isPaused: false, frontierMs: Math.max(at, known.frontierMs) });
        return [];
      case 'ScheduleTriggered':
        known.asked.push(...event.data.instants.map((instant) => Date.parse(instant)));
        return [];
      default:
        return this.judgeDecision(name, known, event, at);
    }
  }

  private judgeDecision(
    name: string,
    known: JudgedSchedule,
    event: RecordedEvent & EventOf<'ScheduleFired' | 'ScheduleBuffered' | 'ScheduleSkipped'>,
    at: number,
  ): readonly string[] {
    const wrong: string[] = [];
    const last = known.runs.at(-1);
    if (!known.isThere) wrong.push('the schedule was removed');
    if (last !== undefined && !this.graphs.exists(last))
      wrong.push(`it is decided before the run ${last} has its graph`);
    const isAsked = event.type === 'ScheduleFired' && event.data.kind === 'asked';
    if (known.isPaused && !isAsked) wrong.push('the schedule is paused');
    const [from, to] = event.type === 'ScheduleSkipped' ? [event.data.from, event.data.to] : both(event.data.instant);
    const isMissed = event.type === 'ScheduleSkipped' && event.data.why === 'missed';
    if (!isAsked && Date.parse(to) + (isMissed ? known.catchUpMs : 0) > at + toleranceMs) {
      // It counts for nothing, so nothing must have come of it; whatever is made all the same has no decision.
      known.early += 1;
      return wrong;
    }
    if (isAsked) wrong.push(...takeFirst(known.asked, Date.parse(from)));
    else if (event.type === 'ScheduleFired' && event.data.kind === 'buffered') {
      if (known.waiting !== Date.parse(from)) wrong.push(`${from} does not wait`);
      known.waiting = null;
    } else wrong.push(...decide(known, Date.parse(from), Date.parse(to)));
    if (event.type === 'ScheduleBuffered') {
      if (known.waiting !== null) wrong.push('two wait at once');
      known.waiting = Date.parse(from);
    }
    if (event.type === 'ScheduleSkipped') wrong.push(...whyMiscounted(event.data, known));
    if (event.type === 'ScheduleFired') wrong.push(...this.judgeRun(name, known, event.data));
    return wrong;
  }

  private judgeRun(
    name: string,
    known: JudgedSchedule,
    { graphId, instant, aborts }: EventOf<'ScheduleFired'>['data'],
  ): readonly string[] {
    const wrong: string[] = [];
    const last = known.runs.at(-1);
    if (graphId !== `${name}@${instant.replace('.000Z', 'Z')}`) wrong.push(`its graph is called ${graphId}`);
    if (this.runs.has(graphId)) wrong.push(`the run ${graphId} is decided a second time`);
    if (this.graphs.exists(graphId)) wrong.push(`the graph ${graphId} was there before`);
    const mayRunBeside = known.overlap === 'allow' || aborts === last;
    if (last !== undefined && !mayRunBeside && !this.graphs.wasOver(last)) wrong.push(`the run ${last} has not ended`);
    this.runs.add(graphId);
    known.runs.push(graphId);
    return wrong;
  }
}

/** The next instants of a schedule are decided. */
function decide(known: JudgedSchedule, from: number, to: number): readonly string[] {
  const { everyMs, frontierMs } = known;
  const next = (Math.floor(frontierMs / everyMs) + 1) * everyMs;
  known.frontierMs = Math.max(frontierMs, to);
  if (from === next && to >= from && to % everyMs === 0) return [];
  return [`${shown(from)} to ${shown(to)} is decided, where ${shown(next)} is the next`];
}

function whyMiscounted({ from, to, count }: EventOf<'ScheduleSkipped'>['data'], { everyMs }: JudgedSchedule) {
  const there = (Date.parse(to) - Date.parse(from)) / everyMs + 1;
  return count === undefined || count === there ? [] : [`it counts ${count} instants, and there are ${there}`];
}

function takeFirst(asked: number[], instant: number): readonly string[] {
  if (asked[0] !== instant) return [`${shown(instant)} is not the next that was asked for`];
  asked.shift();
  return [];
}

function both(instant: string): readonly [string, string] {
  return [instant, instant];
}

function shown(at: number): string {
  return Number.isFinite(at) ? new Date(at).toISOString() : String(at);
}
