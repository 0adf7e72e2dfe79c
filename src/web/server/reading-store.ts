import { comparePositions } from '../../domain/positions.js';
import { type EventLog, LogError, type LogSnapshot } from '../../log/event-log.js';
import { E, TE } from '../../prelude/fp.js';
import { Store } from '../../store/store.js';

/**
 * The same store for one who only looks: there is nothing behind it that could write. Snapshots, which are caches, are kept in
 * memory. (It does not close the log: whoever opened that does.)
 */
export function readingStore({ log, environment }: Store): Store {
  return new Store(readingLog(log), environment);
}

function readingLog(log: EventLog): EventLog {
  const refused = () =>
    TE.left(new LogError('store-read-only', `${log.address} is only looked at here; nothing can be written to it`));
  const kept = new Map<string, LogSnapshot>();
  const { archive: _archive, projections: _projections, joinsStreams: _joinsStreams, ...reads } = log;
  return {
    ...reads,
    install: refused,
    append: refused,
    restore: refused,
    assertWritable: refused,
    saveSnapshot: (name, snapshot) => {
      kept.set(name, snapshot);
      return TE.right(undefined);
    },
    loadSnapshot: (name) => async () => {
      const there = await log.loadSnapshot(name)();
      const own = kept.get(name);
      if (own === undefined || E.isLeft(there)) return there;
      const isLater = there.right === null || comparePositions(own.position, there.right.position) > 0;
      return isLater ? E.right(own) : there;
    },
    close: () => Promise.resolve(),
  };
}
