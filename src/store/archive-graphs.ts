import { GraphState } from '../domain/graph.js';
import type { RecordedEvent } from '../domain/events.js';
import { type EventLog, type LogArchive, LogError, type Moved, type RestingGraph } from '../log/event-log.js';
import { defined } from '../prelude/defined.js';
import { type Duration, msOf } from '../prelude/duration.js';
import { OverseerError } from '../prelude/errors.js';
import { assertOptions } from '../prelude/known-names.js';
import { shownAddress } from '../prelude/shown-address.js';
import { orThrow } from './or-throw.js';
import type { Store } from './store.js';

export interface ArchiveOptions {
  /** Only graphs whose last event was recorded at least so long ago: milliseconds, or text such as `'90d'`. */
  readonly olderThan: Duration;
  /** Only say what would be moved. */
  readonly dryRun?: boolean;
  /** Give the room in the file back to the disk afterwards. Whoever writes to the file waits as long as that takes. */
  readonly compact?: boolean;
  /** Ends it after the batch that is being moved. What has been moved stays so. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ArchiveProgress) => void;
}

/** How far it has come: first it is found out which graphs are over, then their events are moved. */
export interface ArchiveProgress {
  readonly graphsLookedAt: number;
  readonly graphsToLookAt: number;
  readonly eventsMoved: number;
  /** Of the graphs that are over, as far as is known. */
  readonly eventsToMove: number;
}

/** What was moved, or would be. */
export interface ArchiveReport {
  /** Up to when the last event of a graph must have been recorded, for it to be moved. */
  readonly until: string;
  /** The graphs that are over and so old, and how many events of them were in the file. */
  readonly graphs: number;
  readonly events: number;
  /** Graphs as old that stay where they are: something in them can still run, or this release cannot read them. */
  readonly graphsNotOver: number;
  readonly graphsUnreadable: number;
  /** Of these events, how many were moved; into how many files; and the size of the files. */
  readonly moved: Moved;
  /** Whether all was moved. It was not if the signal aborted, or on a dry run. */
  readonly isComplete: boolean;
}

/** Graphs are read in groups of this many: the log answers other calls in between. */
const groupSize = 100;

/**
 * Moves graphs that are over, and whose last event is old enough, out of an SQLite file into compressed files beside it. All
 * that reads the store goes on finding them there. A graph is over when nothing in it can run any more; one that is
 * paused, backing off or waiting is not. Workers may go on meanwhile.
 *
 *     await archiveGraphs(db, { olderThan: '90d' })
 *
 * @throws OverseerError `archive-unsupported` for a store that is no SQLite file, `duration-invalid`; LogError
 */
export async function archiveGraphs(store: Store, options: ArchiveOptions): Promise<ArchiveReport> {
  assertOptions<ArchiveOptions>('archiveGraphs', options, {
    olderThan: true,
    dryRun: true,
    compact: true,
    signal: true,
    onProgress: true,
  });
  const { dryRun = false, compact = false, signal, onProgress } = options;
  const { log, environment } = store;
  const until = environment.now() - msOf(options.olderThan, 'olderThan');
  const archive = archiveOf(log);
  const upTo = await orThrow(log.positionAt(until));
  const resting = upTo === null ? [] : await orThrow(archive.restingGraphs(upTo));
  const found = new Found(resting.length, onProgress);
  for (let from = 0; from < resting.length && signal?.aborted !== true; from += groupSize) {
    await found.look(log, resting.slice(from, from + groupSize), upTo!);
  }
  let moved: Moved = { events: 0, files: 0, bytes: 0 };
  if (!dryRun && found.graphIds.length > 0 && signal?.aborted !== true) {
    const onBatch = (soFar: Moved) => found.tell(soFar.events);
    moved = await orThrow(archive.move(found.graphIds, upTo!, defined({ signal, onBatch })));
  }
  const isComplete = !dryRun && moved.events >= found.events && found.lookedAt === resting.length;
  if (!dryRun && compact && isComplete) await orThrow(archive.compact());
  return { until: new Date(until).toISOString(), ...found.report, moved, isComplete };
}

function archiveOf({ archive, address }: EventLog): LogArchive {
  if (archive !== undefined) return archive;
  const why = /^(esdb|kurrentdb)/.test(address)
    ? 'what an EventStoreDB server no longer needs at hand, its own archiving and scavenging see to'
    : 'it has nowhere to move anything to';
  const message = `${shownAddress(address)} has no archives: only an SQLite file has; ${why}`;
  throw new OverseerError('archive-unsupported', message);
}

/** What is found out about graphs in which nothing has happened for long. */
class Found {
  /** Of those that are over. */
  readonly graphIds: string[] = [];
  events = 0;
  lookedAt = 0;
  private notOver = 0;
  private unreadable = 0;

  constructor(
    private readonly count: number,
    private readonly onProgress: ArchiveOptions['onProgress'],
  ) {}

  get report() {
    const { notOver: graphsNotOver, unreadable: graphsUnreadable } = this;
    return { graphs: this.graphIds.length, events: this.events, graphsNotOver, graphsUnreadable };
  }

  async look(log: EventLog, resting: readonly RestingGraph[], upTo: RecordedEvent['position']): Promise<void> {
    const eventsOf = new Map(resting.map(({ graphId, events }) => [graphId, events]));
    const judge = (graphId: string, history: readonly RecordedEvent[] | LogError) => {
      this.lookedAt += 1;
      const state = history instanceof LogError ? null : stateOf(graphId, history);
      if (state === null || state.unreadable !== null) this.unreadable += 1;
      else if (!state.isSettled) this.notOver += 1;
      else {
        this.graphIds.push(graphId);
        this.events += eventsOf.get(graphId)!;
      }
    };
    await orThrow(log.readGraphs([...eventsOf.keys()], upTo, judge));
    this.tell(0);
  }

  tell(eventsMoved: number): void {
    const { lookedAt: graphsLookedAt, count: graphsToLookAt, events: eventsToMove } = this;
    this.onProgress?.({ graphsLookedAt, graphsToLookAt, eventsMoved, eventsToMove });
  }
}

function stateOf(graphId: string, history: readonly RecordedEvent[]): GraphState {
  const state = new GraphState(graphId, { resultBytesMax: 0 });
  for (const event of history) state.apply(event);
  return state;
}
