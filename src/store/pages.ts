import type { Page } from '../domain/listed.js';
import type { Position } from '../domain/events.js';
import type { JobNode } from '../domain/graph.js';
import { comparePositions } from '../domain/positions.js';
import { OverseerError } from '../prelude/errors.js';
import { shownName } from '../prelude/known-names.js';

export interface PageRequest {
  /** At most this many. Default 100. */
  readonly limit?: number;
  /** The `next` of the page before this one. */
  readonly after?: string;
}

/** @internal Where a page ends: at a graph, or at one of its jobs. */
export interface Cursor {
  /** From which the graph exists. */
  readonly position: Position;
  readonly graphId: string;
  /** Of the job within its graph. */
  readonly index: number;
}

/** @internal */
export function cursorOf(job: JobNode): Cursor {
  return { position: job.graph.existsFrom!, graphId: job.graph.id, index: job.index };
}

/** @internal Negative if `a` comes first, in the order in which graphs were submitted. */
export function compareCursors(a: Cursor, b: Cursor): number {
  return comparePositions(a.position, b.position) || a.index - b.index;
}

/** @internal @throws OverseerError `cursor-invalid` */
export function readCursor(text: string): Cursor {
  const [position = '', index = '', ...graphId] = Buffer.from(text, 'base64url').toString().split(' ');
  if (!/^\d{1,20}(\/\d{1,20})?$/.test(position) || !/^\d{1,15}$/.test(index) || graphId.length === 0) {
    throw new OverseerError(
      'cursor-invalid',
      `${shownName(text)} is not a cursor; give the \`next\` of an earlier page`,
    );
  }
  return { position: position as Position, index: Number(index), graphId: graphId.join(' ') };
}

/** @internal */
export function writeCursor({ position, index, graphId }: Cursor): string {
  return Buffer.from(`${position} ${index} ${graphId}`).toString('base64url');
}

/** @internal A page of what was found; one more than fits tells that there is a next. */
export function pageOf<A, B>(
  found: readonly A[],
  page: PageRequest,
  cursor: (item: A) => Cursor,
  show: (item: A) => B,
): Page<B> {
  const items = found.slice(0, limitOf(page));
  const last = items.at(-1);
  return {
    items: items.map(show),
    next: found.length > items.length && last !== undefined ? writeCursor(cursor(last)) : null,
  };
}

/** @internal @throws OverseerError `limit-invalid` */
export function limitOf({ limit = 100 }: PageRequest): number {
  if (Number.isSafeInteger(limit) && limit > 0) return limit;
  throw new OverseerError('limit-invalid', `limit is ${limit}; it must be a whole number from 1`);
}
