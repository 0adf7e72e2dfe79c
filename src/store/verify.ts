import type { RecordedEvent } from '../domain/events.js';
import { GraphAudit, LogAudit, type Problem } from '../history/verify.js';
import { comparePositions, type EventLog } from '../log/event-log.js';
import { orThrow } from './outcome.js';
import type { Store } from './store.js';

const readBatch = 2000;
/** How many jobs of settled graphs are kept in memory, for the late facts that may still come for them. */
const settledJobsMax = 20_000;
/** Problems beyond these are counted and not kept: a log that is wrong throughout must not fill the memory. */
const problemsMax = 1000;

/** How far a verification has come. */
export interface VerifyProgress {
  readonly events: number;
  readonly graphs: number;
  readonly jobs: number;
  readonly problems: number;
}

/** What a verification found. */
export interface Verification {
  readonly events: number;
  readonly graphs: number;
  readonly jobs: number;
  /** The first of them, up to a thousand. */
  readonly problems: readonly Problem[];
  /** How many there are in all. */
  readonly problemCount: number;
}

export interface VerifyOptions {
  /** Called after every batch of events. */
  readonly onProgress?: (progress: VerifyProgress) => void;
}

/**
 * Reads the whole log and checks every invariant: see {@link LogAudit} and {@link GraphAudit}, and what the log's own
 * storage says of itself. Changes nothing. Memory is bounded by the graphs that have not ended.
 */
export async function verify(store: Store, { onProgress }: VerifyOptions = {}): Promise<Verification> {
  const problems = new ProblemList();
  const log = new LogAudit(comparePositions);
  const graphs = new GraphAudits(store.log);
  let events = 0;
  for (let after: RecordedEvent['position'] | null = null; ;) {
    const batch: readonly RecordedEvent[] = await orThrow(store.log.readAll({ after, limit: readBatch }));
    for (const event of batch) {
      problems.add(log.check(event));
      const audit = graphs.of(event) ?? (await graphs.open(event));
      problems.add(graphs.check(audit, event));
    }
    events += batch.length;
    onProgress?.({ events, graphs: graphs.count, jobs: graphs.jobCount, problems: problems.count });
    if (batch.length < readBatch) break;
    after = batch.at(-1)!.position;
  }
  for (const problem of await orThrow(store.log.check())) {
    problems.add([
      { position: null, eventId: null, graphId: null, jobId: null, problem: `the storage is damaged: ${problem}` },
    ]);
  }
  return { events, graphs: graphs.count, jobs: graphs.jobCount, problems: problems.kept, problemCount: problems.count };
}

class ProblemList {
  readonly kept: Problem[] = [];
  count = 0;

  add(problems: readonly Problem[]): void {
    for (const problem of problems) {
      this.count += 1;
      if (this.kept.length < problemsMax) this.kept.push(problem);
    }
  }
}

/**
 * The audits of all graphs that have not settled, and of those that settled last. A settled graph that was let go is
 * read again when an event concerns it after all: an operator's retry, or a fact that came late.
 */
class GraphAudits {
  count = 0;
  jobCount = 0;
  private readonly audits = new Map<string, GraphAudit>();
  /** Those that have settled, the one that did so first in front. */
  private readonly settled = new Set<GraphAudit>();
  private settledJobs = 0;

  constructor(private readonly log: EventLog) {}

  of(event: RecordedEvent): GraphAudit | undefined {
    return this.audits.get(event.graphId);
  }

  /** The audit of a graph that is not in memory: it is new, or has settled a while ago. */
  async open(event: RecordedEvent): Promise<GraphAudit> {
    const { graphId, position } = event;
    const audit = new GraphAudit(graphId);
    this.audits.set(graphId, audit);
    const isNew = event.jobId === null && event.revision === 0;
    const earlier = isNew ? [] : await orThrow(this.log.readGraph(graphId, position));
    let isKnown = false;
    for (const past of earlier) {
      if (comparePositions(past.position, position) >= 0) break;
      audit.check(past); // What is wrong with it was reported when it was met first.
      isKnown = true;
    }
    if (!isKnown) this.count += 1;
    return audit;
  }

  check(audit: GraphAudit, event: RecordedEvent): readonly Problem[] {
    const { state } = audit;
    const existed = state.existsFrom !== null;
    const problems = audit.check(event);
    if (!existed && state.existsFrom !== null) this.jobCount += state.jobs.size;
    this.sort(audit);
    return problems;
  }

  private sort(audit: GraphAudit): void {
    const { state } = audit;
    if (this.settled.has(audit) === state.isSettled) return;
    if (!state.isSettled) {
      this.settled.delete(audit);
      this.settledJobs -= state.jobs.size;
      return;
    }
    this.settled.add(audit);
    this.settledJobs += state.jobs.size;
    for (const oldest of this.settled) {
      if (this.settledJobs <= settledJobsMax || oldest === audit) break;
      this.settled.delete(oldest);
      this.settledJobs -= oldest.state.jobs.size;
      this.audits.delete(oldest.state.id);
    }
  }
}
