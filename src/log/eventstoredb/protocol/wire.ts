/**
 * The messages of the server's protocol that this engine uses. Those that come with every event are written and read
 * field by field, at a fraction of the cost of the classes that @eventstore/db-client generates; the others use those
 * classes. The numbers below are the field numbers in the server's `streams.proto`.
 */
// An import by name does not see the names that these modules export.
import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import unpacking from '@eventstore/db-client/dist/streams/appendToStream/unpackError.js';
import protobuf from 'protobufjs/minimal.js';

const { BatchAppendResp } = streams;
const { unpackToCommandError } = unpacking;

export const { ReadReq } = streams;
export const { Empty, StreamIdentifier } = shared;
export type ReadReq = streams.ReadReq;

/** An event for the server to store. */
export interface Proposed {
  readonly id: string;
  readonly type: string;
  readonly contentType: 'application/json' | 'application/octet-stream';
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
}

export interface AppendRequest {
  readonly correlationId: string;
  readonly stream: string;
  /** -1 for a stream that does not exist. */
  readonly expectedRevision: number;
  readonly events: readonly Proposed[];
}

export interface AppendAnswer {
  readonly correlationId: string;
  /** The stream's new revision, or why the events were not appended. */
  readonly outcome: number | Error;
}

/** An event as the server stores it. */
export interface StoredMessage {
  readonly id: string;
  readonly stream: string;
  readonly revision: number;
  /** The halves of its position. */
  readonly commit: number;
  readonly prepare: number;
  readonly type: string;
  /** In ticks of 100 ns since 1970. */
  readonly created: string;
  readonly metadata: Uint8Array;
  readonly data: Uint8Array;
}

export type ReadMessage = StoredMessage | 'caught up' | 'something else';

export const batchAppendMethod = {
  path: '/event_store.client.streams.Streams/BatchAppend',
  serialize: writeAppend,
  deserialize: readAnswer,
};

export const readMethod = {
  path: '/event_store.client.streams.Streams/Read',
  serialize: (request: ReadReq) => Buffer.from(request.serializeBinary()),
  deserialize: readMessage,
};

// ---- writing

const numeral = (field: number) => field << 3;
const bytes = (field: number) => (field << 3) | 2;

/** An append carries no deadline: the server would compare it with its own clock, and refuse a host whose clock is slow. */
function writeAppend({ correlationId, stream, expectedRevision, events }: AppendRequest): Buffer {
  const writer = protobuf.Writer.create();
  writer.uint32(bytes(1)).fork().uint32(bytes(2)).string(correlationId).ldelim();
  writer.uint32(bytes(2)).fork(); // options
  writer.uint32(bytes(1)).fork().uint32(bytes(3)).string(stream).ldelim();
  if (expectedRevision < 0) writer.uint32(bytes(3)).fork().ldelim();
  else writer.uint32(numeral(2)).uint64(expectedRevision);
  writer.ldelim();
  for (const { id, type, contentType, data, metadata } of events) {
    writer.uint32(bytes(3)).fork();
    writer.uint32(bytes(1)).fork().uint32(bytes(2)).string(id).ldelim();
    writer.uint32(bytes(2)).bytes(property('type', type)).uint32(bytes(2)).bytes(property('content-type', contentType));
    writer.uint32(bytes(3)).bytes(metadata).uint32(bytes(4)).bytes(data).ldelim();
  }
  writer.uint32(numeral(4)).bool(true); // final
  const written = writer.finish();
  return Buffer.from(written.buffer, written.byteOffset, written.length);
}

const properties = new Map<string, Uint8Array>();

/** A property of an event, as a message. There are few types, so few properties, and each is made once. */
function property(key: string, value: string): Uint8Array {
  const name = `${key}=${value}`;
  const made = properties.get(name);
  if (made !== undefined) return made;
  const message = protobuf.Writer.create().uint32(bytes(1)).string(key).uint32(bytes(2)).string(value).finish();
  properties.set(name, message);
  return message;
}

// ---- reading

/** How to read the fields of a message, by number; others are skipped. */
type Fields<Target> = Readonly<Record<number, (target: Target, reader: protobuf.Reader) => void>>;

function fill<Target>(target: Target, fields: Fields<Target>, reader: protobuf.Reader, end = reader.len): Target {
  while (reader.pos < end) {
    const tag = reader.uint32();
    const read = fields[tag >>> 3];
    if (read === undefined) reader.skipType(tag & 7);
    else read(target, reader);
  }
  return target;
}

/** A message within a message, whose fields go into the same target. */
function within<Target>(fields: Fields<Target>): Fields<Target>[number] {
  return (target, reader) => {
    const length = reader.uint32();
    fill(target, fields, reader, reader.pos + length);
  };
}

/** Revisions and positions are below 2^53: a position is a byte offset in the server's files. */
function whole(reader: protobuf.Reader): number {
  const value = reader.uint64();
  return typeof value === 'number' ? value : value.high * 2 ** 32 + (value.low >>> 0);
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

const answerFields: Fields<Writable<AppendAnswer> & { isError: boolean }> = {
  1: within({ 2: (answer, reader) => (answer.correlationId = reader.string()) }),
  2: (answer, reader) => {
    answer.isError = true;
    reader.skipType(2);
  },
  3: within({ 1: (answer, reader) => (answer.outcome = whole(reader)) }),
};

function readAnswer(message: Buffer): AppendAnswer {
  const target = { correlationId: '', outcome: -1, isError: false };
  const { correlationId, outcome, isError } = fill(target, answerFields, protobuf.Reader.create(message));
  return { correlationId, outcome: isError ? errorIn(message) : outcome };
}

function errorIn(message: Buffer): Error {
  const answer = BatchAppendResp.deserializeBinary(message);
  const stream = Buffer.from(answer.getStreamIdentifier()?.getStreamName_asU8() ?? []).toString();
  return unpackToCommandError(answer.getError()!, stream);
}

interface Property {
  key: string;
  value: string;
}

const propertyFields: Fields<Property> = {
  1: (property, reader) => (property.key = reader.string()),
  2: (property, reader) => (property.value = reader.string()),
};

const storedFields: Fields<Writable<StoredMessage>> = {
  1: within({ 2: (event, reader) => (event.id = reader.string()) }),
  2: within({ 3: (event, reader) => (event.stream = reader.string()) }),
  3: (event, reader) => (event.revision = whole(reader)),
  4: (event, reader) => (event.prepare = whole(reader)),
  5: (event, reader) => (event.commit = whole(reader)),
  6: (event, reader) => {
    const length = reader.uint32();
    const { key, value } = fill({ key: '', value: '' }, propertyFields, reader, reader.pos + length);
    if (key === 'type') event.type = value;
    if (key === 'created') event.created = value;
  },
  7: (event, reader) => (event.metadata = reader.bytes()),
  8: (event, reader) => (event.data = reader.bytes()),
};

const noBytes = new Uint8Array();

const messageFields: Fields<{ content: ReadMessage }> = {
  1: (message, reader) => {
    const stored = {
      id: '',
      stream: '',
      revision: 0,
      commit: 0,
      prepare: 0,
      type: '',
      created: '',
      metadata: noBytes,
      data: noBytes,
    };
    const length = reader.uint32();
    message.content = fill<Writable<StoredMessage>>(stored, eventFields, reader, reader.pos + length);
  },
  8: (message, reader) => {
    message.content = 'caught up';
    reader.skipType(2);
  },
};

const eventFields: Fields<Writable<StoredMessage>> = { 1: within(storedFields) };

function readMessage(message: Buffer): ReadMessage {
  return fill<{ content: ReadMessage }>({ content: 'something else' }, messageFields, protobuf.Reader.create(message))
    .content;
}
