/** The messages of EventStoreDB's protocol, from the server's side. */
import { createRequire } from 'node:module';
import { Metadata, status } from '@grpc/grpc-js';
import type * as featuresService from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import type * as features from '@eventstore/db-client/generated/serverfeatures_pb.js';
import type * as shared from '@eventstore/db-client/generated/shared_pb.js';
import type * as statuses from '@eventstore/db-client/generated/status_pb.js';
import type * as streams from '@eventstore/db-client/generated/streams_pb.js';
import type * as streamsService from '@eventstore/db-client/generated/streams_grpc_pb.js';
import { beyondAll, type Expected, type SentEvent, type StandingEvent } from './fake-streams.js';

// CommonJS modules whose names an `import` cannot see; and one of a package that only the client depends on.
const require = createRequire(import.meta.url);
const clients = createRequire(require.resolve('@eventstore/db-client'));

export const { StreamsService } =
  require('@eventstore/db-client/generated/streams_grpc_pb.js') as typeof streamsService;
export const { ServerFeaturesService } =
  require('@eventstore/db-client/generated/serverfeatures_grpc_pb.js') as typeof featuresService;
const { AppendResp, BatchAppendResp, DeleteResp, ReadReq, ReadResp, TombstoneResp } =
  require('@eventstore/db-client/generated/streams_pb.js') as typeof streams;
const { SupportedMethod, SupportedMethods } =
  require('@eventstore/db-client/generated/serverfeatures_pb.js') as typeof features;
const sharedMessages = require('@eventstore/db-client/generated/shared_pb.js') as typeof shared;
const { Empty, StreamIdentifier, UUID } = sharedMessages;
const { Status } = require('@eventstore/db-client/generated/status_pb.js') as typeof statuses;
type Any = NonNullable<ReturnType<statuses.Status['getDetails']>>;
const { Any } = clients('google-protobuf/google/protobuf/any_pb.js') as { Any: new () => Any };

export type { IServerFeaturesServer } from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
export type { IStreamsServer } from '@eventstore/db-client/generated/streams_grpc_pb.js';
export type AppendReq = streams.AppendReq;
export type AppendResp = streams.AppendResp;
export type BatchAppendReq = streams.BatchAppendReq;
export type BatchAppendResp = streams.BatchAppendResp;
export type ReadReq = streams.ReadReq;
export type ReadResp = streams.ReadResp;
export type ReadOptions = streams.ReadReq.Options;

// ---- what is asked

interface ProposedMessage {
  getId(): shared.UUID | undefined;
  getMetadataMap(): { get(key: string): string | undefined };
  getData_asU8(): Uint8Array;
  getCustomMetadata_asU8(): Uint8Array;
}

export function sentEvent(message: ProposedMessage): SentEvent {
  return {
    id: message.getId()!.getString(),
    type: message.getMetadataMap().get('type')!,
    isJson: message.getMetadataMap().get('content-type') === 'application/json',
    data: message.getData_asU8(),
    metadata: message.getCustomMetadata_asU8(),
  };
}

export function nameIn(identifier: shared.StreamIdentifier | undefined): string {
  return Buffer.from(identifier!.getStreamName_asU8()).toString();
}

export function isForwards(options: ReadOptions): boolean {
  return options.getReadDirection() === ReadReq.Options.ReadDirection.FORWARDS;
}

/** The size of an event as the server counts it. */
export function sizeOf({ type, data, metadata }: SentEvent): number {
  return data.length + metadata.length + 2 * type.length;
}

// ---- what is answered

export function supportedMethods(version: string): features.SupportedMethods {
  const methods = Object.values(StreamsService).map(({ path }: { path: string }) => {
    const [, service = '', method = ''] = path.toLowerCase().split('/');
    return new SupportedMethod().setServiceName(service).setMethodName(method);
  });
  return new SupportedMethods().setEventStoreServerVersion(version).setMethodsList(methods);
}

export function eventMessage(event: StandingEvent): ReadResp {
  const recorded = new ReadResp.ReadEvent.RecordedEvent()
    .setId(new UUID().setString(event.id))
    .setStreamIdentifier(new StreamIdentifier().setStreamName(Buffer.from(event.stream)))
    .setStreamRevision(event.revision === beyondAll ? String(2n ** 63n - 1n) : String(event.revision))
    .setCommitPosition(String(event.position))
    .setPreparePosition(String(event.position))
    .setData(event.data)
    .setCustomMetadata(event.metadata);
  recorded
    .getMetadataMap()
    .set('type', event.type)
    .set('created', `${event.created}0000`)
    .set('content-type', event.isJson ? 'application/json' : 'application/octet-stream');
  return new ReadResp().setEvent(new ReadResp.ReadEvent().setEvent(recorded).setCommitPosition(String(event.position)));
}

export function streamNotFound(name: string): ReadResp {
  const identifier = new StreamIdentifier().setStreamName(Buffer.from(name));
  return new ReadResp().setStreamNotFound(new ReadResp.StreamNotFound().setStreamIdentifier(identifier));
}

export const confirmation = () =>
  new ReadResp().setConfirmation(new ReadResp.SubscriptionConfirmation().setSubscriptionId('fake'));

export const caughtUp = () => new ReadResp().setCaughtUp(new ReadResp.CaughtUp());

export function checkpoint(position: number): ReadResp {
  const at = new ReadResp.Checkpoint().setCommitPosition(String(position)).setPreparePosition(String(position));
  return new ReadResp().setCheckpoint(at);
}

export function batchAppended(request: BatchAppendReq, revision: number, position: number): BatchAppendResp {
  const at = new sharedMessages.AllStreamPosition()
    .setCommitPosition(String(position))
    .setPreparePosition(String(position));
  const success = new BatchAppendResp.Success().setCurrentRevision(String(revision)).setPosition(at);
  return answerTo(request).setSuccess(success);
}

export function batchRefused(request: BatchAppendReq, message: string, details: Details): BatchAppendResp {
  const any = new Any();
  any.pack(details.bytes, details.name);
  return answerTo(request).setError(new Status().setMessage(message).setDetails(any));
}

function answerTo(request: BatchAppendReq): BatchAppendResp {
  return new BatchAppendResp()
    .setCorrelationId(request.getCorrelationId())
    .setStreamIdentifier(request.getOptions()?.getStreamIdentifier());
}

export interface Details {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const details = (name: string, message: { serializeBinary(): Uint8Array }): Details => ({
  name: `event_store.client.${name}`,
  bytes: message.serializeBinary(),
});

export const accessDenied = () => details('AccessDenied', new sharedMessages.AccessDenied());
export const timedOut = () => details('Timeout', new sharedMessages.Timeout());
export const tombstoned = () => details('StreamDeleted', new sharedMessages.StreamDeleted());
/** What a server says about itself when asked nothing more. */
export const noDetails = (): Details => ({ name: 'google.protobuf.Empty', bytes: new Uint8Array() });
export const tooLarge = (mostBytes: number) =>
  details('MaximumAppendSizeExceeded', new sharedMessages.MaximumAppendSizeExceeded().setMaxappendsize(mostBytes));

export function wrongRevision(actual: number): Details {
  const message = new sharedMessages.WrongExpectedVersion();
  if (actual >= 0) message.setCurrentStreamRevision(String(actual));
  return details('WrongExpectedVersion', message);
}

export function appended(revision: number): AppendResp {
  return new AppendResp().setSuccess(new AppendResp.Success().setCurrentRevision(String(revision)));
}

export const deleted = () => new DeleteResp().setNoPosition(new Empty());
export const buried = () => new TombstoneResp().setNoPosition(new Empty());

export function expectedIn(options: streams.BatchAppendReq.Options | streams.AppendReq.Options): Expected {
  if (options.hasAny()) return 'any';
  if (options.hasNoStream()) return -1;
  return Number('getRevision' in options ? options.getRevision() : options.getStreamPosition());
}

// ---- how calls fail

export interface Failure {
  readonly code: status;
  readonly details: string;
  readonly metadata?: Metadata;
}

function failure(code: status, text: string, headers: Readonly<Record<string, string>> = {}): Failure {
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(headers)) metadata.set(key, value);
  return { code, details: text, metadata };
}

/** The ways calls fail, in the words of a real server. */
export const failures = {
  tooSlow: () =>
    failure(
      status.ABORTED,
      'Operation timed out: Consumer too slow to handle event while live. Client resubscription required.',
    ),
  unavailable: () => failure(status.UNAVAILABLE, 'Server Is Not Ready'),
  cancelled: () => failure(status.CANCELLED, 'The server is shutting down'),
  unauthenticated: () => failure(status.UNAUTHENTICATED, 'Received HTTP status code 401'),
  noSuchPosition: () => failure(status.UNKNOWN, 'Unexpected FilteredReadAllResult: Error'),
  accessDenied: () => failure(status.PERMISSION_DENIED, 'Access Denied', { exception: 'access-denied' }),
  tombstoned: (name: string) =>
    failure(status.FAILED_PRECONDITION, `Event stream '${name}' is deleted.`, {
      exception: 'stream-deleted',
      'stream-name': name,
    }),
  notLeader: (host: string, port: number) =>
    failure(status.NOT_FOUND, 'Leader info available', {
      exception: 'not-leader',
      'leader-endpoint-host': host,
      'leader-endpoint-port': String(port),
    }),
};
