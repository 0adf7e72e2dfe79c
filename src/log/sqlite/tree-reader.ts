import type { Database } from 'better-sqlite3';
import type { Position } from '../../domain/events.js';
import { type LogTree, LogTreeBuilder } from '../../domain/log-tree.js';
import { comparePositions } from '../event-log.js';
import { treeHash } from '../tree-hash.js';
import { SqliteReader } from './reader.js';

const readBatch = 500;

/** The audit's tree over a namespace's events up to a position. */
export function readTree(db: Database, namespace: string, upTo: Position | null): LogTree {
  const reader = new SqliteReader(db, namespace);
  const builder = new LogTreeBuilder(treeHash);
  for (let after: Position | null = null; upTo !== null;) {
    const events = reader.stored({ after, limit: readBatch });
    after = events.at(-1)?.position ?? null;
    const isBeyond = after !== null && comparePositions(after, upTo) > 0;
    for (const event of events) {
      if (!isBeyond || comparePositions(event.position, upTo) <= 0) builder.add(event);
    }
    if (events.length < readBatch || isBeyond) break;
  }
  return builder.tree();
}
