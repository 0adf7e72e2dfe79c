import { isPlainObject } from '../prelude/json.js';
import type { Position } from '../domain/events.js';
import { allPartitions, partitionOf } from '../domain/share.js';
import type { EventLog, GraphsAfter } from '../log/event-log.js';
import { comparePositions } from '../domain/positions.js';
import { E } from '../prelude/fp.js';
import { loadJson, saveJson } from './json-snapshot.js';
import { orThrow } from './or-throw.js';

/** Not `live-1`: in snapshots of release 0.1.0, graphs are missing that it could not read. */
const snapshotName = 'live-2';
const readBatch = 5000;

/** Which graphs had not ended at a position. Their state is read from their events, so it can never be wrong. */
export interface OpenGraphs {
  readonly position: Position;
  readonly graphIds: readonly string[];
  /** Whether some of them may have a priority of their own. */
  readonly mayHavePriorities: boolean;
}

/**
 * What is known of graphs that are not followed: for each partition which of them had not ended at some position, or null. It is
 * learned from snapshots, from an engine that can tell, and from whoever has followed a partition and leaves it.
 */
export class KnownGraphs {
  private known: readonly (OpenGraphs | null)[] = allPartitions.map(() => null);

  constructor(private readonly log: EventLog) {}

  of(partition: number): OpenGraphs | null {
    return this.known[partition]!;
  }

  note(partition: number, open: OpenGraphs): void {
    this.known = this.known.map((known, each) => (each === partition ? open : known));
  }

  /**
   * Learns the latest that can be had for little of some partitions: their snapshots, and of those to be searched what an engine
   * can tell. Returns the position of the snapshots, or null if one has none.
   */
  async learn(partitions: ReadonlySet<number>, searched = partitions): Promise<Position | null> {
    const snapshots = await this.snapshots(partitions);
    this.known = this.known.map((known, partition) => later(known, snapshots.get(partition) ?? null));
    const savedAt = earliest([...snapshots.values()]);
    if (this.log.graphsAfter === undefined) return savedAt;
    const since = new Map([...searched].map((partition) => [partition, this.of(partition)?.position ?? null]));
    const found = await this.log.graphsAfter({ since })();
    // It only saves reading: whatever it fails for, the events can tell.
    if (E.isRight(found)) this.update(searched, found.right);
    return savedAt;
  }

  /** Which of some partitions may have open graphs with a priority of their own, at a position. */
  async withPriorities(partitions: ReadonlySet<number>, upTo: Position): Promise<ReadonlySet<number>> {
    if (partitions.size === 0) return partitions;
    const known = [...partitions].map((partition) => this.of(partition));
    const found = new Set([...partitions].filter((partition) => this.of(partition)?.mayHavePriorities === true));
    // What passes this filter concerns everybody.
    const filter = { share: { partitions: new Set<number>(), graphIds: new Set<string>() } };
    for (let after = earliest(known); ;) {
      const events = await orThrow(this.log.readAll({ after, filter, limit: readBatch }));
      for (const { type, graphId, position } of events) {
        const isOf = type === 'GraphSubmitted' && partitions.has(partitionOf(graphId));
        if (isOf && comparePositions(position, upTo) <= 0) found.add(partitionOf(graphId));
      }
      if (events.length < readBatch) return found;
      after = events.at(-1)!.position;
    }
  }

  private update(partitions: ReadonlySet<number>, { graphs, upTo }: GraphsAfter): void {
    if (upTo === null) return;
    for (const partition of partitions) {
      const known = this.of(partition);
      const touched = graphs.filter(({ graphId }) => partitionOf(graphId) === partition);
      const open = new Set(known?.graphIds);
      for (const { graphId, mayBeOpen } of touched) {
        if (mayBeOpen) open.add(graphId);
        else open.delete(graphId);
      }
      const mayHavePriorities = known?.mayHavePriorities === true || touched.some((each) => each.hasPriority);
      this.note(partition, { position: upTo, graphIds: [...open], mayHavePriorities });
    }
  }

  /** The last snapshot of each partition: that of all, or a later one of its own, by a worker that followed only a share. */
  private async snapshots(partitions: ReadonlySet<number>): Promise<ReadonlyMap<number, OpenGraphs | null>> {
    const whole = await load(this.log, null);
    const ofWhole = (partition: number): OpenGraphs | null =>
      whole && { ...whole, graphIds: whole.graphIds.filter((graphId) => partitionOf(graphId) === partition) };
    const own = await Promise.all(
      [...partitions].map(async (partition) => {
        const isShared = this.log.claimantsAfter !== undefined;
        return [partition, later(isShared ? await load(this.log, partition) : null, ofWhole(partition))] as const;
      }),
    );
    return new Map(own);
  }
}

function later(a: OpenGraphs | null, b: OpenGraphs | null): OpenGraphs | null {
  if (a === null || b === null) return a ?? b;
  return comparePositions(a.position, b.position) > 0 ? a : b;
}

/** The position from which all is known that these do not tell; null, the start of the log, if one is missing. */
export function earliest(known: readonly (OpenGraphs | null)[]): Position | null {
  let first: Position | null = null;
  for (const open of known) {
    if (open === null) return null;
    if (first === null || comparePositions(open.position, first) < 0) first = open.position;
  }
  return first;
}

/** Saves which graphs of one partition are open, or for null of all of them. */
export async function saveOpenGraphs(log: EventLog, partition: number | null, open: OpenGraphs): Promise<void> {
  const { position, graphIds, mayHavePriorities } = open;
  const value = { partition, open: [...graphIds], priorities: mayHavePriorities };
  await orThrow(saveJson(log, nameOf(partition), position, value));
}

async function load(log: EventLog, partition: number | null): Promise<OpenGraphs | null> {
  const snapshot = await loadJson(log, nameOf(partition), (value) => read(value, partition));
  return snapshot?.value ? { position: snapshot.position, ...snapshot.value } : null;
}

/** Snapshots of release 0.1.0 say nothing of partitions and priorities. */
function read(snapshot: unknown, expected: number | null): Omit<OpenGraphs, 'position'> | null {
  if (!isPlainObject(snapshot) || !Array.isArray(snapshot['open'])) return null;
  const { open, priorities = true, partition = null } = snapshot;
  if (partition !== expected) return null;
  const graphIds = (open as unknown[]).filter((graphId) => typeof graphId === 'string');
  return { graphIds, mayHavePriorities: priorities !== false };
}

function nameOf(partition: number | null): string {
  return partition === null ? snapshotName : `${snapshotName}.${partition.toString(16)}`;
}
