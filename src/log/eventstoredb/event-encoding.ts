import type { Position, RecordedEvent, StreamId } from '../../domain/events.js';
import { canonicalData, type StoredEvent } from '../../evidence/canonical-event.js';
import { eventOfText } from '../../evidence/event-content.js';
import { Instant } from '../../prelude/codec.js';
import { isPlainObject, parsedOrText } from '../../prelude/json.js';
import { type EncodedEvent, streamName } from '../event-log.js';
import type { Restored } from '../restore-check.js';
import type { Proposed, StoredMessage } from './protocol/wire.js';

/** How events of a namespace stand in the server: as JSON, with metadata in the server's own words where it has some. */
export class StoredEvents {
  /** What the names of a namespace's streams begin with. */
  readonly prefixes: readonly [graphs: string, jobs: string];
  private lastTime = { ticks: '', text: '' };

  constructor(readonly namespace: string) {
    this.prefixes = [`${namespace}.graph-`, `${namespace}.job-`];
  }

  streamName(stream: StreamId): string {
    return streamName(this.namespace, stream);
  }

  /** @param graphId that of the stream: the server's projection by correlation makes it a graph's story */
  propose({ id, type, schemaVersion, data, causationId, actor }: EncodedEvent, graphId: string): Proposed {
    const metadata = {
      schemaVersion,
      $correlationId: graphId,
      ...(causationId === null ? {} : { $causationId: causationId }),
      actor,
    };
    return proposed(id, type, data, metadata);
  }

  /** An event of another log, with the time at which that took it. */
  proposeRestored({ event, text }: Restored): Proposed {
    const { id, type, schemaVersion, graphId, causationId, actor, recordedAt } = event;
    const cause = causationId === null ? {} : { $causationId: causationId };
    return proposed(id, type, text, { schemaVersion, $correlationId: graphId, ...cause, actor, recordedAt });
  }

  /** The event of a message, or null if it stands in none of this namespace's streams. */
  read(message: StoredMessage): RecordedEvent | null {
    const envelope = this.envelopeOf(message);
    if (envelope === null) return null;
    const { type, data } = eventOfText(message.type, envelope.schemaVersion, textOf(message.data));
    // Added to and not copied: this is done for every event that a worker hears of.
    return Object.assign(envelope, { bytes: message.data.length, type, data }) as RecordedEvent;
  }

  /** The same event as it is stored. */
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
      // What came from another log was recorded there.
      recordedAt: Instant.is(recordedAt) ? recordedAt : this.timeOf(message.created),
      schemaVersion: typeof schemaVersion === 'number' ? schemaVersion : 1,
      causationId: typeof $causationId === 'string' ? $causationId : null,
      // Somebody else's program may have written it.
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

  /** Of a time in ticks of 100 ns since 1970. Events of one moment share its text. */
  private timeOf(ticks: string): string {
    const milliseconds = ticks.slice(0, -4) || '0';
    if (milliseconds !== this.lastTime.ticks) {
      this.lastTime = { ticks: milliseconds, text: new Date(Number(milliseconds)).toISOString() };
    }
    return this.lastTime.text;
  }
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

/** Both halves: events of one transaction share the first. */
export function positionOf({ commit, prepare }: StoredMessage): Position {
  return `${commit}/${prepare}` as Position;
}

export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
}
