import type { Verification } from './verification.js';
import { joinTrees, type LogTree, noTree, type TreeHead } from '../../evidence/log-tree.js';
import { LogCheck, type Problem } from './invariants.js';
import { type EventLog, LogError } from '../../log/event-log.js';
import { comparePositions } from '../../domain/positions.js';
import { headOf, loadCheckpoint, searchable } from '../audit/audit-tree.js';
import { GraphChecks } from './graph-checks.js';
import { orThrow } from '../../store/or-throw.js';
import type { Store } from '../../store/store.js';
import { type Piece, type PieceFinding, verifyPiece } from './piece.js';
import { planOf, type VerifyPlan } from './plan.js';
import { Tally, type VerifyProgress } from './tally.js';
import { PieceThread } from './thread.js';
import { assertOptions } from '../../prelude/known-names.js';
import { whenAborted } from '../../prelude/when-aborted.js';

export type { VerifyProgress } from './tally.js';

export interface VerifyOptions {
  /** Called after every batch of events. */
  readonly onProgress?: (progress: VerifyProgress) => void;
  /** Ends it after the batch that is being read: it then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Reads the whole log and checks every invariant: see {@link LogCheck} and {@link GraphCheck}, and the log's own
 * check of its storage. Hashes every event, and compares the tree with the audit's checkpoint. Changes nothing. Memory is bounded by the graphs that have not ended.
 *
 * Where the engine allows parallel reads, each thread takes a piece of the log: see {@link planOf}.
 */
export async function verify({ log }: Store, options: VerifyOptions = {}): Promise<Verification> {
  assertOptions<VerifyOptions>('verify', options, { onProgress: true, signal: true });
  return await verifyAsPlanned(log, await planOrError(log), options);
}

async function planOrError(log: EventLog): Promise<VerifyPlan | LogError> {
  try {
    return await planOf(log);
  } catch (error) {
    if (error instanceof LogError) return error;
    throw error;
  }
}

/** @internal @param plan or why there is none */
export async function verifyAsPlanned(
  log: EventLog,
  plan: VerifyPlan | LogError,
  { onProgress, signal }: VerifyOptions = {},
): Promise<Verification> {
  const whole = new Tally();
  const soFar = new SharedProgress(onProgress);
  const { pieces, isAuditShared } = plan instanceof LogError ? { pieces: [], isAuditShared: true } : plan;
  const threads = pieces.map((piece, index) => {
    if (isAuditShared && index === 0) return null;
    return new PieceThread(log, piece, { isAudited: isAuditShared, onProgress: soFar.of(piece) });
  });
  // One that is waited for would go on to its end.
  const unlisten = whenAborted(signal, () => threads.forEach((thread) => void thread?.end()));
  let treeHead: TreeHead | null = null;
  let stillReadable: string | null = null;
  try {
    const damage = await orThrow(log.check());
    if (damage.length > 0 && log.readable !== undefined) stillReadable = await orThrow(log.readable());
    whole.found(damage.map((problem) => unplaced(`the storage is damaged: ${problem}`)));
    try {
      if (plan instanceof LogError) throw plan;
      const verifier = new Verifier(log, isAuditShared, signal);
      for (const [index, piece] of pieces.entries()) {
        const { progress, problems, failure } = await verifier.verify(piece, threads[index] ?? null, soFar.of(piece));
        whole.add(progress, problems);
        if (failure !== null) throw failure;
      }
      treeHead = headOf(log, verifier.tree);
      whole.foundFirst(await checkpointProblems(log, verifier.tree));
    } catch (error) {
      // Damaged storage may be unreadable from some point on: that is part of the finding.
      if (damage.length === 0 || !(error instanceof LogError)) throw error;
      whole.found([unplaced(`the log cannot be read any further: ${error.message}`)]);
    }
  } finally {
    unlisten();
    for (const thread of threads) await thread?.end();
  }
  const { events, graphs, jobs, problems: problemCount } = whole.progress;
  return { events, graphs, jobs, problems: whole.problems, problemCount, stillReadable, treeHead };
}

/** Verifies a log piece by piece, in order, using what threads have found. */
class Verifier {
  /** Over the pieces verified so far. */
  tree = noTree;
  private checks: GraphChecks;

  constructor(
    private readonly log: EventLog,
    private readonly isAuditShared: boolean,
    private readonly signal: AbortSignal | undefined,
  ) {
    this.checks = new GraphChecks(log);
  }

  /** @param thread which works on the piece, if one does */
  async verify(piece: Piece, thread: PieceThread | null, onProgress: OnProgress): Promise<PieceFinding> {
    const finding = await this.findingOf(piece, thread, onProgress);
    onProgress(finding.progress);
    this.tree = finding.tree;
    return finding;
  }

  private async findingOf(piece: Piece, thread: PieceThread | null, onProgress: OnProgress) {
    const { log, checks, tree: before, signal } = this;
    if (thread === null) return await verifyPiece(log, piece, { before, checks, onProgress, signal });
    if (!this.isAuditShared) {
      const audited = await verifyPiece(log, piece, { before, checks, isHashed: false, onProgress, signal });
      if (audited.failure !== null) return audited;
      const hashed =
        joined(before, await thread.finding) ?? (await verifyPiece(log, piece, { before, checks: null, signal }));
      return { ...audited, tree: hashed.tree, failure: hashed.failure };
    }
    const theirs = joined(before, await thread.finding);
    if (theirs === null) return await verifyPiece(log, piece, { before, checks, onProgress, signal });
    this.checks = new GraphChecks(log); // The old ones have not seen this piece.
    return theirs;
  }
}

/** What a thread found, joined to the tree before its piece; null if that does not end with a tile. */
function joined(before: LogTree, finding: PieceFinding | null): PieceFinding | null {
  const tree = finding === null ? null : joinTrees(before, finding.tree);
  if (finding === null || tree === null) return null;
  const tally = new Tally();
  if (finding.first !== null) tally.found(new LogCheck(comparePositions, before).check(finding.first));
  tally.add(finding.progress, finding.problems);
  return { ...finding, tree, progress: tally.progress, problems: tally.problems };
}

type OnProgress = (progress: VerifyProgress) => void;

/** How far all pieces together have come. */
class SharedProgress {
  private readonly pieces = new Map<Piece, VerifyProgress>();

  constructor(private readonly onProgress: VerifyOptions['onProgress']) {}

  /** Takes the progress of a piece. */
  of(piece: Piece): OnProgress {
    return (progress) => {
      if (this.onProgress === undefined) return;
      this.pieces.set(piece, progress);
      const all = new Tally();
      for (const each of this.pieces.values()) all.add(each, []);
      this.onProgress(all.progress);
    };
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
  const where = `${from === null ? 'at the start' : `after @${from}`} and up to @${to}`;
  return [unplaced(`${before}, and to something else: between then and now, history was altered ${where}`)];
}

function unplaced(problem: string): Problem {
  return { position: null, eventId: null, graphId: null, jobId: null, problem };
}
