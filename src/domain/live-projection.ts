import type { Position, RecordedEvent } from './events.js';
import { GraphState, type GraphStateOptions, type JobNode } from './graph.js';
import { isOfNamespace } from './namespace-stream.js';
import { evolveWork, initialWork, isTypePaused, type WorkState } from './pauses.js';

/** Is told at once when a job becomes ready or stops being ready. */
export interface ReadinessListener {
  becameReady(job: JobNode): void;
  noLongerReady(job: JobNode): void;
}

/** Is told of a graph that says something of time, and of those of its jobs that may have changed. */
export type TimesListener = (graph: GraphState, jobs: Iterable<JobNode>) => void;

/**
 * The live projection: every graph that has not ended, and which of its jobs may be claimed. An event costs as much as
 * it changes (a finished job: its children), never a scan. A graph that has ended is dropped, so that the cost of work
 * does not grow with the length of the history.
 */
export class LiveProjection {
  readonly graphs = new Map<string, GraphState>();
  /** Those of them that have jobs with priorities. */
  readonly prioritised = new Set<GraphState>();
  /** Which work is paused in all graphs. A graph's own pause is part of its state. */
  work: WorkState = initialWork;
  /**
   * Ready jobs by type. A job that is backing off is among them, and so is one whose type is paused: a pause of a type, or
   * of all work, costs nothing per job, and whoever takes jobs asks {@link mayStart}.
   */
  readonly ready = new Map<string, Set<JobNode>>();
  /** Started jobs, and by whom. */
  readonly started = new Map<JobNode, string>();
  private readonly runningOf = new Map<string, number>();
  /** The position in the log up to which events are applied. */
  position: Position | null = null;
  /**
   * Graphs that were dropped and are reopened by an operator. The feed must read their events up to `position` and pass
   * them to {@link restore} before it applies the next event.
   */
  readonly reopened = new Set<string>();
  /** Told of graphs with time limits, if anybody watches them. */
  onTimes: TimesListener | null = null;

  constructor(
    private readonly listener: ReadinessListener | null = null,
    private readonly options: GraphStateOptions = {},
  ) {}

  apply(event: RecordedEvent): void {
    this.position = event.position;
    this.fold(event);
  }

  /** Applies an event that lies at or before the position: one of a graph that was not followed until now. */
  fold(event: RecordedEvent): void {
    if (isOfNamespace(event)) {
      if (event.jobId === null) this.work = evolveWork(this.work, event);
      return;
    }
    const graph = this.graphs.get(event.graphId);
    if (graph !== undefined) {
      this.refresh(graph, graph.apply(event));
    } else if (event.type === 'Unreadable' || (event.type === 'GraphSubmitted' && event.data.part === 1)) {
      // What cannot be read may be a submission, or may reopen a graph that was dropped: it counts as open, so that no
      // snapshot of this release hides it from a newer one.
      const opened = new GraphState(event.graphId, this.options);
      this.graphs.set(event.graphId, opened);
      this.refresh(opened, opened.apply(event));
    } else if (event.type === 'JobReset' || event.type === 'GraphReset') {
      this.reopened.add(event.graphId);
    }
  }

  /** Replaces what is known of a graph by its whole history so far, given in log order. */
  restore(graphId: string, events: Iterable<RecordedEvent>): void {
    this.reopened.delete(graphId);
    const known = this.graphs.get(graphId);
    if (known !== undefined) this.forget(known);
    const graph = new GraphState(graphId, this.options);
    for (const event of events) graph.apply(event);
    this.graphs.set(graphId, graph);
    this.refresh(graph, graph.jobs.values());
  }

  /** Leaves a graph to others: none of its jobs is ready here any more. It is folded on until it is forgotten. */
  leave(graph: GraphState): void {
    graph.isLeft = true;
    for (const job of graph.jobs.values()) this.setReady(job, false);
  }

  /** Drops a graph, whose events are not followed any more. */
  forget(graph: GraphState): void {
    graph.isLeft = true;
    this.drop(graph);
  }

  /** Replaces what is known of the namespace's own stream by all its events so far. */
  restoreWork(events: Iterable<RecordedEvent>): void {
    this.work = initialWork;
    for (const event of events) this.work = evolveWork(this.work, event);
  }

  /** Whether ready jobs of a type may be started: neither it nor all work is paused. */
  mayStart(type: string): boolean {
    return !isTypePaused(this.work, type);
  }

  /** Those graphs that exist: not the ones of whose submission a part is still missing. */
  existing(): GraphState[] {
    return [...this.graphs.values()].filter(({ existsFrom }) => existsFrom !== null);
  }

  job(graphId: string, jobId: string): JobNode | undefined {
    return this.graphs.get(graphId)?.jobs.get(jobId);
  }

  /** How many jobs a worker runs. */
  runningBy(workerId: string): number {
    return this.runningOf.get(workerId) ?? 0;
  }

  private refresh(graph: GraphState, changed: Iterable<JobNode>): void {
    // They may be gone through once only.
    const jobs = graph.isTimed ? [...changed] : changed;
    for (const job of jobs) this.reindex(job);
    if (graph.isTimed) this.onTimes?.(graph, jobs);
    if (graph.isSettled) this.drop(graph);
    else if (graph.hasPriorities) this.prioritised.add(graph);
  }

  private drop(graph: GraphState): void {
    this.graphs.delete(graph.id);
    this.prioritised.delete(graph);
    for (const job of graph.jobs.values()) {
      this.setReady(job, false);
      this.setStarted(job, null);
    }
    if (graph.isTimed) this.onTimes?.(graph, graph.jobs.values());
  }

  private reindex(job: JobNode): void {
    this.setReady(job, job.isReady);
    // A graph that this release cannot read cannot be judged, so nobody watches its jobs.
    const isRunning = job.status === 'started' && job.graph.unreadable === null;
    this.setStarted(job, isRunning ? job.state.worker!.id : null);
  }

  private setStarted(job: JobNode, workerId: string | null): void {
    const known = this.started.get(job);
    if (known !== undefined) this.runningOf.set(known, this.runningBy(known) - 1);
    if (workerId === null) this.started.delete(job);
    else {
      this.started.set(job, workerId);
      this.runningOf.set(workerId, this.runningBy(workerId) + 1);
    }
    if (known !== undefined && this.runningOf.get(known) === 0) this.runningOf.delete(known);
  }

  private setReady(job: JobNode, isReady: boolean): void {
    const { type } = job.definition;
    const ofType = this.ready.get(type);
    const wasReady = ofType?.has(job) ?? false;
    if (isReady === wasReady) return;
    if (isReady) {
      if (ofType === undefined) this.ready.set(type, new Set([job]));
      else ofType.add(job);
      this.listener?.becameReady(job);
    } else {
      ofType!.delete(job);
      if (ofType!.size === 0) this.ready.delete(type);
      this.listener?.noLongerReady(job);
    }
  }
}
