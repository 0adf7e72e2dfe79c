import { setImmediate as nextTurn } from 'node:timers/promises';
import { recordedEvent } from '../../evidence/canonical-event.js';
import type { Position, RecordedEvent } from '../../domain/events.js';
import { isOfNamespace } from '../../domain/namespace-stream.js';
import { type LogTree, LogTreeBuilder, noTree } from '../../evidence/log-tree.js';
import { LogCheck, type PlacedEvent, type Problem } from './invariants.js';
import { type EventLog, LogError } from '../../log/event-log.js';
import { comparePositions } from '../../domain/positions.js';
import { treeHash } from '../../log/tree-hash.js';
import { GraphChecks } from './graph-checks.js';
import { checkOfNamespace } from './namespace-checks.js';
import { storedBatches } from '../../store/read-log.js';
import { Tally, type VerifyProgress } from './tally.js';

/** Events are dropped at once, so a small batch is gone before the garbage collector has to move it. */
const readBatch = 500;

/** A piece of a log: the events after one position, up to another. */
export interface Piece {
  readonly after: Position | null;
  readonly upTo: Position;
}

/** What to do with a piece, and what is known of the log before it. */
export interface PieceOptions {
  /** The tree over the log before the piece. */
  readonly before?: LogTree;
  /** Whether to hash its events. Default true. */
  readonly isHashed?: boolean;
  /** The checks of graphs, to go on with; null to check nothing. */
  readonly checks?: GraphChecks | null;
  /** Called after every batch of events that was checked. */
  readonly onProgress?: (progress: VerifyProgress) => void;
  /** Ends it between two batches: it then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** The findings in a piece of a log. What was not checked was not counted either. */
export interface PieceFinding {
  readonly progress: VerifyProgress;
  /** The first of them, up to a thousand. */
  readonly problems: readonly Problem[];
  /** The first event that was checked. */
  readonly first: PlacedEvent | null;
  /** The tree over the log before the piece, and the events of the piece that were hashed. */
  readonly tree: LogTree;
  /** Why it could not be read to its end. */
  readonly failure: LogError | null;
}

/** Hashes the events of a piece of a log, and checks them: see {@link LogCheck} and {@link GraphChecks}. */
export async function verifyPiece(
  log: EventLog,
  { after, upTo }: Piece,
  { before = noTree, isHashed = true, checks = new GraphChecks(log), onProgress, signal }: PieceOptions = {},
): Promise<PieceFinding> {
  const tree = new LogTreeBuilder(treeHash, before);
  const inOrder = new LogCheck(comparePositions, before);
  const tally = new Tally();
  let first: PlacedEvent | null = null;
  const finding = (failure: LogError | null): PieceFinding => {
    const { progress, problems } = tally;
    return { progress, problems, first, tree: tree.tree(), failure };
  };
  try {
    for await (const batch of storedBatches(log, { after, upTo, limit: readBatch })) {
      signal?.throwIfAborted();
      for (const stored of batch) {
        if (isHashed) tree.add(stored);
        if (checks === null) continue;
        const event = recordedEvent(stored);
        first ??= placed(event);
        tally.events += 1;
        tally.found(inOrder.check(event));
        if (isOfNamespace(event) && event.jobId !== null) {
          tally.found(await checkOfNamespace(log, event, stored, checks));
          continue;
        }
        if (!checks.has(event)) await checks.open(event, tally);
        checks.check(event, tally);
      }
      if (checks !== null) onProgress?.(tally.progress);
      // Messages of other threads arrive between two turns of the event loop.
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
