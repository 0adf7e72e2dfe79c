import { StreamNotFoundError } from '@eventstore/db-client';
import { randomUUID } from 'node:crypto';
import type { Position } from '../../domain/events.js';
import { answerMs, type Connection } from './protocol/connection.js';
import { isStreamDeleted } from './errors.js';
import { readStreamRequest } from './protocol/requests.js';
import { positionOf } from './event-encoding.js';

/** What is known of the mark: where it stands, that there is none, or that it cannot be relied on. */
type Mark = Position | 'none' | 'deleted';

/**
 * Where a namespace begins. One server may serve many of them, and to look for a namespace's first event in the log of
 * all takes seconds for every million of the others'. So before the first event of a namespace goes in, a mark does, in
 * a stream of its own: whoever reads from the start begins there, and without a mark there is nothing to be read.
 */
export class NamespaceMark {
  private readonly stream: string;
  private known: Mark = 'none';
  private ensuring: Promise<void> | null = null;
  private isThere = false;

  constructor(
    private readonly connection: Connection,
    namespace: string,
    /** Reads where the whole log ends. */
    private readonly end: () => Promise<Position | null>,
  ) {
    this.stream = `${namespace}.begin-mark`;
  }

  get isEnsured(): boolean {
    return this.isThere;
  }

  /** Sees to it that there is a mark. Nothing may be appended before. */
  ensure(): Promise<void> {
    const write = async () => {
      try {
        await this.write();
        this.isThere = true;
      } finally {
        this.ensuring = null;
      }
    };
    this.ensuring ??= write();
    return this.ensuring;
  }

  /** The place behind which all events of the namespace stand; null for the start of the log. */
  async place(): Promise<Position | null> {
    if (this.known === 'none') {
      // Read first: should the mark be written just now, then behind this.
      const end = await this.end();
      this.known = await this.read();
      if (this.known === 'none') return end;
    }
    return this.known === 'deleted' ? null : this.known;
  }

  private async write(): Promise<void> {
    this.known = await this.read();
    if (this.known !== 'none') return;
    const mark = {
      id: randomUUID(),
      type: 'NamespaceBegun',
      contentType: 'application/json',
      data: Buffer.from('{}'),
      metadata: Buffer.from('{}'),
    } as const;
    await this.connection.append(this.stream, -1, [mark]);
    this.known = await this.read();
  }

  private async read(): Promise<Mark> {
    try {
      // A mark that was deleted and written again stands somewhere in the middle.
      for await (const event of this.connection.events(readStreamRequest(this.stream, { limit: 1 }), answerMs))
        return event.revision === 0 ? positionOf(event) : 'deleted';
    } catch (error) {
      if (isStreamDeleted(error)) return 'deleted';
      throw error;
    }
    return (await this.wasDeleted()) ? 'deleted' : 'none';
  }

  private async wasDeleted(): Promise<boolean> {
    try {
      const { metadata } = await this.connection.client.getStreamMetadata(this.stream);
      return metadata?.truncateBefore !== undefined;
    } catch (error) {
      if (error instanceof StreamNotFoundError) return false;
      throw error;
    }
  }
}
