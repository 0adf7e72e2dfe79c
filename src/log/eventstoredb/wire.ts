/**
 * The messages of the server's protocol, as @eventstore/db-client generates them. They are CommonJS modules whose names
 * an `import` cannot see.
 */
import { createRequire } from 'node:module';
import type * as streamsService from '@eventstore/db-client/generated/streams_grpc_pb.js';
import type * as streams from '@eventstore/db-client/generated/streams_pb.js';
import type * as shared from '@eventstore/db-client/generated/shared_pb.js';
import type * as unpacking from '@eventstore/db-client/dist/streams/appendToStream/unpackError.js';

const require = createRequire(import.meta.url);

export const { StreamsClient } = require('@eventstore/db-client/generated/streams_grpc_pb.js') as typeof streamsService;
export const { BatchAppendReq, ReadReq } = require('@eventstore/db-client/generated/streams_pb.js') as typeof streams;
export const { Empty, StreamIdentifier, UUID } =
  require('@eventstore/db-client/generated/shared_pb.js') as typeof shared;
/** Makes the client's error of what the server answers to an append. */
export const { unpackToCommandError } =
  require('@eventstore/db-client/dist/streams/appendToStream/unpackError.js') as typeof unpacking;

export type StreamsClient = streamsService.StreamsClient;
export type BatchAppendReq = streams.BatchAppendReq;
export type BatchAppendResp = streams.BatchAppendResp;
export type ReadReq = streams.ReadReq;
export type ReadResp = streams.ReadResp;
export type RecordedMessage = streams.ReadResp.ReadEvent.RecordedEvent;
