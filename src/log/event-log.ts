/**
 * The port between Overseer and the engine that stores its events. An engine earns its place in the conformance suite
 * (`test/conformance`): one that is not in it does not exist.
 *
 * The contract in words. A log is a sequence of events that only ever grows. Each event belongs to one stream, at the
 * next revision of that stream (from 0, without gaps), and has a position in the log (rising, gaps possible). Streams
 * are named `<namespace>.graph-<graphId>` and `<namespace>.job-<graphId>/<jobId>`; the graph id is empty for those that
 * belong to no graph (see `domain/namespace-stream.ts`), which `readStream` reads and `readGraph` is not asked for. An
 * opened log sees one namespace only.
 */
import { wordsFor } from '../prelude/errors.js';
import { E, type TaskEither } from '../prelude/fp.js';
import type { StoredEvent } from '../evidence/canonical-event.js';
import type { DomainEvent, NewEvent, Position, RecordedEvent, StreamId, WorkerIdentity } from '../domain/events.js';
import { valueNestingInData, versionOf, whyUnwritable } from '../domain/read-event.js';
import { limits } from '../domain/limits.js';
import { comparePositions } from '../domain/positions.js';
import type { Share } from '../domain/share.js';
import { isNestedDeeper } from '../prelude/json.js';
import type { ExportHeader } from '../evidence/export-format.js';
import { LogError } from './log-error.js';
import type { ServerProjections } from './server-projections.js';

/** Events for one stream that go in together or not at all. */
export interface Append extends StreamId {
  /** The revision the stream must be at: that of its last event, or -1 for a stream without events. */
  readonly expectedRevision: number;
  readonly events: readonly NewEvent[];
  /**
   * Appends to other streams that go in right behind this one. Either all of them do, or none, and this one neither: it is
   * then refused with its own stream's revision, as it was expected. Only for a log that {@link EventLog.joinsStreams}.
   */
  readonly along?: readonly AppendAlong[];
}

export interface AppendAlong extends Omit<Append, 'along'> {
  /** It is refused while the log's clock shows an earlier time than this, in milliseconds since the epoch. */
  readonly notBefore?: number;
  /** The id of the last event of its stream; for one that is still to come, of which the revision says too little. */
  readonly expectedEventId?: string;
}

/** The result of one {@link Append}. A wrong expected revision is an everyday result, not an error. */
export type AppendResult =
  /** The events are in the log, or were already, by their ids: an earlier try had reached it. */
  | { readonly appended: true; readonly revision: number }
  | { readonly appended: false; readonly actualRevision: number }
  /** The stream was changed by another program: nothing can be appended to it until that is repaired. */
  | { readonly appended: false; readonly actualRevision: null; readonly problem: LogError };

export type { LogErrorCode } from '../prelude/error-codes.js';
export { LogError } from './log-error.js';

/** Which events a read or a subscription of the whole log yields. */
export interface EventFilter {
  readonly graphId?: string;
  /** Types of events, as stored. */
  readonly types?: readonly string[];
  /** Only what is for this share: see {@link isForShare}. */
  readonly share?: Share;
}

export interface ReadRange {
  /** First revision, included; 0 unless given. */
  readonly from?: number;
  /** Last revision, included; the end of the stream unless given. */
  readonly to?: number;
  /** In place of the two: only this many events, the last of the stream. */
  readonly last?: number;
}

export interface ReadAll {
  /** Only events after this position (backwards: before it); from the start (the end) of the log unless given. */
  readonly after?: Position | null;
  readonly direction?: 'forwards' | 'backwards';
  readonly filter?: EventFilter;
  readonly limit: number;
}

export interface ReadStored {
  /** Only events after this position (backwards: before it); from the start (the end) of the log unless given. */
  readonly after?: Position | null;
  readonly direction?: 'forwards' | 'backwards';
  /** Only events of this graph and its jobs. */
  readonly graphId?: string;
  /** Only events of these types, as stored. */
  readonly types?: readonly string[];
  readonly limit: number;
}

export type SubscriptionMessage =
  | { readonly kind: 'events'; readonly events: readonly RecordedEvent[] }
  /**
   * Everything that was in the log has been handed over, up to a position; what follows is live. May come again when the
   * log has grown by events that do not match the filter, so that nobody need read those twice.
   */
  | { readonly kind: 'caughtUp'; readonly upTo: Position | null }
  /** Reading has failed; the subscription tries again from where it was. */
  | { readonly kind: 'interrupted'; readonly error: LogError };

/**
 * Events in log order: first those that are stored, then new ones, of this process and of others. The reader pulls them,
 * so nothing piles up for a slow one. Ends when closed; rejects with `store-gone` when the store is gone for good. After an
 * interruption, events may come that came before: see {@link onlyAfter}.
 */
export interface Subscription extends AsyncIterable<SubscriptionMessage> {
  close(): void;
}

export interface Subscribe {
  readonly after?: Position | null;
  readonly filter?: EventFilter;
  /** How long to wait for a notice of change before looking without one. Default 2000. */
  readonly safetyNetMs?: number;
}

export interface ReadGraphsAfter {
  /**
   * Which partitions are asked about, each from which position on: null for the start of the log, and then only graphs that may
   * have jobs to run are told.
   */
  readonly since: ReadonlyMap<number, Position | null>;
}

/** What a log knows of graphs without reading all their events. */
export interface GraphsAfter {
  readonly graphs: readonly GraphAfter[];
  /** All with events up to here are among them; null if the log is empty. */
  readonly upTo: Position | null;
}

export interface GraphAfter {
  readonly graphId: string;
  /** Whether it may have jobs to run. False only if it is certain that it has none, at some position after {@link GraphsAfter.upTo}. */
  readonly mayBeOpen: boolean;
  /** Whether it has a priority of its own. */
  readonly hasPriority: boolean;
}

/** Who has claimed jobs lately. */
export interface Claimants {
  readonly workers: readonly WorkerIdentity[];
  /** The end of the log when that was read. */
  readonly upTo: Position | null;
}

export interface LogSnapshot {
  readonly position: Position;
  readonly bytes: Uint8Array;
}

/**
 * Moves events of graphs to where they take little room and are in nobody's way. Every read goes on to find them, unchanged
 * and at the same positions; what is appended to their streams later is kept as usual.
 */
export interface LogArchive {
  /** The graphs that have events to move, and none after a position. */
  restingGraphs(upTo: Position): TaskEither<LogError, readonly RestingGraph[]>;
  /**
   * Moves the events of some graphs up to a position, batch by batch, in log order; at any time, each event is in one of
   * the two places. Others may go on with the log. The last event of the log stays where it is. Only for graphs that are
   * over: {@link EventLog.graphsAfter} need not tell of those of which everything was moved.
   */
  move(graphIds: readonly string[], upTo: Position, options?: MoveOptions): TaskEither<LogError, Moved>;
  /** Gives the room that the moved events took back to the file system. Whoever writes to the log waits meanwhile. */
  compact(): TaskEither<LogError, void>;
}

export interface RestingGraph {
  readonly graphId: string;
  /** How many events there are to move. */
  readonly events: number;
}

export interface MoveOptions {
  /** Ends the moving after the batch that is being moved. */
  readonly signal?: AbortSignal;
  /** Called after each batch, with what has been moved so far. */
  readonly onBatch?: (soFar: Moved) => void;
  /** How many events a file may hold, and a piece of it that is read at once. */
  readonly fileEventsMax?: number;
  readonly pieceEventsMax?: number;
}

export interface Moved {
  readonly events: number;
  readonly files: number;
  /** The size of the files. */
  readonly bytes: number;
}

/** What an engine says of an opened log, for people: values by name, such as its format. */
export type LogDescription = Readonly<Record<string, string | number | boolean>>;

export interface EventLog {
  /** The address it was opened with, for people. */
  readonly address: string;
  readonly namespace: string;
  /** Whether appends to several streams can go in together or not at all: see {@link Append.along}. */
  readonly joinsStreams?: true;
  /** Prepares the log for use. May be called any number of times. */
  install(): TaskEither<LogError, void>;
  /**
   * Appends request by request. Each succeeds or fails by itself: those for one stream in order, those for different
   * streams possibly side by side. Once it resolves, the events are as durable as the log makes them.
   */
  append(requests: readonly Append[]): TaskEither<LogError, readonly AppendResult[]>;
  /** A stream's events in order; none for a stream that does not exist. */
  readStream(stream: StreamId, range?: ReadRange): TaskEither<LogError, readonly RecordedEvent[]>;
  /** All events of a graph and its jobs, in log order; none if the graph's own stream has none. */
  readGraph(graphId: string, upTo?: Position | null): TaskEither<LogError, readonly RecordedEvent[]>;
  /**
   * Hands over the events of each graph, as {@link readGraph} gives them; the graphs come in any order. A graph whose
   * history has gaps does not stop the others: it comes with an error in place of its events.
   */
  readGraphs(
    graphIds: readonly string[],
    upTo: Position | null,
    accept: (graphId: string, history: readonly RecordedEvent[] | LogError) => void,
  ): TaskEither<LogError, void>;
  /** The next events of the whole log. Fewer than `limit` means that there are no more yet. */
  readAll(request: ReadAll): TaskEither<LogError, readonly RecordedEvent[]>;
  /** The next events of the whole log as they were stored, whether this release can read them or not. */
  readStored(request: ReadStored): TaskEither<LogError, readonly StoredEvent[]>;
  /**
   * Appends another log's events unchanged, after its own, at new positions. Each must be the next of its stream, and
   * recorded no earlier than the event before it; one that is already there under its id is skipped. If any cannot be
   * taken, it refuses (`restore-conflict`, `restore-out-of-order`) before it takes the first. An engine that cannot take
   * all of them at once may stop between two events, when it fails.
   */
  restore(events: readonly StoredEvent[]): TaskEither<LogError, void>;
  /** The position of the last event recorded at or before a moment (milliseconds since the epoch); null if none was. */
  positionAt(moment: number): TaskEither<LogError, Position | null>;
  subscribe(request?: Subscribe): Subscription;
  /** Snapshots are a cache: losing one costs only time. One of the same or a later position replaces the one before. */
  loadSnapshot(name: string): TaskEither<LogError, LogSnapshot | null>;
  saveSnapshot(name: string, snapshot: LogSnapshot): TaskEither<LogError, void>;
  /**
   * The graphs that have events after a position, and whether they may have jobs to run. For an engine that finds that out for
   * much less than reading their events.
   */
  graphsAfter?(request: ReadGraphsAfter): TaskEither<LogError, GraphsAfter>;
  /**
   * The workers that have claimed jobs after a position. For an engine that reads a share of the log (see
   * {@link EventFilter.share}) for much less than the whole: its workers then follow shares.
   */
  claimantsAfter?(position: Position | null): TaskEither<LogError, Claimants>;
  /**
   * Positions of some of the events up to a position: of the nth (from 1), for each n that `choose` picks when it is told
   * how many there are, in rising order. For an engine that is faster when read in several places at once, and that any
   * thread can open by its {@link address}.
   */
  positionsOf?(upTo: Position, choose: (count: number) => readonly number[]): TaskEither<LogError, readonly Position[]>;
  /** The header of the export, for a log that is one. */
  readonly exported?: ExportHeader;
  /** The namespaces that have events here, for an engine that can tell without reading all of them. */
  namespaces?(): TaskEither<LogError, readonly string[]>;
  describe?(): TaskEither<LogError, LogDescription>;
  /** Moves old events out of the way, for an engine that can. */
  readonly archive?: LogArchive;
  /** Projections that run in the server, for an engine with a server that can. */
  readonly projections?: ServerProjections;
  /**
   * Fails if nothing can be appended: no right to write, or damaged storage, as far as a quick look tells. For a program
   * that will run for long and should hear of it at the start; without this method, the first append tells.
   */
  assertWritable?(): TaskEither<LogError, void>;
  /** Problems of the storage itself, such as damaged pages; empty if it is sound. May take long. */
  check(): TaskEither<LogError, readonly string[]>;
  /** What can still be read of damaged storage, in words. */
  readable?(): TaskEither<LogError, string>;
  close(): Promise<void>;
}

/** Those of some events in log order that lie after a position, for a reader that has taken all up to there. */
export function onlyAfter(events: readonly RecordedEvent[], position: Position | null): readonly RecordedEvent[] {
  const [first] = events;
  if (position === null || first === undefined || comparePositions(first.position, position) > 0) return events;
  return events.filter((event) => comparePositions(event.position, position) > 0);
}

/** The full name of a stream. */
export function streamName(namespace: string, stream: StreamId): string {
  return stream.jobId === null
    ? `${namespace}.graph-${stream.graphId}`
    : `${namespace}.job-${stream.graphId}/${stream.jobId}`;
}

/** All appends in some requests, those along with others too. */
export function allAppends(requests: readonly Append[]): readonly Append[] {
  return requests.flatMap((request) => (request.along === undefined ? [request] : [request, ...request.along]));
}

/** A stream within a namespace, as a key. Unambiguous, since ids of graphs have no slash. */
export function streamKey({ graphId, jobId }: StreamId): string {
  return jobId === null ? graphId : `${graphId}/${jobId}`;
}

/** The most data in one append, in bytes as JSON: what every engine takes in one piece. */
const appendBytesMax = 900 * 1024;

/** An {@link Append} whose events carry their data as JSON. */
export interface EncodedAppend extends StreamId {
  readonly expectedRevision: number;
  readonly events: readonly EncodedEvent[];
  readonly notBefore: number;
  /** Null if it does not matter. */
  readonly expectedEventId: string | null;
  readonly along: readonly EncodedAppend[];
}

export interface EncodedEvent extends Pick<NewEvent, 'id' | 'causationId' | 'actor'> {
  readonly type: DomainEvent['type'];
  readonly schemaVersion: number;
  readonly data: string;
}

/** How deep an event's data may be nested: as deep as a value, and what is around values in it. */
const dataNestingMax = limits.nestingMax + valueNestingInData;

/**
 * Encodes appends for storage. Every engine calls this before it stores any: what is in a log stays there for ever, so
 * nothing may get in that could not be read again.
 *
 * @throws LogError `append-too-large`, or `event-invalid` for an event that its own codec would refuse
 */
export function encodeAppends(
  requests: readonly (Append & Pick<AppendAlong, 'notBefore' | 'expectedEventId'>)[],
  address: string,
): readonly EncodedAppend[] {
  return requests.map(({ graphId, jobId, expectedRevision, events, along = [], ...expected }) => {
    const { notBefore = -Infinity, expectedEventId = null } = expected;
    let bytes = 0;
    const encoded = events.map(({ id, event, causationId, actor }) => {
      const data = textOf(event, actor);
      bytes += Buffer.byteLength(data);
      return { id, type: event.type, schemaVersion: versionOf(event), data, causationId, actor };
    });
    if (bytes <= appendBytesMax) {
      const encodedAlong = encodeAppends(along, address);
      return { graphId, jobId, expectedRevision, events: encoded, notBefore, expectedEventId, along: encodedAlong };
    }
    const message = `an append of ${bytes} bytes to ${address} is over the limit of ${appendBytesMax}`;
    throw new LogError('append-too-large', message);
  });
}

function textOf(event: DomainEvent, actor: unknown): string {
  const invalid = (why: string) => new LogError('event-invalid', `an event cannot be written: ${why}`);
  const why = whyUnwritable(event);
  if (why !== null) throw invalid(why);
  if (typeof actor !== 'string') throw invalid(`the actor of ${event.type} is a ${typeof actor}, not a name`);
  const text = E.tryCatch(() => JSON.stringify(event.data), wordsFor);
  if (E.isLeft(text)) throw invalid(`${event.type} cannot be written as JSON: ${text.left}`);
  if (isNestedDeeper(text.right, dataNestingMax)) {
    throw invalid(`${event.type} is nested deeper than the limit of ${limits.nestingMax}`);
  }
  return text.right;
}
