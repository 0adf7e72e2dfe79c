import { ErrorType, isCommandError } from '@eventstore/db-client';
import type { Position } from '../../../domain/events.js';
import { LogError } from '../../event-log.js';
import { comparePositions } from '../../../domain/positions.js';
import { lagMax } from '../../server-projections.js';
import { NamespaceMark } from '../namespace-mark.js';
import type { Connection } from '../protocol/connection.js';
import { inParallel } from '../protocol/waiting.js';
import type { Recorded } from './record.js';
import { isForbidden } from './server.js';
import { readAllRequest, readStreamRequest } from '../protocol/requests.js';
import { positionOf } from '../event-encoding.js';
import type { ReadReq, StoredMessage } from '../protocol/wire.js';

const callsAtOnce = 16;

/** The streams that projections read and write. */
export class ProjectionStreams {
  private readonly namespaceMark: NamespaceMark;

  constructor(
    private readonly connection: Connection,
    private readonly namespace: string,
    private readonly address: string,
  ) {
    this.namespaceMark = new NamespaceMark(connection, namespace, () => this.end());
  }

  /** A projection reads with the rights of the user who installed it; without the right, it would silently do nothing. */
  async mustBeReadable(): Promise<void> {
    try {
      await this.end();
    } catch (error) {
      if (!isForbidden(error)) throw error;
      const message = `projections read the whole log with the rights of the user who installs them, and this user may not read $all of the store ${this.address}; a member of $admins may`;
      throw new LogError('store-access-denied', message, { cause: error });
    }
  }

  /**
   * The streams that a projection has written. The streams in which the server kept the checkpoints of its partitions,
   * which nothing else reads, are deleted on the way.
   */
  async writtenBy({ name, writes, since }: Recorded): Promise<readonly string[]> {
    const checkpoints = `$projections-${name}-`;
    const written = new Set<string>();
    const ofPartitions = new Set<string>();
    const prefixes = [checkpoints, ...writes];
    for await (const { stream } of this.messages(
      readAllRequest(since, 'forwards', Number.MAX_SAFE_INTEGER, prefixes),
    )) {
      if (stream.startsWith(checkpoints)) ofPartitions.add(stream);
      else if (writes.some((each) => stream === each || (each.endsWith('-') && stream.startsWith(each))))
        written.add(stream);
    }
    try {
      await this.delete([...ofPartitions]);
    } catch (error) {
      if (!isForbidden(error)) throw error; // They do no harm if they stay.
    }
    const isThere = await inParallel(callsAtOnce, [...written], (stream) => this.isThere(stream));
    return [...written].filter((_, index) => isThere[index]);
  }

  async delete(streams: readonly string[]): Promise<void> {
    await inParallel(callsAtOnce, streams, async (stream) => {
      try {
        await this.connection.client.deleteStream(stream);
      } catch (error) {
        if (!isGone(error)) throw error;
      }
    });
  }

  /** How many events a projection has yet to read after its position. */
  async lagAt(position: string): Promise<number> {
    const [, commit, prepare] = /^C:(-?\d+)\/P:(-?\d+)$/.exec(position) ?? [];
    if (commit !== undefined) {
      const from = await this.atLeastBeginning(Number(commit) > 0 ? (`${commit}/${prepare}` as Position) : null);
      const prefixes = [`${this.namespace}.graph-`, `${this.namespace}.job-`];
      let lag = 0;
      for await (const message of this.messages(readAllRequest(from, 'forwards', lagMax + 2, prefixes))) {
        if (positionOf(message) !== from) lag += 1;
      }
      return lag;
    }
    const [, stream = '', revision = '-1'] = /^(.*): (-?\d+)$/s.exec(position) ?? [];
    if (stream === '') return 0;
    for await (const last of this.messages(readStreamRequest(stream, { direction: 'backwards', limit: 1 }))) {
      return last.revision - Number(revision);
    }
    return 0;
  }

  /** Whether a stream exists. The events of a deleted one stay in the log until the server scavenges. */
  private async isThere(stream: string): Promise<boolean> {
    try {
      for await (const _ of this.messages(readStreamRequest(stream, { direction: 'backwards', limit: 1 }))) return true;
    } catch (error) {
      if (!isGone(error)) throw error;
    }
    return false;
  }

  /** A position, or where the namespace begins if that is later. */
  private async atLeastBeginning(position: Position | null): Promise<Position | null> {
    const beginning = await this.namespaceMark.place();
    if (position === null || beginning === null) return position ?? beginning;
    return comparePositions(position, beginning) < 0 ? beginning : position;
  }

  private async end(): Promise<Position | null> {
    for await (const message of this.messages(readAllRequest(null, 'backwards', 1, null))) return positionOf(message);
    return null;
  }

  private async *messages(request: ReadReq): AsyncGenerator<StoredMessage> {
    const inbox = await this.connection.read(request);
    try {
      while ((await inbox.arrival()) !== 'ended') {
        for (const message of inbox.drain()) if (typeof message !== 'string') yield message;
      }
    } finally {
      this.connection.release(inbox);
    }
  }
}

function isGone(error: unknown): boolean {
  if (!(error instanceof Error) || !isCommandError(error)) return false;
  return [ErrorType.STREAM_NOT_FOUND, ErrorType.STREAM_DELETED, ErrorType.WRONG_EXPECTED_VERSION].includes(error.type);
}
