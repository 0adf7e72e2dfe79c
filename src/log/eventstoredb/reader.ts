import { defined } from '../../prelude/defined.js';
import type { EventOf, GraphEvent, NamespaceEvent, Position, RecordedEvent, StreamId } from '../../domain/events.js';
import type { StoredEvent } from '../../evidence/canonical-event.js';
import { matches } from '../event-list.js';
import { type EventFilter, LogError, type ReadAll, type ReadRange, type ReadStored, streamKey } from '../event-log.js';
import { comparePositions } from '../../domain/positions.js';
import { NamespaceMark } from './namespace-mark.js';
import { answerMs, type Connection } from './protocol/connection.js';
import { asLogError, historyMissing } from './errors.js';
import { inParallel } from './protocol/waiting.js';
import { type Direction, readAllRequest, readStreamRequest } from './protocol/requests.js';
import { positionOf, type StoredEvents } from './event-encoding.js';
import type { StoredMessage } from './protocol/wire.js';

/** How many reads of single streams are under way at once. */
const readsAtOnce = 64;
/** Reading one stream costs about as much as scanning this many bytes of the log; that decides how a graph is read. */
const bytesPerStreamRead = 16 * 1024;

/** Types that occur in graphs' own streams and in the namespace's own only, whose names all begin alike. */
const graphEvents: readonly string[] = [
  'GraphSubmitted',
  'GraphAborted',
  'GraphReset',
  'GraphPaused',
  'GraphResumed',
  'WorkPaused',
  'WorkResumed',
] satisfies readonly (GraphEvent | NamespaceEvent)['type'][];

/** A graph as its own stream shows it. */
interface Outline {
  readonly graphId: string;
  readonly events: readonly RecordedEvent[];
  readonly jobIds: readonly string[];
}

type AcceptGraph = (graphId: string, history: readonly RecordedEvent[] | LogError) => void;

/** Reads a namespace's events. */
export class EventReader {
  /** Position of the namespace's first event; null while none is known. */
  private firstEvent: Position | null = null;
  readonly namespaceMark: NamespaceMark;

  constructor(
    private readonly connection: Connection,
    private readonly stored: StoredEvents,
    private readonly address: string,
  ) {
    this.namespaceMark = new NamespaceMark(connection, stored.namespace, () => this.end());
  }

  async stream(stream: StreamId, { from = 0, to, last }: ReadRange = {}): Promise<readonly RecordedEvent[]> {
    if (last !== undefined) return await this.endOf(stream, last);
    if (to !== undefined && to < from) return [];
    const name = this.stored.streamName(stream);
    const limit = to === undefined ? Number.MAX_SAFE_INTEGER : to - from + 1;
    const events: RecordedEvent[] = [];
    for await (const message of this.connection.events(readStreamRequest(name, { from, limit }), answerMs)) {
      const event = this.stored.read(message);
      if (event === null) continue;
      const expected = from + events.length;
      if (event.revision !== expected) throw this.gone(event, expected);
      events.push(event);
    }
    return events;
  }

  /** The last events of a stream, in order. */
  private async endOf(stream: StreamId, limit: number): Promise<readonly RecordedEvent[]> {
    if (limit === 0) return [];
    const events: RecordedEvent[] = [];
    const request = readStreamRequest(this.stored.streamName(stream), { direction: 'backwards', limit });
    for await (const message of this.connection.events(request, answerMs)) {
      const event = this.stored.read(message);
      if (event === null) continue;
      const after = events.at(-1);
      if (after !== undefined && event.revision !== after.revision - 1) throw this.gone(after, event.revision + 1);
      events.push(event);
    }
    return events.reverse();
  }

  /** The next events after (backwards: before) a position that match a filter. */
  async all({ after = null, direction = 'forwards', filter = {}, limit }: ReadAll): Promise<readonly RecordedEvent[]> {
    const events: RecordedEvent[] = [];
    for await (const event of this.scan(after, direction, filter)) {
      events.push(event);
      if (events.length >= limit) break;
    }
    return events;
  }

  /** The events after a position, to the end of the log; backwards, those before it, to the start. */
  scan(after: Position | null, direction: Direction, filter: EventFilter): AsyncGenerator<RecordedEvent> {
    const read = (message: StoredMessage) => this.stored.read(message);
    return this.scanned(read, (event) => matches(event, filter), after, direction, filter);
  }

  private async *scanned<Event extends { readonly position: Position }>(
    read: (message: StoredMessage) => Event | null,
    isAsked: (event: Event) => boolean,
    after: Position | null,
    direction: Direction,
    filter: EventFilter,
  ): AsyncGenerator<Event> {
    const from = after ?? (direction === 'forwards' ? await this.namespaceMark.place() : null);
    const last = direction === 'backwards' ? await this.first() : null;
    if (direction === 'backwards' && last === null) return;
    const request = readAllRequest(from, direction, Number.MAX_SAFE_INTEGER, this.prefixesOf(filter));
    for await (const message of this.connection.events(request)) {
      const event = read(message);
      if (event === null || event.position === after) continue; // The read begins at the position, not after it.
      if (isAsked(event)) yield event;
      // Before the namespace's first event there are only events of others.
      if (event.position === last) return;
    }
  }

  /** The next events after (backwards: before) a position, as they are stored. */
  async storedEvents(request: ReadStored): Promise<readonly StoredEvent[]> {
    const { after = null, direction = 'forwards', graphId, types, limit } = request;
    const read = (message: StoredMessage) => this.stored.readStored(message);
    const isAsked = (event: StoredEvent) =>
      (graphId === undefined || event.graphId === graphId) && (types === undefined || types.includes(event.type));
    const events: StoredEvent[] = [];
    for await (const event of this.scanned(read, isAsked, after, direction, defined({ graphId, types }))) {
      events.push(event);
      if (events.length >= limit) break;
    }
    return events;
  }

  async positionAt(moment: number): Promise<Position | null> {
    for await (const event of this.scan(null, 'backwards', {})) {
      if (Date.parse(event.recordedAt) <= moment) return event.position;
    }
    return null;
  }

  private async first(): Promise<Position | null> {
    if (this.firstEvent === null) {
      const [first] = await this.all({ limit: 1 });
      this.firstEvent = first?.position ?? null;
    }
    return this.firstEvent;
  }

  /** Where the server's whole log ends now, whoever wrote there last; null if it is empty. */
  async end(): Promise<Position | null> {
    for await (const message of this.connection.events(readAllRequest(null, 'backwards', 1, null), answerMs))
      return positionOf(message);
    return null;
  }

  /**
   * A position from which a server subscription delivers everything after `upTo`. A subscription skips the first event it
   * finds, taking it for the one at its position. So there must be an event at that position: if the one at `upTo` was
   * scavenged, the one before it.
   */
  async placeToFollow(upTo: Position | null): Promise<Position | null> {
    if (upTo === null) return null;
    const there = readAllRequest(upTo, 'forwards', 1, null);
    for await (const message of this.connection.events(there, answerMs)) if (positionOf(message) === upTo) return upTo;
    const before = readAllRequest(upTo, 'backwards', 1, null);
    for await (const message of this.connection.events(before, answerMs)) return positionOf(message);
    return null;
  }

  async graph(graphId: string, upTo: Position | null): Promise<readonly RecordedEvent[]> {
    let found: readonly RecordedEvent[] | LogError = [];
    await this.graphs([graphId], upTo, (_, history) => (found = history));
    if (found instanceof LogError) throw found;
    return found;
  }

  /**
   * Reads graphs with all their jobs: either job by job, or by scanning the log from where the first of them begins,
   * whichever is less to read. A graph just submitted may have thousands of jobs that have no stream yet; one that has
   * waited for a month has a whole log after it.
   *
   * Others append meanwhile. So all streams are read up to the same position: whoever goes on from the last event of a
   * graph misses none.
   */
  async graphs(graphIds: readonly string[], upTo: Position | null, accept: AcceptGraph): Promise<void> {
    const end = upTo ?? (await this.end());
    const own = await inParallel(readsAtOnce, graphIds, (graphId) => this.wholeOrNot({ graphId, jobId: null }, end));
    const there: Outline[] = [];
    graphIds.forEach((graphId, index) => {
      const events = own[index]!;
      if (events instanceof LogError || events.length === 0) accept(graphId, events);
      else there.push({ graphId, events, jobIds: jobIdsOf(events) });
    });
    if (there.length === 0 || end === null) return;
    const begin = there.map(({ events }) => events[0]!.position).reduce(earlier);
    const streams = there.reduce((sum, { jobIds }) => sum + jobIds.length, 0);
    const isScanShorter = bytesBetween(begin, end) < streams * bytesPerStreamRead;
    if (isScanShorter) await this.graphsByScan(there, begin, end, accept);
    else await this.graphsByStreams(there, end, accept);
  }

  private async graphsByScan(outlines: readonly Outline[], begin: Position, end: Position, accept: AcceptGraph) {
    // The scan yields what comes after the very first event.
    const isFirst = (event: RecordedEvent) => event.position === begin;
    const histories = new Map(outlines.map(({ graphId, events }) => [graphId, events.filter(isFirst)]));
    const filter = outlines.length === 1 ? { graphId: outlines[0]!.graphId } : {};
    for await (const event of this.scan(begin, 'forwards', filter)) {
      if (comparePositions(event.position, end) > 0) break;
      histories.get(event.graphId)?.push(event);
    }
    for (const [graphId, events] of histories) accept(graphId, this.gapIn(events) ?? events);
  }

  private async graphsByStreams(outlines: readonly Outline[], end: Position, accept: AcceptGraph) {
    const histories = new Map(
      outlines.map(({ graphId, events }) => [graphId, { whole: [...events], gap: null as LogError | null }]),
    );
    const seen = new Set<string>();
    let jobs = outlines.flatMap(({ graphId, jobIds }) => jobIds.map((jobId) => ({ graphId, jobId })));
    // What a job has spawned stands in its own stream: so a graph is read level by level.
    while (jobs.length > 0) {
      const streams = await inParallel(readsAtOnce, jobs, (job) => this.wholeOrNot(job, end));
      const spawned: typeof jobs = [];
      streams.forEach((stream, index) => {
        const { graphId } = jobs[index]!;
        const history = histories.get(graphId)!;
        if (stream instanceof LogError) {
          history.gap = stream;
          return;
        }
        for (const event of stream) {
          history.whole.push(event);
          for (const { id } of event.type === 'JobsSpawned' ? event.data.jobs : [])
            spawned.push({ graphId, jobId: id });
        }
      });
      for (const job of jobs) seen.add(streamKey(job));
      // Attempts that were lost may have spawned the same.
      jobs = [...new Map(spawned.map((job) => [streamKey(job), job]))].flatMap(([key, job]) =>
        seen.has(key) ? [] : job,
      );
    }
    for (const [graphId, { whole, gap }] of histories) {
      accept(graphId, gap ?? whole.sort((a, b) => comparePositions(a.position, b.position)));
    }
  }

  /** A stream's events up to a position (none for an empty log), or the error that says that some are missing. */
  private async wholeOrNot(stream: StreamId, end: Position | null): Promise<readonly RecordedEvent[] | LogError> {
    if (end === null) return [];
    try {
      const events = await this.stream(stream);
      return events.filter((event) => comparePositions(event.position, end) <= 0);
    } catch (error) {
      const problem = asLogError(error, this.address);
      if (problem.code === 'store-history-missing') return problem;
      throw error;
    }
  }

  /** The first gap in the revisions of a stream, including one at its start. */
  private gapIn(events: readonly RecordedEvent[]): LogError | null {
    const next = new Map<string | null, number>();
    for (const event of events) {
      const expected = next.get(event.jobId) ?? 0;
      if (event.revision !== expected) return this.gone(event, expected);
      next.set(event.jobId, expected + 1);
    }
    return null;
  }

  private gone(event: RecordedEvent, expected: number): LogError {
    const name = this.stored.streamName(event);
    const isOne = expected === event.revision - 1;
    const which = isOne ? `event ${expected}` : `events ${expected} to ${event.revision - 1}`;
    const why = `cannot be read: ${isOne ? 'it was' : 'they were'} deleted or truncated`;
    return historyMissing(`${which} of stream ${name} of the store ${this.address} ${why}`);
  }

  /** Prefixes of the streams that may match a filter. {@link matches} sorts out what else they let through. */
  prefixesOf({ graphId, types }: EventFilter): readonly string[] {
    const [graphs, jobs] = this.stored.prefixes;
    const ofGraph = `${graphs}${graphId ?? ''}`;
    if (types?.every((type) => graphEvents.includes(type)) === true) return [ofGraph];
    return [ofGraph, graphId === undefined ? jobs : `${jobs}${graphId}/`];
  }
}

function jobIdsOf(events: readonly RecordedEvent[]): readonly string[] {
  const parts = events.filter(
    (event): event is RecordedEvent & EventOf<'GraphSubmitted'> => event.type === 'GraphSubmitted',
  );
  return [...new Set(parts.flatMap((part) => part.data.jobs.map((job) => job.id)))];
}

function earlier(a: Position, b: Position): Position {
  return comparePositions(a, b) <= 0 ? a : b;
}

/** Positions are byte offsets in the server's files. */
function bytesBetween(a: Position, b: Position): number {
  return Number(BigInt(b.split('/')[0]!) - BigInt(a.split('/')[0]!));
}
