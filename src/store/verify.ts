import { availableParallelism } from 'node:os';
import { joinTrees, type LogTree, noTree, type TreeHead } from '../domain/log-tree.js';
import { tileLeaves } from '../domain/merkle-tree.js';
import { LogAudit, type Problem } from '../history/verify.js';
import { comparePositions, type EventLog, LogError } from '../log/event-log.js';
import { E, type TE } from '../prelude/fp.js';
import { headOf, loadCheckpoint, searchable } from './audit-tree.js';
import { orThrow } from './outcome.js';
import type { Store } from './store.js';
import { type Piece, type PieceFinding, ProblemList, verifyPiece, type VerifyProgress } from './verify-piece.js';
import { PieceThread } from './verify-thread.js';

export type { VerifyProgress } from './verify-piece.js';

/** Reading a log in more places at once than this gains little. */
const piecesMax = 8;
/** With fewer tiles than this in a piece, starting a thread for it takes longer than it saves. */
const pieceTilesMin = 8;

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
 *
 * Where the engine can be read in several places at once, threads verify a piece of the log each.
 */
export async function verify(store: Store, options: VerifyOptions = {}): Promise<Verification> {
  return await verifyInPieces(store.log, pieceSize, options);
}

/** @internal @param sizeOf how many events to verify in one piece, where there are so many: a multiple of {@link tileLeaves} */
export async function verifyInPieces(
  log: EventLog,
  sizeOf: (events: number) => number,
  { onProgress }: VerifyOptions = {},
): Promise<Verification> {
  const problems = new ProblemList();
  const progress = new SharedProgress(onProgress);
  const cut = await piecesOf(log, sizeOf)();
  const pieces = E.isRight(cut) ? cut.right : [];
  const threads = pieces.slice(1).map((piece) => new PieceThread(log, piece, progress.of(piece)));
  let treeHead: TreeHead | null = null;
  try {
    const damage = await orThrow(log.check());
    problems.add(damage.map((problem) => unplaced(`the storage is damaged: ${problem}`)));
    try {
      if (E.isLeft(cut)) throw cut.left;
      let tree = noTree;
      for (const [index, piece] of pieces.entries()) {
        const theirs = behind(tree, (await threads[index - 1]?.finding) ?? null);
        const finding = theirs ?? (await verifyPiece(log, piece, tree, progress.of(piece)));
        progress.of(piece)(finding.progress);
        problems.add(finding.problems, finding.progress.problems);
        if (finding.failure !== null) throw finding.failure;
        tree = finding.tree;
      }
      treeHead = headOf(log, tree);
      problems.addFirst(await checkpointProblems(log, tree));
    } catch (error) {
      // Where the storage is damaged, reading may end: that is part of the finding.
      if (damage.length === 0 || !(error instanceof LogError)) throw error;
      problems.add([unplaced(`the log cannot be read any further: ${error.message}`)]);
    }
  } finally {
    await Promise.all(threads.map((thread) => thread.end()));
  }
  const { events, graphs, jobs } = progress.total;
  return { events, graphs, jobs, problems: problems.kept, problemCount: problems.count, treeHead };
}

/** The log in pieces: one for this thread, and if there is enough in it, more for others. */
function piecesOf(log: EventLog, sizeOf: (events: number) => number): TE.TaskEither<LogError, readonly Piece[]> {
  return async () => {
    const last = await log.readAll({ direction: 'backwards', limit: 1 })();
    if (E.isLeft(last)) return last;
    const upTo = last.right[0]?.position;
    if (upTo === undefined) return E.right([]);
    const cuts = await log.cuts?.(upTo, sizeOf)();
    const ends = [...(cuts !== undefined && E.isRight(cuts) ? cuts.right : []), upTo];
    return E.right(ends.map((end, index) => ({ after: ends[index - 1] ?? null, upTo: end })));
  };
}

/** In whole tiles, so that the trees of the pieces can be joined. */
function pieceSize(events: number): number {
  const most = Math.min(availableParallelism(), piecesMax);
  return tileLeaves * Math.max(pieceTilesMin, Math.ceil(events / most / tileLeaves));
}

/** What a thread found, as if it had known what is in front of its piece; null if that does not end with a tile. */
function behind(before: LogTree, finding: PieceFinding | null): PieceFinding | null {
  const tree = finding === null ? null : joinTrees(before, finding.tree);
  if (finding === null || tree === null) return null;
  const { first, problems, progress } = finding;
  const seam = first === null ? [] : new LogAudit(comparePositions, before).check(first);
  const count = progress.problems + seam.length;
  return { ...finding, tree, problems: [...seam, ...problems], progress: { ...progress, problems: count } };
}

/** How far all pieces together have come. */
class SharedProgress {
  private readonly pieces = new Map<Piece, VerifyProgress>();

  constructor(private readonly onProgress: VerifyOptions['onProgress']) {}

  /** Whom the progress of a piece is to be told to. */
  of(piece: Piece): (progress: VerifyProgress) => void {
    return (progress) => {
      this.pieces.set(piece, progress);
      this.onProgress?.(this.total);
    };
  }

  get total(): VerifyProgress {
    const total = { events: 0, graphs: 0, jobs: 0, problems: 0 };
    for (const { events, graphs, jobs, problems } of this.pieces.values()) {
      total.events += events;
      total.graphs += graphs;
      total.jobs += jobs;
      total.problems += problems;
    }
    return total;
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
