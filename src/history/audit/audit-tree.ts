import { leafContent } from '../../evidence/leaf-content.js';
import { type LogTree, LogTreeBuilder, readCheckpoint, type TreeHead } from '../../evidence/log-tree.js';
import { rootOf, SearchableTree, tileLeaves } from '../../evidence/merkle-tree.js';
import type { StoredEvent } from '../../evidence/canonical-event.js';
import type { EventLog } from '../../log/event-log.js';
import { comparePositions } from '../../domain/positions.js';
import { treeHash } from '../../log/tree-hash.js';
import { loadJson, saveJson } from '../../store/json-snapshot.js';
import { orThrow } from '../../store/or-throw.js';
import { storedBatches } from '../../store/read-log.js';

/** The number is the version of its format, and of the content of leaves. */
const snapshotName = 'audit-1';

export interface AuditOptions {
  /** Hash every event again, instead of trusting what was hashed before. */
  readonly recompute?: boolean;
  /** Called after every batch of events that was hashed, with how many events the tree holds. */
  readonly onProgress?: (progress: { readonly events: number }) => void;
}

/**
 * @internal The tree over a whole log. A snapshot keeps what was hashed before, so that only new events have
 * to be read.
 */
export async function treeOf(log: EventLog, { recompute = false, onProgress }: AuditOptions = {}): Promise<LogTree> {
  const from = recompute ? null : await loadCheckpoint(log);
  const builder = from === null ? new LogTreeBuilder(treeHash) : new LogTreeBuilder(treeHash, from);
  for await (const batch of storedBatches(log, { after: from?.position ?? null })) {
    for (const event of batch) builder.add(event);
    onProgress?.({ events: builder.size });
  }
  const tree = builder.tree();
  // After recomputing, the old checkpoint is kept: `verify` compares the log with it.
  if (!recompute && tree.position !== null && tree.size > (from?.size ?? 0)) {
    // The checkpoint is only a cache, so it does not matter if the log cannot be written to.
    await saveJson(log, snapshotName, tree.position, { ...tree })();
  }
  return tree;
}

/** @internal The tree of the last checkpoint; null if there is none, or it is not of this log. */
export async function loadCheckpoint(log: EventLog): Promise<LogTree | null> {
  const tree = (await loadJson(log, snapshotName, readCheckpoint))?.value ?? null;
  if (tree === null || tree.position === null) return null;
  const [last] = await orThrow(log.readAll({ direction: 'backwards', limit: 1 }));
  return last !== undefined && comparePositions(tree.position, last.position) <= 0 ? tree : null;
}

/** @internal The head of a tree. */
export function headOf(log: EventLog, tree: LogTree): TreeHead {
  const { size, position, recordedAt } = tree;
  const graphId = log.exported?.graphId ?? null;
  return { namespace: log.namespace, graphId, size, rootHash: rootOf(tree, treeHash), position, recordedAt };
}

/** @internal The events of a tile of a tree, from the log. */
export async function tileEvents(log: EventLog, tree: LogTree, tile: number): Promise<readonly StoredEvent[]> {
  const limit = Math.min(tileLeaves, tree.size - tile * tileLeaves);
  return await orThrow(log.readStored({ after: tree.tileEnds[tile - 1] ?? null, limit }));
}

/** @internal A tree of which every subtree can be asked for. */
export function searchable(log: EventLog, tree: LogTree): SearchableTree {
  return new SearchableTree(tree, treeHash, async (tile) => {
    const events = await tileEvents(log, tree, tile);
    return events.map((event) => treeHash.leaf(leafContent(event, treeHash)));
  });
}
