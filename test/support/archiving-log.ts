/** A log that moves all its events to archives, but for the last one, whenever anything was written to it. */
import { type EventLog, LogError } from '../../src/log/event-log.js';
import { rightOf } from './right.js';

/** So small that even short histories are in several files, and graphs in several pieces. */
const smallArchives = { fileEventsMax: 7, pieceEventsMax: 3 };

/** Moves everything that can be moved, or some of it, whether it is over or not: to the log that is all the same. */
export async function archiveAll(
  log: EventLog,
  sizes = smallArchives,
  isChosen: (graphId: string) => boolean = () => true,
): Promise<number> {
  const [last] = await rightOf(log.readAll({ direction: 'backwards', limit: 1 }));
  if (last === undefined) return 0;
  const resting = await rightOf(log.archive!.restingGraphs(last.position));
  const graphIds = resting.map(({ graphId }) => graphId).filter(isChosen);
  return (await rightOf(log.archive!.move(graphIds, last.position, sizes))).events;
}

export function archivingLog(log: EventLog): EventLog {
  const archive = async () => {
    try {
      await archiveAll(log);
    } catch (error) {
      // The log was closed meanwhile, or another call is archiving just now.
      if (!(error instanceof LogError) || !['store-closed', 'store-locked'].includes(error.code)) throw error;
    }
  };
  // It moves graphs that are open too, and graphsAfter takes those that were moved whole for over.
  const known: { -readonly [Key in keyof EventLog]: EventLog[Key] } = { ...log };
  delete known.graphsAfter;
  return {
    ...known,
    append: (requests) => async () => {
      const result = await log.append(requests)();
      await archive();
      return result;
    },
    restore: (events) => async () => {
      const result = await log.restore(events)();
      await archive();
      return result;
    },
  };
}
