import { currentVersion, type Position, readEvent, type RecordedEvent, type StreamId } from '../../domain/events.js';
import { isPlainObject } from '../../prelude/json.js';
import { type EncodedEvent, streamName } from '../event-log.js';
import type { Proposed, StoredMessage } from './wire.js';

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
  propose({ id, type, data, causationId, actor }: EncodedEvent, graphId: string): Proposed {
    const metadata = {
      schemaVersion: currentVersion(type),
      $correlationId: graphId,
      ...(causationId === null ? {} : { $causationId: causationId }),
      actor,
    };
    return {
      id,
      type,
      contentType: 'application/json',
      data: Buffer.from(data),
      metadata: Buffer.from(JSON.stringify(metadata)),
    };
  }

  /** The event of a message, or null if it stands in none of this namespace's streams. */
  read(message: StoredMessage): RecordedEvent | null {
    const stream = this.streamOf(message.stream);
    if (stream === null) return null;
    const metadata = parse(textOf(message.metadata));
    const { schemaVersion, $causationId, actor } = isPlainObject(metadata) ? metadata : {};
    const version = typeof schemaVersion === 'number' ? schemaVersion : 1;
    const event =
      message.type === '$streamDeleted' ? deletion : readEvent(message.type, version, parse(textOf(message.data)));
    return {
      graphId: stream.graphId,
      jobId: stream.jobId,
      id: message.id,
      revision: message.revision,
      position: positionOf(message),
      recordedAt: this.timeOf(message.created),
      schemaVersion: version,
      causationId: typeof $causationId === 'string' ? $causationId : null,
      // Somebody else's program may have written it.
      actor: typeof actor === 'string' ? actor : 'unknown',
      bytes: message.data.length,
      type: event.type,
      data: event.data,
    } as RecordedEvent;
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

/** Where somebody has deleted a stream for good, the server writes an event of its own. */
const deletion = {
  type: 'Unreadable',
  data: {
    storedType: '$streamDeleted',
    problem: 'unknown-event-type',
    explanation: 'somebody has deleted this stream',
    stored: null,
  },
} as const;

/** Both halves: events of one transaction share the first. */
export function positionOf({ commit, prepare }: StoredMessage): Position {
  return `${commit}/${prepare}` as Position;
}

export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
}

/** What is no JSON is shown as it stands, and reported as malformed. */
export function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
