import { setImmediate as nextTurn } from 'node:timers/promises';
import { recordedEvent } from '../domain/canonical-event.js';
import type { Position, RecordedEvent } from '../domain/events.js';
import { type LogTree, LogTreeBuilder } from '../domain/log-tree.js';
import { GraphAudit, LogAudit, type PlacedEvent, type Problem } from '../history/verify.js';
import { comparePositions, type EventLog, LogError } from '../log/event-log.js';
import { treeHash } from '../log/tree-hash.js';
import { E } from '../prelude/fp.js';
import { storedBatches } from './read-log.js';

/** Events are handed over to nobody, and small batches of them are forgotten before they cost. */
const readBatch = 500;
/** How many jobs of settled graphs are kept in memory, for the late facts that may still come for them. */
const settledJobsMax = 5000;
/** Problems beyond these are counted and not kept: a log that is wrong throughout must not fill the memory. */
const problemsMax = 1000;

/** A piece of a log: the events behind one position, up to another. */
export interface Piece {
  readonly after: Position | null;
  readonly upTo: Position;
}

/** How far a verification has come. */
export interface VerifyProgress {
  readonly events: number;
  readonly graphs: number;
  readonly jobs: number;
  readonly problems: number;
}

/** What there is to say of a piece of a log. */
export interface PieceFinding {
  readonly progress: VerifyProgress;
  /** The first of them, up to a thousand. */
  readonly problems: readonly Problem[];
  /** Over the events that were given to stand in front of the piece, and those of the piece. */
  readonly tree: LogTree;
  /** The first event of the piece. */
  readonly first: PlacedEvent | null;
  /** Why it could not be read to its end. */
  readonly failure: LogError | null;
}

/**
 * Checks a piece of a log: see {@link LogAudit} and {@link GraphAudit}. Of a graph that began in front of the piece, what
 * happened there is read again, and not reported.
 *
 * @param before the tree over what is in front of the piece
 * @param onProgress called after every batch of events
 */
export async function verifyPiece(
  log: EventLog,
  { after, upTo }: Piece,
  before: LogTree,
  onProgress: (progress: VerifyProgress) => void,
): Promise<PieceFinding> {
  const tree = new LogTreeBuilder(treeHash, before);
  const audits = new Audits(log, before);
  const problems = new ProblemList();
  let first: PlacedEvent | null = null;
  let events = 0;
  const progress = () => ({ events, graphs: audits.graphs, jobs: audits.jobs, problems: problems.count });
  const finding = (failure: LogError | null): PieceFinding => {
    return { progress: progress(), problems: problems.kept, tree: tree.tree(), first, failure };
  };
  try {
    for await (const batch of storedBatches(log, { after, upTo, limit: readBatch })) {
      for (const stored of batch) {
        const event = recordedEvent(stored);
        first ??= placed(event);
        if (!audits.has(event.graphId)) await audits.open(event, problems);
        audits.check(event, problems);
        tree.add(stored);
        events += 1;
      }
      onProgress(progress());
      // What other threads send arrives between two turns of the event loop.
      await nextTurn();
    }
    return finding(null);
  } catch (error) {
    if (error instanceof LogError) return finding(error);
    throw error;
  }
}

function placed({ position, recordedAt, id, graphId, jobId }: RecordedEvent): PlacedEvent {
  return { position, recordedAt, id, graphId, jobId };
}

/** Keeps the first problems, and counts all. */
export class ProblemList {
  readonly kept: Problem[] = [];
  count = 0;

  /** @param count how many there are, if not all of them are given */
  add(problems: readonly Problem[], count = problems.length): void {
    this.count += count;
    for (const problem of problems) if (this.kept.length < problemsMax) this.kept.push(problem);
  }

  /** What concerns the log as a whole is kept, and told first, however much else there is. */
  addFirst(problems: readonly Problem[]): void {
    this.count += problems.length;
    this.kept.unshift(...problems);
  }
}

/**
 * The audits of the log as a whole, of all graphs that have not settled, and of those that settled last. A settled graph
 * that was let go is read again when an event concerns it after all: an operator's retry, or a fact that came late.
 */
class Audits {
  /** How many graphs there are, and how many jobs they have. */
  graphs = 0;
  jobs = 0;
  private readonly whole: LogAudit;
  private readonly audits = new Map<string, GraphAudit>();
  /** Those that have settled, the one that did so first in front. */
  private readonly settled = new Set<GraphAudit>();
  private settledJobs = 0;

  constructor(
    private readonly log: EventLog,
    before: LogTree,
  ) {
    this.whole = new LogAudit(comparePositions, before);
  }

  /** Whether the audit of a graph is in memory. */
  has(graphId: string): boolean {
    return this.audits.has(graphId);
  }

  /** Begins the audit of an event's graph: it is new, has settled a while ago, or began in front of the piece. */
  async open(event: RecordedEvent, problems: ProblemList): Promise<void> {
    const { graphId, jobId, revision, position } = event;
    const audit = new GraphAudit(graphId);
    this.audits.set(graphId, audit);
    const isNew = jobId === null && revision === 0;
    const upToHere = isNew ? [] : await this.readOrReport(event, problems);
    const earlier = upToHere.filter((past) => comparePositions(past.position, position) < 0);
    for (const past of earlier) audit.check(past); // What is wrong with it was reported when it was met first.
    if (earlier.length === 0) this.graphs += 1;
  }

  check(event: RecordedEvent, problems: ProblemList): void {
    problems.add(this.whole.check(event));
    const audit = this.audits.get(event.graphId)!;
    const { state } = audit;
    const existed = state.existsFrom !== null;
    problems.add(audit.check(event));
    if (!existed && state.existsFrom !== null) this.jobs += state.jobs.size;
    if (this.settled.has(audit) !== state.isSettled) this.sort(audit);
  }

  private async readOrReport(event: RecordedEvent, problems: ProblemList): Promise<readonly RecordedEvent[]> {
    const read = await this.log.readGraph(event.graphId, event.position)();
    if (E.isRight(read)) return read.right;
    if (read.left.code !== 'store-history-missing') throw read.left;
    const { id: eventId, graphId, jobId, position } = event;
    problems.add([{ position, eventId, graphId, jobId, problem: read.left.message }]);
    return [];
  }

  private sort(audit: GraphAudit): void {
    const { state } = audit;
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
