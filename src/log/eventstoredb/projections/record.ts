import { StreamDeletedError } from '@eventstore/db-client';
import { randomUUID } from 'node:crypto';
import type { Position } from '../../../domain/events.js';
import { isPlainObject } from '../../../prelude/json.js';
import type { ServerProjection } from '../../server-projections.js';
import type { Connection } from '../protocol/connection.js';
import type { ProjectionSource } from './sources.js';
import { readStreamRequest } from '../protocol/requests.js';
import { positionOf, textOf } from '../event-encoding.js';
import type { StoredMessage } from '../protocol/wire.js';

/** What the record says of a projection: that it was installed, and perhaps removed again. */
export interface Recorded extends ServerProjection {
  readonly isInstalled: boolean;
  /** Hash of the source it was installed from. */
  readonly sha256: string;
  /** What the names of the streams it writes begin with. */
  readonly writes: readonly string[];
  readonly needs: readonly string[];
  /** Whether it was removed without the streams it wrote. */
  readonly hasLeftStreams: boolean;
  /** All that it has written comes after this. */
  readonly since: Position;
}

export interface ProjectionRecord {
  /** By name on the server. */
  readonly projections: ReadonlyMap<string, Recorded>;
  /** Revision of the stream that holds the record. */
  readonly revision: number;
}

/**
 * The record of what this library has installed for a namespace: a stream of its own. An entry is written before a
 * projection is created, and after one is deleted, so that none of ours is ever taken for a foreign one. It is written at
 * the revision that was read, so that of two who work at once, one must start again.
 */
export class ProjectionRecords {
  private readonly stream: string;

  constructor(
    private readonly connection: Connection,
    namespace: string,
  ) {
    this.stream = `${namespace}.projections`;
  }

  async read(): Promise<ProjectionRecord> {
    const projections = new Map<string, Recorded>();
    let revision = -1;
    const inbox = await this.connection.read(readStreamRequest(this.stream));
    try {
      while ((await inbox.arrival()) !== 'ended') {
        for (const message of inbox.drain()) {
          if (typeof message === 'string') continue;
          revision = message.revision;
          note(projections, message);
        }
      }
    } catch (error) {
      if (!(error instanceof StreamDeletedError)) throw error;
    } finally {
      this.connection.release(inbox);
    }
    return { projections, revision };
  }

  /** False if the record was changed since it was read. */
  async installed({ name, projection, version, sha256, writes, needs }: ProjectionSource, at: ProjectionRecord) {
    return await this.append('ProjectionInstalled', { name, projection, version, sha256, writes, needs }, at);
  }

  async removed({ name }: ServerProjection, hasLeftStreams: boolean, at: ProjectionRecord) {
    return await this.append('ProjectionRemoved', { name, hasLeftStreams }, at);
  }

  private async append(type: string, data: Readonly<Record<string, unknown>>, at: ProjectionRecord): Promise<boolean> {
    const event = {
      id: randomUUID(),
      type,
      contentType: 'application/json',
      data: Buffer.from(JSON.stringify(data)),
      metadata: Buffer.from(JSON.stringify({ schemaVersion: 1 })),
    } as const;
    return (await this.connection.append(this.stream, at.revision, [event])).written;
  }
}

function note(projections: Map<string, Recorded>, message: StoredMessage): void {
  const data: unknown = JSON.parse(textOf(message.data));
  if (!isPlainObject(data) || typeof data['name'] !== 'string') return;
  const before = projections.get(data['name']);
  if (message.type === 'ProjectionInstalled') {
    const { name, projection, version, sha256, writes, needs } = data as unknown as ProjectionSource;
    const since = before?.isInstalled === true || before?.hasLeftStreams === true ? before.since : positionOf(message);
    projections.set(name, {
      ...{ name, projection, version, sha256, writes, needs, since },
      isInstalled: true,
      hasLeftStreams: false,
    });
  } else if (message.type === 'ProjectionRemoved' && before !== undefined) {
    projections.set(before.name, { ...before, isInstalled: false, hasLeftStreams: data['hasLeftStreams'] === true });
  }
}
