import type { RecordedEvent } from './events.js';
import { isOfNamespace } from './namespace-stream.js';
import { givesPriority } from './priorities.js';

/** Into how many partitions the graphs of a log fall. */
export const partitionCount = 16;

export const allPartitions: readonly number[] = Array.from({ length: partitionCount }, (_, partition) => partition);

/**
 * The partition of a graph, from 0: what the last character of its id is worth as a hexadecimal digit, so that random ids fall
 * evenly. For any other character it is some number. (A rule that a query can follow as well, without reading the event.)
 */
export function partitionOf(graphId: string): number {
  const last = graphId.length - 1;
  const isPair = graphId.charCodeAt(last) >= 0xdc00 && graphId.charCodeAt(last) <= 0xdfff;
  const code = graphId.codePointAt(isPair ? last - 1 : last) ?? 0;
  return (code + 9 * (code >> 6)) % partitionCount;
}

/** A part of a log: the graphs that fall into some partitions, and some others. */
export interface Share {
  readonly partitions: ReadonlySet<number>;
  readonly graphIds: ReadonlySet<string>;
}

/** Whether a graph is one of a share's. */
export function isInShare(graphId: string, { partitions, graphIds }: Share): boolean {
  return partitions.has(partitionOf(graphId)) || graphIds.has(graphId);
}

/**
 * Whether whoever follows a share is told an event: it is about one of the share's graphs, or concerns all of them. That is what
 * belongs to the namespace itself, and what brings jobs with priorities, wherever it falls.
 */
export function isForShare(event: RecordedEvent, share: Share): boolean {
  if (isOfNamespace(event) || isInShare(event.graphId, share)) return true;
  return givesPriority(event);
}
