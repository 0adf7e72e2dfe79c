import { StreamNotFoundError } from '@eventstore/db-client';
import { randomUUID } from 'node:crypto';
import type { Position } from '../../domain/events.js';
import { answerMs, type Connection } from './protocol/connection.js';
import { isStreamDeleted } from './errors.js';
import { readStreamRequest } from './protocol/requests.js';
import { positionOf } from './event-encoding.js';

/** What is known of the mark: its position, that there is none, or that it was deleted and says nothing any more. */
type Mark = Position | 'none' | 'deleted';

/**
 * Marks where a namespace begins. One server may hold many namespaces, and looking for the first event of one takes
 * seconds for every million events of the others. So a mark is written, to a stream of its own, before the first event of
 * a namespace. Whoever reads from the start begins at the mark; without a mark there is nothing to read.
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

  /** Writes the mark if there is none. Nothing may be appended before. */
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

  /** A position that all events of the namespace come after; null for the start of the log. */
  async place(): Promise<Position | null> {
    if (this.known === 'none') {
      // The end is read first: a mark that is written meanwhile comes after it.
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
      // A mark that was deleted and written again comes somewhere after the beginning.
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
