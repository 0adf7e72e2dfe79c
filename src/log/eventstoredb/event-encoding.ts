import type { Position, RecordedEvent, StreamId } from '../../domain/events.js';
import { isOfNamespace } from '../../domain/namespace-stream.js';
import { canonicalData, type StoredEvent } from '../../evidence/canonical-event.js';
import { contentOf } from '../../evidence/event-content.js';
import { Instant, intFrom, Uuid } from '../../prelude/codec.js';
import { isPlainObject, parsedOrText } from '../../prelude/json.js';
import { isoTime } from '../../prelude/iso-time.js';
import { type EncodedEvent, streamName } from '../event-log.js';
import type { Restored } from '../restore-check.js';
import type { Proposed, StoredMessage } from './protocol/wire.js';

const Version = intFrom(0);

const latest = Date.parse('9999-12-31T23:59:59.999Z');

/** The nearest time that can be written down. */
function possible(at: number): number {
  return Math.min(Math.max(at || 0, 0), latest);
}

/** How the server stores a namespace's events: as JSON, with metadata under the server's own names where it has some. */
export class StoredEvents {
  /** The beginnings of the names of the namespace's streams. */
  readonly prefixes: readonly [graphs: string, jobs: string];

  constructor(readonly namespace: string) {
    this.prefixes = [`${namespace}.graph-`, `${namespace}.job-`];
  }

  streamName(stream: StreamId): string {
    return streamName(this.namespace, stream);
  }

  /** @param graphId the stream's graph, as correlation id: the server's `$by_correlation_id` then lists a graph's events */
  propose({ id, type, schemaVersion, data, causationId, actor }: EncodedEvent, graphId: string): Proposed {
    const metadata = {
      schemaVersion,
      ...correlation(graphId),
      ...(causationId === null ? {} : { $causationId: causationId }),
      actor,
    };
    return proposed(id, type, data, metadata);
  }

  /** An event of another log, with the time at which it was recorded there. */
  proposeRestored({ event, text }: Restored): Proposed {
    const { id, type, schemaVersion, graphId, causationId, actor, recordedAt } = event;
    const cause = causationId === null ? {} : { $causationId: causationId };
    return proposed(id, type, text, { schemaVersion, ...correlation(graphId), ...cause, actor, recordedAt });
  }

  /** The event of a message, or null if it belongs to none of this namespace's streams. */
  read(message: StoredMessage): RecordedEvent | null {
    const envelope = this.envelopeOf(message);
    if (envelope === null) return null;
    const { type, data } = contentOf(message.type, envelope.schemaVersion, textOf(message.data)).event;
    // Assigned, not copied: this runs for every event that a worker hears of.
    return Object.assign(envelope, { bytes: message.data.length, type, data }) as RecordedEvent;
  }

  /** The event of a message as it is stored. */
  readStored(message: StoredMessage): StoredEvent | null {
    const envelope = this.envelopeOf(message);
    if (envelope === null) return null;
    return { ...envelope, type: message.type, data: canonicalData(textOf(message.data)) };
  }

  private envelopeOf(message: StoredMessage): Omit<StoredEvent, 'type' | 'data'> | null {
    const stream = this.streamOf(message.stream);
    if (stream === null) return null;
    const metadata = parsedOrText(textOf(message.metadata));
    const { schemaVersion, $causationId, actor, recordedAt } = isPlainObject(metadata) ? metadata : {};
    return {
      graphId: stream.graphId,
      jobId: stream.jobId,
      id: message.id,
      revision: message.revision,
      position: positionOf(message),
      // A restored event was recorded in the log it came from.
      recordedAt: Instant.is(recordedAt) ? recordedAt : this.timeOf(message.created),
      // Another program may have written it. What cannot be said in an export is left out.
      schemaVersion: Version.is(schemaVersion) ? schemaVersion : 1,
      causationId: Uuid.is($causationId) ? $causationId : null,
      actor: typeof actor === 'string' ? actor : 'unknown',
    };
  }

  private streamOf(name: string): StreamId | null {
    const [graphs, jobs] = this.prefixes;
    if (name.startsWith(graphs)) return { graphId: name.slice(graphs.length), jobId: null };
    if (!name.startsWith(jobs)) return null;
    const slash = name.indexOf('/', jobs.length);
    return slash < 0 ? null : { graphId: name.slice(jobs.length, slash), jobId: name.slice(slash + 1) };
  }

  /** Ticks of 100 ns since 1970 as text. Events of one millisecond share it. */
  private timeOf(ticks: string): string {
    return isoTime(possible(Number(ticks.slice(0, -4))));
  }
}

/** None for what belongs to the namespace itself: such events have nothing to do with each other. */
function correlation(graphId: string): { readonly $correlationId?: string } {
  return isOfNamespace({ graphId }) ? {} : { $correlationId: graphId };
}

function proposed(id: string, type: string, data: string, metadata: object): Proposed {
  return {
    id,
    type,
    contentType: 'application/json',
    data: Buffer.from(data),
    metadata: Buffer.from(JSON.stringify(metadata)),
  };
}

/** Both halves, since the events of one transaction share the first. */
export function positionOf({ commit, prepare }: StoredMessage): Position {
  return `${commit}/${prepare}` as Position;
}

export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
}
