import { randomUUID } from 'node:crypto';
import type { Position } from '../../domain/events.js';
import { isPlainObject } from '../../prelude/json.js';
import { comparePositions, type LogSnapshot } from '../event-log.js';
import type { Connection } from './connection.js';
import { readStreamRequest } from './requests.js';
import { textOf } from './stored-events.js';

const chunkBytes = 512 * 1024;

/** Says which part of which snapshot an event holds. */
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
 * Snapshots, each name in a stream of its own of which the server keeps only the end (`$maxCount`). One too large for an
 * event is kept in several, appended one behind the other, so that a writer who comes in between makes it fail.
 */
export class Snapshots {
  /** How many events the server is known to keep, by stream. */
  private readonly kept = new Map<string, number>();

  constructor(
    private readonly connection: Connection,
    private readonly namespace: string,
  ) {}

  async load(name: string): Promise<LogSnapshot | null> {
    let parts: Chunk[] = [];
    for await (const chunk of this.newestFirst(name)) {
      const [next] = parts;
      // Behind the last whole one there may be the beginning of one whose writer was cut off.
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
    let last: Chunk | null = null;
    for await (const chunk of this.newestFirst(name)) {
      last = chunk;
      break;
    }
    const isNewer = last === null || comparePositions(position, last.position) > 0;
    if (!isNewer) return;
    const chunks = Math.max(1, Math.ceil(bytes.length / chunkBytes));
    await this.keepAtLeast(stream, 2 * chunks);
    let revision = last?.revision ?? -1;
    for (let chunk = 0; chunk < chunks; chunk++) {
      const metadata: ChunkMetadata = { position, chunk, chunks };
      const part = {
        id: randomUUID(),
        type: 'Snapshot',
        contentType: 'application/octet-stream',
        data: bytes.subarray(chunk * chunkBytes, (chunk + 1) * chunkBytes),
        metadata: Buffer.from(JSON.stringify(metadata)),
      } as const;
      const outcome = await this.connection.append(stream, revision, [part]);
      if (!outcome.written) return; // Somebody else saves one just now, which is as good.
      revision = outcome.revision;
    }
  }

  private async keepAtLeast(stream: string, count: number): Promise<void> {
    let kept = this.kept.get(stream);
    if (kept === undefined) {
      const { metadata } = await this.connection.client.getStreamMetadata(stream);
      kept = metadata?.maxCount ?? 0;
    }
    if (kept < count) await this.connection.client.setStreamMetadata(stream, { maxCount: count });
    this.kept.set(stream, Math.max(kept, count));
  }

  private async *newestFirst(name: string): AsyncGenerator<Chunk> {
    const request = readStreamRequest(this.streamName(name), { direction: 'backwards' });
    for await (const { metadata: text, revision, data } of this.connection.events(request)) {
      const metadata = chunkMetadata(textOf(text));
      if (metadata !== null) yield { ...metadata, revision, bytes: data };
    }
  }

  private streamName(name: string): string {
    return `${this.namespace}.snapshot-${name}`;
  }
}

function isBefore(chunk: Chunk, next: Chunk): boolean {
  return chunk.position === next.position && chunk.chunks === next.chunks && chunk.chunk === next.chunk - 1;
}

/** Null for what somebody else has put there. */
function chunkMetadata(text: string): ChunkMetadata | null {
  try {
    const metadata: unknown = JSON.parse(text);
    if (!isPlainObject(metadata)) return null;
    const { position, chunk, chunks } = metadata;
    const isOurs = typeof position === 'string' && typeof chunk === 'number' && typeof chunks === 'number';
    return isOurs ? { position: position as Position, chunk, chunks } : null;
  } catch {
    return null;
  }
}
