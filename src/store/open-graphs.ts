import { isPlainObject } from '../prelude/json.js';
import type { Position } from '../domain/events.js';
import { allPartitions, partitionOf } from '../domain/share.js';
import { comparePositions, type EventLog } from '../log/event-log.js';
import { loadJson, saveJson } from './json-snapshot.js';
import { orThrow } from './or-throw.js';

/** Not `live-1`: in snapshots of release 0.1.0, graphs are missing that it could not read. */
const snapshotName = 'live-2';

/** Which graphs had not ended at a position. Their state is read from their events, so it can never be wrong. */
export interface OpenGraphs {
  readonly position: Position;
  readonly graphIds: readonly string[];
  /** Whether some of them may have a priority of their own. */
  readonly mayHavePriorities: boolean;
}

/**
 * The last snapshot of each partition, or null for one that has none: that of all partitions, or a later one of its own, by
 * a worker that followed only a share.
 */
export async function loadOpenGraphs(log: EventLog): Promise<readonly (OpenGraphs | null)[]> {
  const whole = await load(log, null);
  const ofWhole = (partition: number): OpenGraphs | null =>
    whole && { ...whole, graphIds: whole.graphIds.filter((graphId) => partitionOf(graphId) === partition) };
  if (log.claimantsAfter === undefined) return allPartitions.map(ofWhole);
  return await Promise.all(
    allPartitions.map(async (partition) => {
      const own = await load(log, partition);
      const isLater = own !== null && (whole === null || comparePositions(own.position, whole.position) > 0);
      return isLater ? own : ofWhole(partition);
    }),
  );
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
