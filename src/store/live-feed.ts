import { isPlainObject } from '../prelude/json.js';
import type { Position, RecordedEvent } from '../domain/events.js';
import { isOfNamespace } from '../domain/namespace-stream.js';
import { LiveProjection, type ReadinessListener } from '../domain/live-projection.js';
import { type EventLog, LogError, onlyAfter, type OpenGraphs } from '../log/event-log.js';
import { E } from '../prelude/fp.js';
import { loadJson, saveJson } from './json-snapshot.js';
import { readWorkEvents } from './load-work.js';
import { orThrow } from './or-throw.js';

/** Not `live-1`: in snapshots of release 0.1.0, graphs are missing that it could not read. */
const snapshotName = 'live-2';
const readBatch = 5000;
/** Results with a larger event are read from the log when a child starts, so that memory does not grow with them. */
const resultBytesMax = 1024;

/**
 * Keeps a {@link LiveProjection} up to date with the log. It begins at the last snapshot, so that a start costs no more than
 * reading the unfinished graphs and the namespace's own stream, and reads a graph again when an operator reopens it. Without a
 * snapshot, an engine may know which graphs are unfinished; otherwise the whole log is read.
 */
export class LiveFeed {
  readonly projection: LiveProjection;
  /**
   * Graphs of which a part is missing, or cannot be read by this release. They stay in every snapshot, whatever their state looks
   * like: what is missing may be repaired, and what cannot be read may be an event of a newer release that goes on with them.
   */
  private readonly beyondUs = new Set<string>();
  private isStarted = false;
  private sinceSnapshot = 0;
  private savedAt: Position | null = null;
  private catchingUp: Promise<void> | null = null;

  /** @param readGraph how to read a graph again; a worker gives one that keeps trying, since no event may be applied twice */
  constructor(
    private readonly log: EventLog,
    listener: ReadinessListener | null = null,
    private readonly readGraph: EventLog['readGraph'] = (graphId, upTo) => log.readGraph(graphId, upTo),
    /** Called for a graph that cannot be worked on, since part of its history is missing. */
    private readonly onLost: (graphId: string, error: LogError) => void = () => {},
  ) {
    this.projection = new LiveProjection(listener, { resultBytesMax });
  }

  /** Begins at the snapshot, if there is one, or else where the log says which graphs are open. Call it before the first event. */
  async start(): Promise<void> {
    if (this.isStarted) return;
    this.isStarted = true;
    const begun = (await this.snapshot()) ?? (await this.openGraphs());
    if (begun === null) return;
    const restore = (graphId: string, history: readonly RecordedEvent[] | LogError) => {
      if (history instanceof LogError) return this.lose(graphId, history);
      this.projection.restore(graphId, history);
      if (history.some(({ type }) => type === 'Unreadable')) this.beyondUs.add(graphId);
    };
    await orThrow(this.log.readGraphs(begun.graphIds, begun.position, restore));
    this.projection.restoreWork(await readWorkEvents(this.log, begun.position));
    this.projection.position = begun.position;
  }

  private async snapshot(): Promise<OpenGraphs | null> {
    const snapshot = await loadJson(this.log, snapshotName, openGraphs);
    if (snapshot === null || snapshot.value === null) return null;
    this.savedAt = snapshot.position;
    return { position: snapshot.position, graphIds: snapshot.value };
  }

  /** Without a snapshot, the engine may know. If it does not, or fails to find out, the whole log tells. */
  private async openGraphs(): Promise<OpenGraphs | null> {
    if (this.log.openGraphs === undefined) return null;
    const found = await this.log.openGraphs()();
    if (E.isLeft(found) || found.right === null) return null;
    // Nobody has saved a snapshot: the next one is worth it.
    this.sinceSnapshot = Infinity;
    return found.right;
  }

  /** Returns those that were new. */
  async apply(given: readonly RecordedEvent[]): Promise<readonly RecordedEvent[]> {
    const events = onlyAfter(given, this.projection.position);
    for (const event of events) {
      this.projection.apply(event);
      if (event.type === 'Unreadable' && !isOfNamespace(event)) this.beyondUs.add(event.graphId);
      for (const graphId of this.projection.reopened) await this.reopen(graphId, event.position);
    }
    this.sinceSnapshot += events.length;
    return events;
  }

  private async reopen(graphId: string, upTo: Position): Promise<void> {
    const history = await this.readGraph(graphId, upTo)();
    if (E.isRight(history)) return this.projection.restore(graphId, history.right);
    if (history.left.code !== 'store-history-missing') throw history.left;
    this.projection.reopened.delete(graphId);
    this.lose(graphId, history.left);
  }

  private lose(graphId: string, error: LogError): void {
    this.beyondUs.add(graphId);
    this.onLost(graphId, error);
  }

  /** Moves the position on, because the log holds no further event of this namespace up to there. */
  passOver(upTo: Position | null): void {
    this.projection.position = upTo ?? this.projection.position;
  }

  /** Reads on to the end of the log. Calls at the same time share one read. */
  async catchUp(): Promise<void> {
    this.catchingUp ??= this.readOn().finally(() => (this.catchingUp = null));
    await this.catchingUp;
  }

  /** Saves a snapshot if at least this many events have come since the last one; for 0, if any has. */
  async saveSnapshot(worthIt = 10_000): Promise<void> {
    const { position } = this.projection;
    if (position === null || position === this.savedAt || this.sinceSnapshot < worthIt) return;
    this.sinceSnapshot = 0;
    this.savedAt = position;
    const open = new Set([...this.projection.graphs.keys(), ...this.projection.reopened, ...this.beyondUs]);
    await orThrow(saveJson(this.log, snapshotName, position, { open: [...open] }));
  }

  private async readOn(): Promise<void> {
    await this.start();
    for (;;) {
      const events = await orThrow(this.log.readAll({ after: this.projection.position, limit: readBatch }));
      await this.apply(events);
      if (events.length < readBatch) return;
    }
  }
}

/** What a snapshot holds: which graphs had not ended. Their state is read from their events, so it can never be wrong. */
function openGraphs(snapshot: unknown): readonly string[] | null {
  if (!isPlainObject(snapshot) || !Array.isArray(snapshot['open'])) return null;
  return snapshot['open'].filter((graphId) => typeof graphId === 'string');
}
