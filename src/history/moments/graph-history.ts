import type { Position, RecordedEvent } from '../../domain/events.js';
import type { DerivedStatus, GraphState, GraphStatus } from '../../domain/graph.js';
import { evolveWork, initialWork, pausesOf, type WorkState } from '../../domain/pauses.js';
import { GraphStates } from './graph-states.js';
import { type Patch, patchBetween } from '../../prelude/json-patch.js';
import { comparePositions } from '../../domain/positions.js';
import { OverseerError } from '../../prelude/errors.js';
import type { Json } from '../../prelude/json.js';
import { type GraphInfo, type JobInfo, type MomentShown, toGraphInfo, toJobInfo } from '../../domain/graph-info.js';

/** A graph as questions see it. Each member is computed when it is read. */
export interface GraphView {
  /** How many events of the graph had happened. */
  readonly number: number;
  /** When the last of them was recorded: ISO 8601, UTC. */
  readonly at: string;
  /** The last of them. */
  readonly event: { readonly type: string; readonly jobId: string | null; readonly actor: string };
  readonly id: string;
  readonly status: GraphStatus;
  readonly labels: Readonly<Record<string, string>>;
  readonly priority: number;
  /** Whether the graph itself was paused. */
  readonly isPaused: boolean;
  /** Jobs by derived status; every status is there. */
  readonly count: Readonly<Record<DerivedStatus, number>>;
  /** By id. */
  readonly jobs: Readonly<Record<string, JobInfo>>;
}

/** What differs in one job, as operations on its {@link JobInfo}. */
export interface JobPatch {
  readonly jobId: string;
  readonly patch: Patch;
}

/** The whole history of a graph: its events, and its state after any of them. Read once, kept in memory. */
export class GraphHistory {
  private readonly states: GraphStates;
  /** Stays one event behind `states`, so that the changes by an event can be told without going back. */
  private readonly before: GraphStates;
  private readonly views = new WeakMap<GraphState, { readonly view: GraphView; readonly jobs: number }>();
  private number = 0;
  private readonly taken: RecordedEvent[];
  /** Which work was paused in all graphs, from which position on. */
  private readonly works: { readonly position: Position; readonly work: WorkState }[] = [];

  /** @internal */
  constructor(
    readonly graphId: string,
    events: readonly RecordedEvent[],
    /** How many events it takes until the graph exists: it may have been submitted in parts. */
    readonly existsFrom: number,
    /** Of the namespace's own stream. */
    workEvents: readonly RecordedEvent[],
  ) {
    this.taken = [...events];
    this.states = new GraphStates(graphId, this.taken);
    this.before = new GraphStates(graphId, this.taken);
    this.addWork(workEvents);
  }

  /** Of the graph and its jobs, in log order. Event `#N` is the one at index N - 1. */
  get events(): readonly RecordedEvent[] {
    return this.taken;
  }

  /** @internal Takes the next event of the graph. */
  add(event: RecordedEvent): void {
    this.taken.push(event);
  }

  /** @internal Takes the next events of the namespace's own stream. */
  addWork(events: readonly RecordedEvent[]): void {
    for (const event of events) {
      const work = evolveWork(this.works.at(-1)?.work ?? initialWork, event);
      this.works.push({ position: event.position, work });
    }
  }

  /** @internal The graph's state after a number of its events. The next call changes it. */
  stateAt(number: number): GraphState {
    this.assertNumber(number);
    return this.states.at(number);
  }

  /**
   * The graph after a number of its events.
   *
   * @throws OverseerError `moment-invalid` if there are fewer, `moment-before-graph` if it did not exist yet
   */
  at(number: number): GraphInfo {
    this.assertExists(number);
    return toGraphInfo(this.states.at(number), this.momentAt(number));
  }

  /** How many of its events had happened at a position of the log. */
  numberAt(position: Position): number {
    let [low, high] = [0, this.events.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (comparePositions(this.events[middle]!.position, position) <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /**
   * The same as a view, which is cheap when only a few members are read. After the next call it shows that moment.
   *
   * @throws OverseerError `moment-invalid`
   */
  viewAt(number: number): GraphView {
    this.assertNumber(number);
    this.number = number;
    const state = this.states.at(number);
    // A graph that is submitted in parts, or grows, has more jobs with each.
    const known = this.views.get(state);
    if (known !== undefined && known.jobs === state.jobs.size) return known.view;
    const view = viewOf(state, () => {
      const { number } = this;
      return { number, event: this.events[number - 1]!, ...this.momentAt(number) };
    });
    this.views.set(state, { view, jobs: state.jobs.size });
    return view;
  }

  /**
   * What an event changed, job by job: its own job, those it made ready, blocked or aborted, or held back, and those that
   * came to be by it, whose patch adds the whole. A pause of other work than the graph's counts to the graph's next event. None for the event the graph began to exist with.
   *
   * @throws OverseerError `moment-invalid` or `moment-before-graph`
   */
  changesBy(number: number): readonly JobPatch[] {
    this.assertExists(number);
    if (number === this.existsFrom) return [];
    const [was, is] = [this.before.at(number - 1), this.states.at(number)];
    const [then, now] = [this.momentAt(number - 1), this.momentAt(number)];
    const found: JobPatch[] = [];
    for (const node of is.jobs.values()) {
      const earlier = was.jobs.get(node.id);
      if (earlier === undefined) {
        found.push({
          jobId: node.id,
          patch: [{ op: 'add', path: '', value: toJobInfo(node, now) as unknown as Json }],
        });
        continue;
      }
      const hasOwnEvent = earlier.state.revision !== node.state.revision;
      const isSame =
        earlier.derivedStatus(then.now) === node.derivedStatus(now.now) &&
        earlier.parents.length === node.parents.length;
      const isFree = pausesOf(earlier, then.work).length + pausesOf(node, now.work).length === 0;
      if (!hasOwnEvent && isSame && isFree) continue;
      const patch = patchBetween(toJobInfo(earlier, then) as unknown as Json, toJobInfo(node, now) as unknown as Json);
      if (patch.length > 0) found.push({ jobId: node.id, patch });
    }
    return found;
  }

  /** @internal The moment at which an event was recorded. */
  momentAt(number: number): MomentShown {
    const { position, recordedAt } = this.events[number - 1]!;
    const last = this.works.findLast((each) => comparePositions(each.position, position) < 0);
    return { now: Date.parse(recordedAt), work: last?.work ?? initialWork };
  }

  private assertExists(number: number): void {
    this.assertNumber(number);
    if (number >= this.existsFrom) return;
    const message = `graph ${this.graphId} did not exist at #${number}; it exists from #${this.existsFrom} on`;
    throw new OverseerError('moment-before-graph', message);
  }

  private assertNumber(number: number): void {
    if (Number.isSafeInteger(number) && number >= 1 && number <= this.events.length) return;
    const message = `graph ${this.graphId} has events #1 to #${this.events.length}, and no #${number}`;
    throw new OverseerError('moment-invalid', message);
  }
}

/** What a view shows: the last event, and how many there were. */
interface MomentViewed extends MomentShown {
  readonly number: number;
  readonly event: RecordedEvent;
}

function viewOf(state: GraphState, moment: () => MomentViewed): GraphView {
  // Of a graph that grows, going back and forth makes some jobs anew.
  const jobs = [...state.jobs.keys()].map((id) => [id, () => toJobInfo(state.jobs.get(id)!, moment())] as const);
  const jobViews = withGetters(jobs) as GraphView['jobs'];
  const members: { readonly [Name in keyof GraphView]: () => GraphView[Name] } = {
    number: () => moment().number,
    at: () => moment().event.recordedAt,
    event: () => {
      const { type, jobId, actor } = moment().event;
      return { type, jobId, actor };
    },
    id: () => state.id,
    status: () => state.status,
    labels: () => state.labels,
    priority: () => state.priority,
    isPaused: () => state.pause !== null,
    count: () => countDerived(state, moment().now),
    jobs: () => jobViews,
  };
  return withGetters(Object.entries(members)) as GraphView;
}

/** Own members, so that expressions see them, computed when they are read. */
function withGetters(members: Iterable<readonly [string, () => unknown]>): object {
  const object = {};
  for (const [name, get] of members) Object.defineProperty(object, name, { get, enumerable: true });
  return Object.freeze(object);
}

/** Jobs by derived status; every status is there. */
function countDerived(state: GraphState, now: number): Record<DerivedStatus, number> {
  const counts: Record<DerivedStatus, number> = {
    finished: 0,
    skipped: 0,
    started: 0,
    ready: 0,
    awaiting: 0,
    'backing-off': 0,
    deferred: 0,
    delayed: 0,
    waiting: 0,
    blocked: 0,
    failed: 0,
    aborted: 0,
  };
  for (const node of state.jobs.values()) counts[node.derivedStatus(now)] += 1;
  return counts;
}
