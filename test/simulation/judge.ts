import { isDeepStrictEqual } from 'node:util';
import type { Position, RecordedEvent } from '../../src/domain/events.js';
import { GraphState } from '../../src/domain/graph.js';
import { listIn } from '../../src/prelude/grouped.js';
import { isOfNamespace } from '../../src/domain/namespace-stream.js';
import type { RunningJob } from '../../src/index.js';
import {
  allAppends,
  type Append,
  type AppendResult,
  onlyAfter,
  streamKey,
  type Subscribe,
} from '../../src/log/event-log.js';
import { comparePositions } from '../../src/domain/positions.js';
import { NamespaceCheck } from '../../src/history/verify/invariants.js';
import { LiveProjection } from '../../src/domain/live-projection.js';
import { matches } from '../../src/log/event-list.js';
import { partitionCount, partitionOf } from '../../src/domain/share.js';
import { ReferenceGraph, type ReferenceJob } from './reference.js';
import { clockDriftMax } from './faulty-wire.js';
import { LimitJudge, type Rule } from '../support/limit-judge.js';
import { ScheduleJudge } from './schedule-judge.js';

/** How much later than its limits a job may start: whoever watches them may be slow. */
const patienceMs = 60_000;

/** A graph as the domain folds it, and as the reference does. */
export interface JudgedGraph {
  readonly state: GraphState;
  readonly reference: ReferenceGraph;
  /** Every outcome at which nothing in it could run any more. */
  readonly outcomes: Set<string>;
  /** The last event after which that was so. */
  overAt: Position | null;
  /** The result of each job that has finished. */
  readonly results: Map<string, unknown>;
}

/** How many jobs a worker may run at a time. */
export interface Allowance {
  readonly jobs: number;
  readonly ofType: Readonly<Record<string, number>>;
}

/** What a handler was run for, and what it gave. */
export interface Run {
  readonly job: RunningJob;
  isReturned: boolean;
  result: unknown;
  /** Ids of the jobs that it spawned. */
  readonly spawned: string[];
}

/**
 * Sees every event as it reaches the log, every answer that says so, everything that is read, and every run of a handler;
 * and judges each at once.
 */
export class Judge {
  readonly problems: string[] = [];
  readonly events: RecordedEvent[] = [];
  readonly graphs = new Map<string, JudgedGraph>();
  /** Graphs that exist and have not ended. */
  readonly open = new Set<string>();
  /** By machine. */
  readonly allowances = new Map<string, Allowance>();
  readonly runs = new Map<string, Run>();
  /** Runs that have not ended, by machine. */
  private readonly running = new Map<string, Set<Run>>();
  private readonly indexOf = new Map<string, number>();
  private readonly streams = new Map<string, string[]>();
  private readonly lastSignMs = new Map<string, number>();
  private readonly startedBy = new Map<string, string>();
  private readonly finishes = new Map<string, RecordedEvent>();
  /** How the parents of each attempt's job stood when it started. */
  private readonly parentsAt = new Map<string, Readonly<Record<string, string>>>();
  private readonly ofWork = new NamespaceCheck();
  /** From when on jobs may start that their handlers put off, by stream, on the judge's own clock. */
  private readonly putOffUntil = new Map<string, number>();
  private readonly limits: LimitJudge;
  readonly schedules = new ScheduleJudge({
    exists: (graphId) => this.graphs.get(graphId)?.reference.exists === true,
    wasOver: (graphId) => (this.graphs.get(graphId)?.outcomes.size ?? 0) > 0,
  });

  /**
   * @param areClocksTrue whether nobody's clock is set wrong, so that waits can be judged
   * @param rules the most that may run under the keys of limits
   * @param calmFromMs from when on nothing hinders anybody from writing that a limit has run out
   */
  constructor(
    private readonly elapsedMs: () => number,
    private readonly areClocksTrue: boolean,
    private readonly calmFromMs: number,
    rules: Readonly<Record<string, Rule>>,
  ) {
    this.limits = new LimitJudge(rules, (graphId, jobId) => this.isRunning(graphId, jobId));
  }

  /** Takes the events that have just reached the log. */
  take(events: readonly RecordedEvent[]): void {
    for (const event of events) {
      const last = this.events.at(-1);
      if (last !== undefined && comparePositions(last.position, event.position) >= 0)
        this.say(event, 'its position is not after the last one');
      if (last !== undefined && event.recordedAt < last.recordedAt)
        this.say(event, 'its time is before that of the last event');
      const stream = listIn(this.streams, streamKey(event));
      if (event.revision !== stream.length) this.say(event, `its revision is not ${stream.length}`);
      stream.push(event.id);
      this.indexOf.set(event.position, this.events.length);
      this.events.push(event);
      if (event.type === 'JobFinished') this.judgeMemory(event);
      for (const problem of this.schedules.take(event)) this.say(event, problem);
      if (isOfNamespace(event)) this.takeOfNamespace(event);
      else this.takeOfGraph(event);
      this.judgeLimits(event);
      this.lastSignMs.set(streamKey(event), this.elapsedMs());
    }
  }

  private judgeLimits(event: RecordedEvent): void {
    this.limits.see(event);
    for (const problem of this.limits.problems.splice(0)) this.say(event, problem);
  }

  private isRunning(graphId: string, jobId: string): boolean {
    const reference = this.graphs.get(graphId)?.reference;
    return reference?.isAborted === false && reference.jobs.get(jobId)?.phase === 'started';
  }

  /** How many results have been recorded. */
  get finished(): number {
    return this.finishes.size;
  }

  /** Those of some events in log order that were not taken yet. */
  fresh(events: readonly RecordedEvent[]): readonly RecordedEvent[] {
    return onlyAfter(events, this.events.at(-1)?.position ?? null);
  }

  /** A writer was told that this is in the log. */
  acknowledged(requests: readonly Append[], results: readonly AppendResult[]): void {
    const taken = requests.filter((_, at) => results[at]!.appended);
    for (const append of allAppends(taken)) {
      const stream = listIn(this.streams, streamKey(append));
      append.events.forEach(({ id, event }, index) => {
        if (stream[append.expectedRevision + 1 + index] === id) return;
        this.problems.push(`${event.type} of ${streamKey(append)} was acknowledged and is not in the log`);
      });
    }
  }

  /** A reader was given this. */
  read(events: readonly RecordedEvent[]): void {
    for (const event of events) {
      const index = this.indexOf.get(event.position);
      const truth = index === undefined ? undefined : this.events[index]!;
      if (truth?.id !== event.id || truth.revision !== event.revision)
        this.say(event, 'a reader was given another event than the log holds');
    }
  }

  /** Judges what one subscription hands over: all that it was asked for, in order, each event once. */
  follower({ after = null, filter = {} }: Subscribe): (events: readonly RecordedEvent[]) => void {
    // A subscription may begin at an event that nobody was shown yet.
    let last: number | null = after === null ? -1 : null;
    return (events) => {
      this.read(events);
      last ??= this.events.findLastIndex(({ position }) => comparePositions(position, after!) <= 0);
      for (const event of events) {
        const index: number = this.indexOf.get(event.position) ?? last;
        const missed = this.events.slice(last + 1, index).find((each) => matches(each, filter));
        if (missed !== undefined) this.say(missed, 'a subscription passed over it');
        if (index <= last) this.say(event, 'a subscription handed it over again');
        last = index;
      }
    };
  }

  /** A handler begins. */
  began(job: RunningJob, machine: string): Run {
    const key = `${job.graphId}/${job.id} attempt ${job.attempt}`;
    if (this.runs.has(key)) this.problems.push(`${key} ran twice`);
    if (this.startedBy.get(key)?.startsWith(`${machine}-1-`) !== true)
      this.problems.push(`${key} ran on ${machine}, which had not claimed it`);
    const graph = this.graphs.get(job.graphId);
    const meant = this.parentsAt.get(key);
    const finished = Object.entries(meant ?? {}).filter(([, fate]) => fate === 'finished');
    const inputs = Object.fromEntries(finished.map(([id]) => [id, graph!.results.get(id)]));
    if (!isDeepStrictEqual({ ...job.inputs }, inputs))
      this.problems.push(`${key} was given other inputs than the results of its parents`);
    const told = Object.fromEntries(Object.entries(job.parents).map(([id, { status }]) => [id, status]));
    if (!isDeepStrictEqual(told, meant))
      this.problems.push(`${key} was told ${JSON.stringify(told)} of its parents, which were ${JSON.stringify(meant)}`);
    const run: Run = { job, isReturned: false, result: null, spawned: [] };
    this.runs.set(key, run);
    const running = this.running.get(machine) ?? new Set<Run>();
    this.running.set(machine, running.add(run));
    this.judgeSlots(key, machine, job.type);
    return run;
  }

  /** A handler has returned, or thrown something. */
  ended(run: Run, machine: string): void {
    this.running.get(machine)?.delete(run);
  }

  /** A handler that was told to end, and does not, keeps its slot only for a while. */
  private judgeSlots(key: string, machine: string, type: string): void {
    const allowance = this.allowances.get(machine);
    if (allowance === undefined) return;
    const busy = [...(this.running.get(machine) ?? [])].filter(({ job }) => !job.signal.aborted);
    const ofType = busy.filter(({ job }) => job.type === type).length;
    if (busy.length > allowance.jobs || ofType > (allowance.ofType[type] ?? Infinity)) {
      this.problems.push(
        `${key} is one of ${busy.length} jobs that run on ${machine}, ${ofType} of them of its type, and it may run ${JSON.stringify(allowance)}`,
      );
    }
  }

  /**
   * How a live projection differs from all events up to its position, folded from the first; null if it does not. Of a worker
   * that follows only some partitions, their graphs are compared. A graph that was over since may be missing: a later snapshot,
   * from which it began, does not name it. Whoever reopens it is heard of.
   */
  differenceOf(projection: LiveProjection, partitions: ReadonlySet<number>): string | null {
    const folded = new LiveProjection();
    const { position } = projection;
    for (const event of this.events) {
      if (position === null || comparePositions(event.position, position) > 0) break;
      folded.apply(event);
      for (const graphId of folded.reopened) {
        const upTo = this.events.filter(
          (each) => each.graphId === graphId && comparePositions(each.position, event.position) <= 0,
        );
        folded.restore(graphId, upTo);
      }
    }
    for (const graph of [...folded.graphs.values()]) {
      const { overAt } = this.graphOf(graph.id);
      const wasOver = overAt !== null && position !== null && comparePositions(overAt, position) >= 0;
      if (!projection.graphs.has(graph.id) && wasOver) folded.forget(graph);
    }
    const [held, meant] = [projection, folded].map((each) => pictureOf(each, partitions));
    if (isDeepStrictEqual(held, meant)) return null;
    return `a live projection at ${position} holds ${JSON.stringify(held)}, and a fold from the first event ${JSON.stringify(meant)}`;
  }

  private say(event: RecordedEvent, problem: string): void {
    this.problems.push(`@${event.position} ${event.type} of ${streamKey(event)}: ${problem}`);
  }

  private takeOfNamespace(event: RecordedEvent): void {
    if (event.type === 'ResultMemoized' && !this.finishes.has(event.data.eventId))
      this.say(event, 'it remembers a result that is not there');
    if (event.jobId === null) for (const { problem } of this.ofWork.check(event)) this.say(event, problem);
  }

  private takeOfGraph(event: RecordedEvent): void {
    const graph = this.graphOf(event.graphId);
    const job = event.jobId === null ? undefined : graph.reference.jobs.get(event.jobId);
    if (event.type === 'JobFaulted' && event.data.cause === 'lease-expired' && job?.phase === 'started')
      this.judgeTaking(event, graph);
    const wasStarted = job?.phase === 'started';
    if (event.type === 'JobStarted' && job !== undefined) this.judgeStart(event, graph.reference, job);
    const before = graph.reference.jobs.size;
    const problem = graph.reference.apply(event);
    if (problem !== null) this.say(event, problem);
    graph.state.apply(event);
    if (event.type === 'JobStarted') {
      const key = `${event.graphId}/${event.jobId} attempt ${event.data.attempt}`;
      this.startedBy.set(key, event.data.worker.id);
      const parents = job?.parents ?? [];
      this.parentsAt.set(key, Object.fromEntries(parents.map((parent) => [parent.id, endingOf(parent)])));
    }
    if (job !== undefined && event.type === 'JobFinished' && wasStarted && job.phase === 'finished')
      this.judgeResult(event, graph, [...graph.reference.jobs.keys()].slice(before));
    else if (event.type !== 'GraphSubmitted' && graph.reference.jobs.size !== before)
      this.say(event, 'jobs came to be, though no attempt has finished');
    if (event.type === 'GraphSubmitted') {
      for (const { id, carried, carriedStatus } of event.data.jobs) {
        if (carried !== undefined && carriedStatus === undefined) graph.results.set(id, carried.result);
      }
    }
    if (event.type === 'JobAnswered' && job?.phase === 'finished') graph.results.set(event.jobId!, event.data.result);
    this.judgeWait(event);
    this.compare(event, graph);
  }

  /** No job starts before its time, or long after its limits have run out, but for the drift of clocks. */
  private judgeStart(event: RecordedEvent, reference: ReferenceGraph, job: ReferenceJob): void {
    const times = reference.isAborted ? null : reference.timesOf(job);
    if (times === null || !this.areClocksTrue) return;
    const at = Date.parse(event.recordedAt);
    const toleratedMs = (times.from - job.readyAt!) * 2 * clockDriftMax + 2;
    if (at < times.from - toleratedMs) this.say(event, `it starts ${times.from - at} ms before its time`);
    const isCalm = this.elapsedMs() > this.calmFromMs;
    if (isCalm && at > times.endsAt + patienceMs)
      this.say(event, `its time had run out ${at - times.endsAt} ms before`);
  }

  /** No job that its handler put off starts before its time, but for the drift of clocks. */
  private judgeWait(event: RecordedEvent): void {
    const key = streamKey(event);
    const until = this.putOffUntil.get(key) ?? 0;
    const isEarly = event.type === 'JobStarted' && this.elapsedMs() < until;
    if (isEarly && this.areClocksTrue) this.say(event, 'its handler had put it off for longer');
    this.putOffUntil.delete(key);
    if (event.type !== 'JobDeferred') return;
    if (event.data.delayMs < 1000) this.say(event, 'it is put off for less than a second');
    this.putOffUntil.set(key, this.elapsedMs() + event.data.delayMs * (1 - 2 * clockDriftMax) - 2);
  }

  private graphOf(graphId: string): JudgedGraph {
    const known = this.graphs.get(graphId);
    if (known !== undefined) return known;
    const fresh: JudgedGraph = {
      state: new GraphState(graphId),
      reference: new ReferenceGraph(graphId),
      outcomes: new Set(),
      overAt: null,
      results: new Map(),
    };
    this.graphs.set(graphId, fresh);
    return fresh;
  }

  /** No lease is taken before it is over; the clock of the judging worker may be a little fast. */
  private judgeTaking(event: RecordedEvent, { state }: JudgedGraph): void {
    const { leaseMs } = state.jobs.get(event.jobId!)!.state;
    const silentMs = this.elapsedMs() - this.lastSignMs.get(streamKey(event))!;
    if (silentMs < leaseMs! * (1 - 2 * clockDriftMax) - 2)
      this.say(event, `the lease of ${leaseMs} ms was taken after ${silentMs} ms`);
  }

  private judgeResult(
    event: RecordedEvent & { type: 'JobFinished' },
    graph: JudgedGraph,
    spawned: readonly string[],
  ): void {
    const { attempt, result, memoized } = event.data;
    if (graph.results.has(event.jobId!)) this.say(event, 'the job has a second result');
    graph.results.set(event.jobId!, result);
    if (memoized !== undefined) return;
    const run = this.runs.get(`${event.graphId}/${event.jobId} attempt ${attempt}`);
    if (run?.isReturned !== true) this.say(event, 'no handler has returned that');
    else if (!isDeepStrictEqual(run.result, result)) this.say(event, 'the handler returned something else');
    if (run !== undefined && !isDeepStrictEqual(run.spawned, spawned))
      this.say(event, `the handler spawned ${run.spawned.join()}, and there came to be ${spawned.join()}`);
  }

  /** What is remembered was made before, and is given unchanged. */
  private judgeMemory(event: RecordedEvent & { type: 'JobFinished' }): void {
    this.finishes.set(event.id, event);
    const { memoized, result } = event.data;
    if (memoized === undefined) return;
    const source = this.finishes.get(memoized.eventId);
    const isSame =
      source?.type === 'JobFinished' &&
      source.data.memoized === undefined &&
      isDeepStrictEqual(source.data.result, result);
    if (!isSame) this.say(event, 'it was given another result than was remembered');
  }

  private compare(event: RecordedEvent, graph: JudgedGraph): void {
    const { state, reference, outcomes } = graph;
    for (const anomaly of state.anomalies.splice(0)) this.say(event, `an anomaly: ${anomaly.problem}`);
    if ((state.existsFrom !== null) !== reference.exists)
      this.say(event, 'the graph exists for one, and not for the other');
    if (!reference.exists) return;
    if (!isDeepStrictEqual([...state.jobs.keys()], [...reference.jobs.keys()]))
      return this.say(event, `the graph has other jobs than ${[...reference.jobs.keys()].join()}`);
    const counts: Record<string, number> = { unstarted: 0, started: 0, finished: 0, failed: 0, aborted: 0, skipped: 0 };
    for (const job of reference.jobs.values()) {
      const node = state.jobs.get(job.id)!;
      const status = reference.status(job);
      counts[status] = (counts[status] ?? 0) + 1;
      const isBlocked = status === 'unstarted' && !reference.isAlive(job);
      if (node.status !== status) this.say(event, `${job.id} is ${node.status}, and should be ${status}`);
      if (node.isReady !== reference.isReady(job))
        this.say(event, `${job.id} is ${node.isReady ? '' : 'not '}ready, and should be otherwise`);
      if ((node.derivedStatus(0) === 'awaiting') !== reference.isAwaiting(job))
        this.say(event, `${job.id} is ${node.derivedStatus(0)}: whether it awaits an answer is wrong`);
      const times = reference.isAborted ? null : reference.timesOf(job);
      const endsAt = times === null || times.endsAt === Infinity ? null : times.endsAt;
      if ((node.expiresBy?.at ?? null) !== endsAt)
        this.say(event, `the time of ${job.id} runs out at ${node.expiresBy?.at}, and should at ${endsAt}`);
      if ((node.derivedStatus(0) === 'blocked') !== isBlocked)
        this.say(event, `${job.id} is ${node.derivedStatus(0)}, which is wrong`);
    }
    if (state.status !== reference.outcome)
      this.say(event, `the graph is ${state.status}, and should be ${reference.outcome}`);
    if (state.isSettled !== reference.isSettled)
      this.say(event, `the graph is ${state.isSettled ? '' : 'not '}settled, and should be otherwise`);
    if (!isDeepStrictEqual(state.countByStatus(), counts)) this.say(event, 'its counts are wrong');
    if (reference.isSettled) {
      outcomes.add(reference.outcome);
      graph.overAt = event.position;
    }
    if (reference.isSettled) this.open.delete(state.id);
    else this.open.add(state.id);
  }
}

/** What a handler is told of a parent. */
function endingOf(job: ReferenceJob): string {
  const fate = job.fate();
  return fate === 'ready' || fate === 'waiting' || fate === 'running' ? job.phase : fate;
}

/** What a live projection knows, as plain data. */
function pictureOf(projection: LiveProjection, partitions: ReadonlySet<number>): unknown {
  const isFollowed = (graph: { readonly id: string }) => partitions.has(partitionOf(graph.id));
  const names = (nodes: Iterable<{ readonly graph: { readonly id: string }; readonly id: string }>) =>
    Array.from(nodes)
      .filter(({ graph }) => isFollowed(graph))
      .map(({ graph, id }) => `${graph.id}/${id}`)
      .sort();
  const ofWorkers = new Set([...projection.started.values()]);
  const followsAll = partitions.size === partitionCount;
  return {
    graphs: [...projection.graphs.values()]
      .filter(isFollowed)
      .map((graph) => [
        graph.id,
        graph.revision,
        ...[...graph.jobs.values()].map(({ id, status, state, record }) => [
          id,
          status,
          state.revision,
          Object.values({ ...record.above, readyCause: null }),
        ]),
      ])
      .sort(),
    ready: [...projection.ready]
      .map(([type, nodes]) => [type, ...names(nodes)])
      .filter(([, ...jobs]) => jobs.length > 0)
      .sort(),
    started: names(projection.started.keys()),
    running: followsAll ? [...ofWorkers].sort().map((id) => [id, projection.runningBy(id)]) : null,
    paused: [projection.work.pause !== null, ...[...projection.work.types.keys()].sort()],
  };
}
