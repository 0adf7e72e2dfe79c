/**
 * The port between the engine and what keeps its events. An engine for it earns its place in the conformance suite
 * (`test/conformance`): one that is not in there does not exist.
 *
 * The contract in words. A log is a sequence of events that only ever grows. Each event stands in one stream, at the
 * next revision of that stream (from 0, without gaps), and at a position of the log (rising, gaps possible). Streams
 * are named `<namespace>.graph-<graphId>` and `<namespace>.job-<graphId>/<jobId>`; an opened log sees one namespace only.
 */
import { wordsFor } from '../prelude/errors.js';
import { E, type TaskEither } from '../prelude/fp.js';
import type { StoredEvent } from '../evidence/canonical-event.js';
import {
  type DomainEvent,
  type NewEvent,
  type Position,
  type RecordedEvent,
  type StreamId,
  valueNestingInData,
  versionOf,
  whyUnwritable,
} from '../domain/events.js';
import { limits } from '../domain/limits.js';
import { isNestedDeeper } from '../prelude/json.js';
import type { ExportHeader } from '../evidence/export-format.js';
import { LogError } from './log-error.js';
import type { ServerProjections } from './server-projections.js';

/** Events for one stream that go in together or not at all. */
export interface Append extends StreamId {
  /** The revision the stream must be at: that of its last event, or -1 for a stream without events. */
  readonly expectedRevision: number;
  readonly events: readonly NewEvent[];
}

/** What became of one {@link Append}. A wrong expected revision is an everyday result, not an error. */
export type AppendResult =
  /** The events are there, or were there already by their ids: an earlier try had reached the log. */
  | { readonly appended: true; readonly revision: number }
  | { readonly appended: false; readonly actualRevision: number }
  /** The stream is not what the engine made it: nothing can be appended there until somebody has mended it. */
  | { readonly appended: false; readonly actualRevision: null; readonly problem: LogError };

export type { LogErrorCode } from '../prelude/error-codes.js';
export { LogError } from './log-error.js';

/** Which events a read or a subscription of the whole log yields. */
export interface EventFilter {
  readonly graphId?: string;
  /** Names of events as stored. */
  readonly types?: readonly string[];
}

export interface ReadRange {
  /** First revision, included; 0 unless given. */
  readonly from?: number;
  /** Last revision, included; the end of the stream unless given. */
  readonly to?: number;
}

export interface ReadAll {
  /** Events behind this position, excluding it; from the start (backwards: the end) of the log unless given. */
  readonly after?: Position | null;
  readonly direction?: 'forwards' | 'backwards';
  readonly filter?: EventFilter;
  readonly limit: number;
}

export interface ReadStored {
  /** Events behind this position, excluding it; from the start of the log unless given. */
  readonly after?: Position | null;
  /** Only events of this graph and its jobs. */
  readonly graphId?: string;
  readonly limit: number;
}

export type SubscriptionMessage =
  | { readonly kind: 'events'; readonly events: readonly RecordedEvent[] }
  /**
   * Everything that stood in the log when the subscription looked has been handed over; what follows is live. Comes
   * again when the log has grown by what the filter does not let through, so that nobody need look through that twice.
   */
  | { readonly kind: 'caughtUp'; readonly upTo: Position | null }
  /** Reading fails just now; the subscription goes on trying, from where it was. */
  | { readonly kind: 'interrupted'; readonly error: LogError };

/**
 * Events in log order: first those that are there, then those that come, of this process and of others. Pulled, so
 * that a slow reader is waited for and nothing piles up. Ends when closed; rejects with `store-gone` when there is
 * nothing any more that could be read.
 */
export interface Subscription extends AsyncIterable<SubscriptionMessage> {
  close(): void;
}

export interface Subscribe {
  readonly after?: Position | null;
  readonly filter?: EventFilter;
  /** How long at most until a look is taken though no notice of a change came. Default 2000. */
  readonly safetyNetMs?: number;
}

export interface LogSnapshot {
  readonly position: Position;
  readonly bytes: Uint8Array;
}

/** Facts about an opened log, for people. */
export type LogDescription = Readonly<Record<string, string | number | boolean>>;

export interface EventLog {
  /** The address it was opened with, for people. */
  readonly address: string;
  readonly namespace: string;
  /** Prepares the log for use. May be called any number of times. */
  install(): TaskEither<LogError, void>;
  /**
   * Appends request by request, each judged by itself: those for one stream in order, those for different streams
   * possibly side by side. When the results are there, the events are as safe as the log makes them.
   */
  append(requests: readonly Append[]): TaskEither<LogError, readonly AppendResult[]>;
  /** A stream's events in order; none for a stream that does not exist. */
  readStream(stream: StreamId, range?: ReadRange): TaskEither<LogError, readonly RecordedEvent[]>;
  /** All events of a graph and its jobs, in log order; none for a graph whose own stream has none. */
  readGraph(graphId: string, upTo?: Position | null): TaskEither<LogError, readonly RecordedEvent[]>;
  /**
   * Hands over the events of each of these graphs, as {@link readGraph} would, in any order of the graphs. One whose
   * history is not whole does not stop the others: for it comes the error that says so.
   */
  readGraphs(
    graphIds: readonly string[],
    upTo: Position,
    accept: (graphId: string, history: readonly RecordedEvent[] | LogError) => void,
  ): TaskEither<LogError, void>;
  /** The next events of the whole log. Fewer than `limit` means that there are no more for now. */
  readAll(request: ReadAll): TaskEither<LogError, readonly RecordedEvent[]>;
  /** The next events of the whole log as they were stored, whether this release can read them or not. */
  readStored(request: ReadStored): TaskEither<LogError, readonly StoredEvent[]>;
  /**
   * Takes events of another log as they are, behind what it has: with their ids, times and all, but at positions of its
   * own. Each has to be the next of its stream, and recorded no earlier than the event in front of it; one that is there
   * already under its id is passed over. Refuses (`restore-conflict`, `restore-out-of-order`) before it takes any of them.
   * An engine that cannot take all of them at once may stop between two, when it fails.
   */
  restore(events: readonly StoredEvent[]): TaskEither<LogError, void>;
  /** Where the last event taken at or before a moment stands (milliseconds since the epoch); null if there is none. */
  positionAt(moment: number): TaskEither<LogError, Position | null>;
  subscribe(request?: Subscribe): Subscription;
  /** Snapshots are a cache: losing one costs time, never facts. An older one never replaces a newer; one of the same position does. */
  loadSnapshot(name: string): TaskEither<LogError, LogSnapshot | null>;
  saveSnapshot(name: string, snapshot: LogSnapshot): TaskEither<LogError, void>;
  /**
   * Where some of the events up to a position stand: the nth of them (from 1), for each n that is chosen when their number
   * is known, in rising order. For an engine that gains by being read in several places at once, and that every thread can
   * open by its {@link address}.
   */
  positionsOf?(upTo: Position, choose: (count: number) => readonly number[]): TaskEither<LogError, readonly Position[]>;
  /** What it is an export of, for a log that is one. */
  readonly exported?: ExportHeader;
  /** What an engine has to say of itself, by name, such as its format; none if it has nothing to say. */
  describe?(): TaskEither<LogError, LogDescription>;
  /** Projections that run in the server, where there is one that can. */
  readonly projections?: ServerProjections;
  /**
   * Fails if nothing may be appended: no right to write, or storage that is damaged, as far as that can be told in a
   * moment. For whoever means to go on for long, and had better be told before; an engine without it is found out.
   */
  assertWritable?(): TaskEither<LogError, void>;
  /** Problems of the storage itself, such as damaged pages; none when it is sound. May take long. */
  check(): TaskEither<LogError, readonly string[]>;
  /** What can still be read of storage that is damaged, in words. */
  readable?(): TaskEither<LogError, string>;
  close(): Promise<void>;
}

/** Below 0 if `a` stands before `b`, above 0 if behind, 0 if they are one. Positions are one or two whole numbers; one stands for twice itself. */
export function comparePositions(a: Position, b: Position): number {
  if (a === b) return 0;
  if (!a.includes('/') && !b.includes('/')) return compareNumerals(a, b);
  const [a1 = '', a2 = a1] = a.split('/');
  const [b1 = '', b2 = b1] = b.split('/');
  return compareNumerals(a1, b1) || compareNumerals(a2, b2);
}

/** Whole numbers as decimal text without leading zeros: the longer is the larger. */
function compareNumerals(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The name of a stream, as servers and people see it. */
export function streamName(namespace: string, stream: StreamId): string {
  return stream.jobId === null
    ? `${namespace}.graph-${stream.graphId}`
    : `${namespace}.job-${stream.graphId}/${stream.jobId}`;
}

/** A stream within a namespace, as a key. Ids of graphs have no slash. */
export function streamKey({ graphId, jobId }: StreamId): string {
  return jobId === null ? graphId : `${graphId}/${jobId}`;
}

/** The most data one append may hold, in bytes as JSON: what every engine takes in one piece. */
const appendBytesMax = 900 * 1024;

/** An {@link Append} whose events carry their data as JSON. */
export interface EncodedAppend extends StreamId {
  readonly expectedRevision: number;
  readonly events: readonly EncodedEvent[];
}

export interface EncodedEvent extends Pick<NewEvent, 'id' | 'causationId' | 'actor'> {
  readonly type: DomainEvent['type'];
  readonly schemaVersion: number;
  readonly data: string;
}

/** Values are kept in an event's data: so deep that may be nested as a whole. */
const dataNestingMax = limits.nestingMax + valueNestingInData;

/**
 * Appends as engines keep them. Every engine calls this before it takes any: what is in a log stays there for ever, so
 * nothing gets in that could not be read from it.
 *
 * @throws LogError `append-too-large`, or `event-invalid` for an event that its own codec would refuse
 */
export function encodeAppends(requests: readonly Append[], address: string): readonly EncodedAppend[] {
  return requests.map(({ graphId, jobId, expectedRevision, events }) => {
    let bytes = 0;
    const encoded = events.map(({ id, event, causationId, actor }) => {
      const data = textOf(event, actor);
      bytes += Buffer.byteLength(data);
      return { id, type: event.type, schemaVersion: versionOf(event), data, causationId, actor };
    });
    if (bytes <= appendBytesMax) return { graphId, jobId, expectedRevision, events: encoded };
    const message = `an append of ${bytes} bytes to ${address} is over the limit of ${appendBytesMax}`;
    throw new LogError('append-too-large', message);
  });
}

function textOf(event: DomainEvent, actor: unknown): string {
  const invalid = (why: string) => new LogError('event-invalid', `an event cannot be written: ${why}`);
  const why = whyUnwritable(event);
  if (why !== null) throw invalid(why);
  if (typeof actor !== 'string') throw invalid(`${event.type} says who did it by a ${typeof actor}, not by a name`);
  const text = textOrWhy(event.data);
  if (E.isLeft(text)) throw invalid(`${event.type} cannot be written as JSON: ${text.left}`);
  if (isNestedDeeper(text.right, dataNestingMax)) {
    throw invalid(`${event.type} is nested deeper than ${limits.nestingMax}; at most that is kept`);
  }
  return text.right;
}

function textOrWhy(data: unknown): E.Either<string, string> {
  try {
    return E.right(JSON.stringify(data));
  } catch (error) {
    return E.left(wordsFor(error));
  }
}
