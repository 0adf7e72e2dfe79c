/**
 * The canonical form of an event: one line of JSON that says all that a log holds of it, the same for every engine. The
 * lines of an export have this form, and the audit's tree is built from it, so it never changes.
 *
 * The fields have a fixed order, without white space. The position is left out: it differs from engine to engine.
 * `data` is what was stored, as a JSON parser reads it and writes it again. Where the data itself has a key `$redacted`,
 * the key gets another `$` in front, because `$redacted` marks what was redacted from an export.
 */
import * as t from '../prelude/io.js';
import { Instant, intFrom, JsonValue, orNull, problems, record, Uuid } from '../prelude/codec.js';
import { E, type Either } from '../prelude/fp.js';
import { type Json, jsonText, parsedOrText } from '../prelude/json.js';
import { Memo } from '../prelude/memo.js';
import { utf8Bytes } from '../prelude/utf8.js';
import { EventContents } from './event-content.js';
import type { EventEnvelope, Position, RecordedEvent } from '../domain/events.js';
import { hasWrongRedaction } from './payload-fields.js';
import { escapeKeys, holdsRedaction, mentionsRedaction, placeholdersFor, unescapeKeys } from './redaction-mark.js';

/** An event as it was stored, whether this release can read it or not. */
export interface StoredEvent extends Omit<EventEnvelope, 'bytes'> {
  /** Its type as stored. */
  readonly type: string;
  /** Its data as canonical JSON text. */
  readonly data: string;
}

const canonicalTexts = new Memo(canonicalOf);

/** The canonical text of data as an engine keeps it. Text that is not JSON becomes a JSON string. */
export function canonicalData(kept: string): string {
  return canonicalTexts.of(kept);
}

function canonicalOf(kept: string): string {
  const value = parsedOrText(kept);
  const text = jsonText(value as Json);
  return mentionsRedaction(text) ? jsonText(escapeKeys(value as Json)) : text;
}

/** The text an engine must keep for the given canonical text; null where something was redacted. */
export function keptData(canonical: string): string | null {
  if (!mentionsRedaction(canonical)) return canonical;
  const value = JSON.parse(canonical) as Json;
  return holdsRedaction(value) ? null : jsonText(unescapeKeys(value));
}

/** Names recur from event to event. */
const quotedNames = new Memo<string>((name) => JSON.stringify(name));

/** A text as JSON. Ids are nearly always plain, and checking that costs a third of quoting. */
function quoted(text: string): string {
  return plainText.test(text) ? `"${text}"` : JSON.stringify(text);
}

const plainText = /^[\w-]*$/;

/** The line of an event up to its data: what a leaf of the tree and a line of an export have in common. */
export function lineBeforeData(event: StoredEvent): string {
  const { graphId, jobId, revision, id, type, schemaVersion, recordedAt, causationId, actor } = event;
  const job = jobId === null ? 'null' : quoted(jobId);
  const cause = causationId === null ? 'null' : quoted(causationId);
  return `{"graphId":${quotedNames.of(graphId)},"jobId":${job},"revision":${revision},"id":${quoted(id)},"type":${quotedNames.of(type)},"schemaVersion":${schemaVersion},"recordedAt":"${recordedAt}","causationId":${cause},"actor":${quotedNames.of(actor)},"data":`;
}

/** An event's canonical line, without the line break. */
export function eventLine(event: StoredEvent): string {
  return `${lineBeforeData(event)}${event.data}}`;
}

/** What a line holds, field by field, in their order. */
const Line = record('event', {
  graphId: t.string,
  jobId: orNull(t.string),
  revision: intFrom(0),
  id: Uuid,
  type: t.string,
  schemaVersion: intFrom(0),
  recordedAt: Instant,
  causationId: orNull(Uuid),
  actor: t.string,
  data: JsonValue,
});

/** The event that a parsed value describes, or the first thing wrong with it. The event gets the given position. */
export function eventOf(value: unknown, position: Position): Either<string, StoredEvent> {
  // Nearly every line is a valid one, which takes a third of the time to see that it takes to find out what is wrong.
  if (!Line.is(value)) return E.left(whatIsWrong(value));
  const { graphId, jobId, revision, id, type, schemaVersion, recordedAt, causationId, actor } = value;
  const data = jsonText(value.data);
  if (mentionsRedaction(data) && hasWrongRedaction(value.data)) {
    return E.left('something is marked as redacted that cannot be, or the mark is not a valid one');
  }
  return E.right({ graphId, jobId, revision, id, type, schemaVersion, recordedAt, causationId, actor, position, data });
}

function whatIsWrong(value: unknown): string {
  const decoded = Line.decode(value);
  return (E.isLeft(decoded) ? problems(decoded.left)[0] : undefined) ?? 'it is not a valid event';
}

/** The same in today's shape. The data, which a parser has read with the rest, are not read again. */
export function recordedEventOf(value: unknown, position: Position): Either<string, RecordedEvent> {
  const stored = eventOf(value, position);
  if (E.isLeft(stored)) return stored;
  const { data } = value as { readonly data: Json };
  return E.right(recordedAs(stored.right, mentionsRedaction(stored.right.data) ? readData : parsedTo(data)));
}

function parsedTo(value: Json): typeof readData {
  return (canonical) => ({ value, bytes: utf8Bytes(canonical) });
}

/** The event of a canonical line, or what is wrong: the text must be what {@link eventLine} writes, to the byte. */
export function readEventLine(line: string, position: Position): Either<string, StoredEvent> {
  const value = E.tryCatch(
    () => JSON.parse(line) as unknown,
    () => 'it is not JSON',
  );
  if (E.isLeft(value)) return value;
  const event = eventOf(value.right, position);
  if (E.isLeft(event)) return event;
  return eventLine(event.right) === line ? event : E.left('it is not written as an export writes it');
}

/** Redacted values are replaced by placeholders of the same kind. */
function readData(canonical: string): { readonly value: Json; readonly bytes: number } {
  const kept = keptData(canonical);
  const value = JSON.parse(kept ?? canonical) as Json;
  return { value: kept === null ? placeholdersFor(value) : value, bytes: utf8Bytes(kept ?? canonical) };
}

const contents = new EventContents(readData);

/** A stored event in today's shape. */
export function recordedEvent(stored: StoredEvent): RecordedEvent {
  return recordedAs(stored, readData);
}

function recordedAs(stored: StoredEvent, read: typeof readData): RecordedEvent {
  const { graphId, jobId, id, revision, position, recordedAt, schemaVersion, causationId, actor } = stored;
  const { event, bytes } = contents.of(stored.type, schemaVersion, stored.data, read);
  return {
    graphId,
    jobId,
    id,
    revision,
    position,
    recordedAt,
    schemaVersion,
    causationId,
    actor,
    bytes,
    type: event.type,
    data: event.data,
  } as RecordedEvent;
}
