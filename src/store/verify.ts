import type { Position, RecordedEvent } from '../domain/events.js';
import { GraphAudit, LogAudit, type Problem } from '../history/verify.js';
import { type LogTree, LogTreeBuilder, type TreeHead } from '../domain/log-tree.js';
import { comparePositions, type EventLog, LogError } from '../log/event-log.js';
import { treeHash } from '../log/tree-hash.js';
import { E, type Either } from '../prelude/fp.js';
import { headOf, loadCheckpoint, searchable } from './audit-tree.js';
import { orThrow } from './outcome.js';
import { eventBatches, storedBatches } from './read-log.js';
import type { Store } from './store.js';

const readBatch = 500;
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
  /** The tree head over these events, all of them hashed again; null where they could not all be read. */
  readonly treeHead: TreeHead | null;
}

export interface VerifyOptions {
  /** Called after every batch of events. */
  readonly onProgress?: (progress: VerifyProgress) => void;
}

/**
 * Reads the whole log and checks every invariant: see {@link LogAudit} and {@link GraphAudit}, and what the log's own
 * storage says of itself. Hashes every event, and holds what comes of it against what the audit's checkpoint says was
 * hashed before. Changes nothing. Memory is bounded by the graphs that have not ended.
 */
export async function verify(store: Store, { onProgress }: VerifyOptions = {}): Promise<Verification> {
  const { log } = store;
  const problems = new ProblemList();
  const last = await log.readAll({ direction: 'backwards', limit: 1 })();
  const upTo = E.isRight(last) ? (last.right[0]?.position ?? null) : null;
  // An engine may do that beside this thread, so it begins first.
  const hashing = hashAll(log, upTo);
  const damage = await orThrow(log.check());
  problems.add(damage.map((problem) => unplaced(`the storage is damaged: ${problem}`)));
  const audits = new GraphAudits(log);
  let events = 0;
  let treeHead: TreeHead | null = null;
  try {
    if (E.isLeft(last)) throw last.left;
    const batches = upTo === null ? [] : eventBatches(log, { upTo, limit: readBatch });
    for await (const batch of batches) {
      await audits.take(batch, problems);
      events += batch.length;
      onProgress?.({ events, graphs: audits.graphs, jobs: audits.jobs, problems: problems.count });
    }
    const tree = await orThrow(() => hashing);
    treeHead = headOf(log, tree);
    problems.addFirst(await checkpointProblems(log, tree));
  } catch (error) {
    // Where the storage is damaged, reading may end: that is part of the finding.
    if (damage.length === 0 || !(error instanceof LogError)) throw error;
    problems.add([unplaced(`the log cannot be read any further: ${error.message}`)]);
  }
  const { graphs, jobs } = audits;
  return { events, graphs, jobs, problems: problems.kept, problemCount: problems.count, treeHead };
}

/** The tree over all events up to a position. Never rejects, so that it may be waited for later. */
async function hashAll(log: EventLog, upTo: Position | null): Promise<Either<Error, LogTree>> {
  if (log.treeUpTo !== undefined) return await log.treeUpTo(upTo)();
  const builder = new LogTreeBuilder(treeHash);
  try {
    if (upTo !== null) {
      for await (const batch of storedBatches(log, { upTo })) for (const event of batch) builder.add(event);
    }
    return E.right(builder.tree());
  } catch (error) {
    return E.left(error as Error);
  }
}

/** Where the log is not what the audit's checkpoint says it was. */
async function checkpointProblems(log: EventLog, tree: LogTree): Promise<readonly Problem[]> {
  const checkpoint = await loadCheckpoint(log);
  if (checkpoint === null) return [];
  const { size, rootHash } = headOf(log, checkpoint);
  const before = `the audit has hashed the first ${size} events before, up to @${checkpoint.position}`;
  if (size > tree.size) return [unplaced(`${before}; there are ${tree.size} of them now: events were taken away`)];
  const root = size === 0 ? rootHash : await searchable(log, tree).root([0, size]);
  if (root === rootHash) return [];
  const tile = checkpoint.tiles.findIndex((hash, index) => hash !== tree.tiles[index]);
  const from = (tile < 0 ? checkpoint.tileEnds.at(-1) : checkpoint.tileEnds[tile - 1]) ?? null;
  const to = tile < 0 ? checkpoint.position : checkpoint.tileEnds[tile];
  const where = `${from === null ? 'at the start' : `behind @${from}`} and up to @${to}`;
  return [unplaced(`${before}, and to something else: between then and now, history was altered ${where}`)];
}

function unplaced(problem: string): Problem {
  return { position: null, eventId: null, graphId: null, jobId: null, problem };
}

class ProblemList {
  readonly kept: Problem[] = [];
  count = 0;

  /** What concerns the log as a whole is kept, and told first, however much else there is. */
  addFirst(problems: readonly Problem[]): void {
    this.count += problems.length;
    this.kept.unshift(...problems);
  }

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
  /** How many there are, and how many jobs they have. */
  graphs = 0;
  jobs = 0;
  private readonly whole = new LogAudit(comparePositions);
  private readonly audits = new Map<string, GraphAudit>();
  /** Those that have settled, the one that did so first in front. */
  private readonly settled = new Set<GraphAudit>();
  private settledJobs = 0;

  constructor(private readonly log: EventLog) {}

  async take(events: readonly RecordedEvent[], problems: ProblemList): Promise<void> {
    for (const event of events) {
      problems.add(this.whole.check(event));
      const audit = this.audits.get(event.graphId) ?? (await this.open(event, problems));
      const { state } = audit;
      const existed = state.existsFrom !== null;
      problems.add(audit.check(event));
      if (!existed && state.existsFrom !== null) this.jobs += state.jobs.size;
      if (this.settled.has(audit) !== state.isSettled) this.sort(audit);
    }
  }

  /** The audit of a graph that is not in memory: it is new, or has settled a while ago. */
  private async open(event: RecordedEvent, problems: ProblemList): Promise<GraphAudit> {
    const { graphId, jobId, revision, position } = event;
    const audit = new GraphAudit(graphId);
    this.audits.set(graphId, audit);
    const isNew = jobId === null && revision === 0;
    const upToHere = isNew ? [] : await this.readOrReport(event, problems);
    const earlier = upToHere.filter((past) => comparePositions(past.position, position) < 0);
    for (const past of earlier) audit.check(past); // What is wrong with it was reported when it was met first.
    if (earlier.length === 0) this.graphs += 1;
    return audit;
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
