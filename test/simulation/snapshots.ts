import type { EventLog, LogSnapshot } from '../../src/log/event-log.js';
import { E } from '../../src/prelude/fp.js';
import { listIn } from '../../src/prelude/grouped.js';
import { type Chances, oneOf } from './chance.js';

/** Every snapshot that was saved in a world, by name. */
export type SavedSnapshots = Map<string, LogSnapshot[]>;

/** A log whose snapshots, for one machine, may be gone, older than they were, or damaged. */
export function faultySnapshots(log: EventLog, machine: string, chances: Chances, saved: SavedSnapshots): EventLog {
  return {
    ...log,
    saveSnapshot: (name, snapshot) => {
      listIn(saved, name).push(snapshot);
      return log.saveSnapshot(name, snapshot);
    },
    loadSnapshot: (name) => async () => {
      const loaded = await log.loadSnapshot(name)();
      if (E.isLeft(loaded) || loaded.right === null) return loaded;
      const { strikes, random } = chances.next(machine, `snapshot ${name}`);
      if (strikes('snapshot-lost')) return E.right(null);
      if (strikes('snapshot-stale')) return E.right(oneOf(random, saved.get(name) ?? [loaded.right]));
      if (!strikes('snapshot-damaged')) return loaded;
      return E.right({ ...loaded.right, bytes: damaged(loaded.right.bytes, random) });
    },
  };
}

/** Bytes of which one was changed, or which were cut. */
function damaged(bytes: Uint8Array, random: () => number): Uint8Array {
  if (random() < 0.3) return bytes.slice(0, Math.floor(random() * bytes.length));
  const changed = Uint8Array.from(bytes);
  const at = Math.floor(random() * changed.length);
  changed[at] = changed[at]! ^ (1 << Math.floor(random() * 7));
  return changed;
}
