import { isOfNamespace } from '../../domain/namespace-stream.js';
import type { Position, RecordedEvent } from '../../domain/events.js';
import type { EventLog } from '../../log/event-log.js';
import { orThrow } from '../../store/or-throw.js';
import { BatchSize } from './batch-size.js';

/** Events that are read at once, and their bytes. */
const batch = { first: 250, most: 2000, wanted: 1024 * 1024 };
/** Reading so many events costs about half of what it costs to read a small graph by itself, from a server. */
const eventsPerGraph = 30;
/** More than that is not held: of which every event takes some room besides its data. */
const held = { bytesMax: 32 * 1024 * 1024, bytesPerEvent: 1000 };

type History = readonly RecordedEvent[];

/**
 * Whole histories of the graphs that were submitted last, from one read of the log backwards: where a graph's first event has
 * been passed, all of its events have been. For graphs that ran soon after their submission, as most do, this is a fraction
 * of what it takes to read them one by one.
 *
 * For each graph that it is asked for, it reads some way back. That is lost where a graph was submitted long before it ran: it
 * has to be read by itself, and may pay for the graphs before it. When too much would have to be held, it is over.
 */
export class RecentHistories {
  /** Of graphs whose first event is still to come; the last event first. */
  private readonly begun = new Map<string, RecordedEvent[]>();
  /** Not asked for yet. */
  private readonly whole = new Map<string, History>();
  /** Graphs with events that are newer than those that were read. */
  private readonly overtaken = new Set<string>();
  private readTo: Position | null = null;
  private readonly batch = new BatchSize(batch);
  private heldBytes = 0;
  private isOver = false;
  private reading: Promise<number> | null = null;

  constructor(private readonly log: Pick<EventLog, 'readAll'>) {}

  /** Takes an event that is new in the log. */
  note({ graphId }: RecordedEvent): void {
    if (isOfNamespace({ graphId })) return;
    if (!this.isOver) this.overtaken.add(graphId);
    for (const histories of [this.begun, this.whole]) {
      this.release(histories.get(graphId));
      histories.delete(graphId);
    }
  }

  /** The histories of some graphs, as far as they can be had for little. Each is handed over once. */
  async of(graphIds: readonly string[]): Promise<ReadonlyMap<string, History>> {
    const found = new Map<string, History>();
    let left = eventsPerGraph * graphIds.length;
    for (;;) {
      for (const graphId of graphIds) this.take(graphId, found);
      const isMissing = graphIds.some((graphId) => !found.has(graphId) && !this.overtaken.has(graphId));
      if (this.isOver || !isMissing || left <= 0) return found;
      left -= await (this.reading ??= this.readBack().finally(() => (this.reading = null)));
    }
  }

  private take(graphId: string, found: Map<string, History>): void {
    const history = this.whole.get(graphId);
    if (history === undefined) return;
    this.whole.delete(graphId);
    this.release(history);
    found.set(graphId, history);
  }

  /** Returns how many events it has read. */
  private async readBack(): Promise<number> {
    const { limit } = this.batch;
    const events = await orThrow(this.log.readAll({ after: this.readTo, direction: 'backwards', limit }));
    for (const event of events) this.add(event);
    this.readTo = events.at(-1)?.position ?? this.readTo;
    if (events.length < limit || this.heldBytes > held.bytesMax) this.end();
    this.batch.note(
      events.length,
      events.reduce((sum, { bytes }) => sum + bytes, 0),
    );
    return events.length;
  }

  private add(event: RecordedEvent): void {
    const { graphId, jobId, revision } = event;
    if (isOfNamespace(event) || this.overtaken.has(graphId)) return;
    const history = this.begun.get(graphId) ?? [];
    history.push(event);
    this.heldBytes += sizeOf(event);
    const isFirst = jobId === null && revision === 0;
    if (!isFirst) {
      this.begun.set(graphId, history);
      return;
    }
    this.begun.delete(graphId);
    history.reverse();
    // What is missing is told by reading the graph itself.
    if (hasGap(history)) this.release(history);
    else this.whole.set(graphId, history);
  }

  /** At the start of the log, or when too much is held. What is whole by then can still be had. */
  private end(): void {
    this.isOver = true;
    this.begun.clear();
    this.overtaken.clear();
  }

  private release(history: History = []): void {
    for (const event of history) this.heldBytes -= sizeOf(event);
  }
}

function sizeOf({ bytes }: RecordedEvent): number {
  return bytes + held.bytesPerEvent;
}

function hasGap(history: History): boolean {
  const next = new Map<string | null, number>();
  return history.some(({ jobId, revision }) => {
    const expected = next.get(jobId) ?? 0;
    next.set(jobId, expected + 1);
    return revision !== expected;
  });
}
