import { randomUUID } from 'node:crypto';
import type { Position } from '../../domain/events.js';
import { isPlainObject, parsedOrText } from '../../prelude/json.js';
import type { LogSnapshot } from '../event-log.js';
import { comparePositions } from '../../domain/positions.js';
import { answerMs, type Connection } from './protocol/connection.js';
import { isStreamDeleted } from './errors.js';
import { readStreamRequest } from './protocol/requests.js';
import { textOf } from './event-encoding.js';
import type { Proposed, StoredMessage } from './protocol/wire.js';

const chunkBytes = 512 * 1024;

/** Which part of which snapshot an event holds. */
interface ChunkMetadata {
  readonly position: Position;
  /** From 0. */
  readonly chunk: number;
  readonly chunks: number;
}

interface Chunk extends ChunkMetadata {
  readonly revision: number;
  readonly bytes: Uint8Array;
}

/**
 * Snapshots. Each name has a stream of its own, of which the server keeps only the end (`$maxCount`). A snapshot too large
 * for one event is split over several, appended one after another, each at the revision after the one before; if another
 * writer comes in between, the save is given up.
 */
export class Snapshots {
  /** By stream: how many events the server is known to keep. */
  private readonly kept = new Map<string, number>();

  constructor(
    private readonly connection: Connection,
    private readonly namespace: string,
  ) {}

  async load(name: string): Promise<LogSnapshot | null> {
    let parts: Chunk[] = [];
    for await (const chunk of this.newestFirst(name)) {
      const [next] = parts;
      // After the last whole snapshot there may be the start of one whose writer was interrupted.
      const belongs = next === undefined ? chunk.chunk === chunk.chunks - 1 : isBefore(chunk, next);
      if (!belongs) parts = [];
      if (belongs || chunk.chunk === chunk.chunks - 1) parts.unshift(chunk);
      if (parts[0]?.chunk === 0) {
        return { position: parts[0].position, bytes: Buffer.concat(parts.map((part) => part.bytes)) };
      }
    }
    return null;
  }

  async save(name: string, { position, bytes }: LogSnapshot): Promise<void> {
    const stream = this.streamName(name);
    let revision = -1;
    let last: Position | null = null;
    for await (const event of this.eventsFromEnd(stream)) {
      revision = Math.max(revision, event.revision);
      last = chunkMetadata(textOf(event.metadata))?.position ?? null;
      if (last !== null) break;
    }
    if (last !== null && comparePositions(position, last) < 0) return;
    if (revision < 0) this.kept.delete(stream);
    const chunks = Math.max(1, Math.ceil(bytes.length / chunkBytes));
    await this.keepAtLeast(stream, 2 * chunks);
    for (let chunk = 0; chunk < chunks; chunk++) {
      const metadata: ChunkMetadata = { position, chunk, chunks };
      const data = bytes.subarray(chunk * chunkBytes, (chunk + 1) * chunkBytes);
      const part = {
        type: 'Snapshot',
        contentType: 'application/octet-stream',
        data,
        metadata: json(metadata),
      } as const;
      const outcome = await this.append(stream, revision, part);
      if (outcome === null) return; // Another writer is saving one, which is as good.
      revision = outcome;
    }
  }

  /** Sets in the stream's metadata how many events the server keeps, and leaves the rest of the metadata alone. */
  private async keepAtLeast(stream: string, count: number): Promise<void> {
    const about = `$$${stream}`;
    for (let tries = 0; tries < 3 && (this.kept.get(stream) ?? 0) < count; tries++) {
      let revision = -1;
      let known: Readonly<Record<string, unknown>> = {};
      for await (const event of this.eventsFromEnd(about)) {
        revision = event.revision;
        const stored = parsedOrText(textOf(event.data));
        if (isPlainObject(stored)) known = stored;
        break;
      }
      // The stream was deleted. The server undoes that at the next append, and the next save sets the number.
      if (Number(known['$tb'] ?? 0) > Number.MAX_SAFE_INTEGER) return;
      const kept = Number(known['$maxCount'] ?? 0);
      const data = json({ ...known, $maxCount: count });
      const event = { type: '$metadata', contentType: 'application/json', data, metadata: json({}) } as const;
      if (kept >= count || (await this.append(about, revision, event)) !== null) {
        this.kept.set(stream, Math.max(kept, count));
      }
    }
  }

  /** The stream's new revision; null if another writer was faster, or it was deleted: a snapshot is only a cache. */
  private async append(stream: string, revision: number, event: Omit<Proposed, 'id'>): Promise<number | null> {
    try {
      const outcome = await this.connection.append(stream, revision, [{ id: randomUUID(), ...event }]);
      return outcome.written ? outcome.revision : null;
    } catch (error) {
      if (isStreamDeleted(error)) return null;
      throw error;
    }
  }

  private async *newestFirst(name: string): AsyncGenerator<Chunk> {
    for await (const { metadata: text, revision, data } of this.eventsFromEnd(this.streamName(name))) {
      const metadata = chunkMetadata(textOf(text));
      if (metadata !== null) yield { ...metadata, revision, bytes: data };
    }
  }

  private async *eventsFromEnd(stream: string): AsyncGenerator<StoredMessage> {
    try {
      yield* this.connection.events(readStreamRequest(stream, { direction: 'backwards' }), answerMs);
    } catch (error) {
      if (!isStreamDeleted(error)) throw error;
    }
  }

  private streamName(name: string): string {
    return `${this.namespace}.snapshot-${name}`;
  }
}

function isBefore(chunk: Chunk, next: Chunk): boolean {
  return chunk.position === next.position && chunk.chunks === next.chunks && chunk.chunk === next.chunk - 1;
}

/** Null for an event that is not ours. */
function chunkMetadata(text: string): ChunkMetadata | null {
  const metadata = parsedOrText(text);
  if (!isPlainObject(metadata)) return null;
  const { position, chunk, chunks } = metadata;
  const isOurs = typeof position === 'string' && typeof chunk === 'number' && typeof chunks === 'number';
  return isOurs ? { position: position as Position, chunk, chunks } : null;
}

function json(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}
