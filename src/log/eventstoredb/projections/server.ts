import { convertToCommandError, ErrorType, isCommandError } from '@eventstore/db-client';
import { isPlainObject } from '../../../prelude/json.js';
import { LogError } from '../../event-log.js';
import type { ServerProjectionState } from '../../server-projections.js';
import type { Connection } from '../protocol/connection.js';
import { readStreamRequest } from '../protocol/requests.js';
import { textOf } from '../event-encoding.js';

/** The status of a projection, as the server reports it. */
export interface ServerStatus {
  readonly name: string;
  readonly state: ServerProjectionState;
  /** Why it faulted. */
  readonly reason: string | null;
  readonly position: string;
  readonly checkpoint: string;
}

/** The source that a projection runs; `hidden` if this user may not see it, `none` if the server never had that name. */
export type RunningSource = { readonly query: string } | 'hidden' | 'none';

/** gRPC's status codes for a call that the server does not know, and for one that this user may not make. */
const unimplemented = 12;
const permissionDenied = 7;

/** Calls to the server's own management of projections, with the answers in this project's words. */
export class ProjectionServer {
  constructor(
    private readonly connection: Connection,
    private readonly address: string,
  ) {}

  async list(): Promise<ReadonlyMap<string, ServerStatus>> {
    const details = await this.ask(() => this.connection.client.listProjections({ requiresLeader: true }));
    return new Map(details.map((each) => [each.name, statusOf(each)]));
  }

  /** Null if no projection has that name. */
  async status(name: string): Promise<ServerStatus | null> {
    try {
      const details = await this.connection.client.getProjectionStatus(name, { requiresLeader: true });
      return statusOf(details);
    } catch (error) {
      if (answerIn(error) === 'NotFound') return null;
      throw this.translated(error);
    }
  }

  async create(name: string, source: string, emitEnabled: boolean): Promise<'created' | 'exists'> {
    try {
      await this.connection.client.createProjection(name, source, { emitEnabled, requiresLeader: true });
      return 'created';
    } catch (error) {
      if (answerIn(error) === 'Conflict') return 'exists';
      throw this.translated(error);
    }
  }

  async start(name: string): Promise<void> {
    await this.ask(() => this.connection.client.enableProjection(name, { requiresLeader: true }));
  }

  /** Begins to stop it; {@link ProjectionServer.status} says when it has stopped. */
  async stop(name: string, { byForce }: { readonly byForce: boolean }): Promise<void> {
    const { client } = this.connection;
    const options = { requiresLeader: true };
    await this.attempt(() =>
      byForce ? client.abortProjection(name, options) : client.disableProjection(name, options),
    );
  }

  /** Begins to delete it, with its checkpoints. It must not be running. */
  async delete(name: string): Promise<void> {
    const options = { deleteCheckpointStream: true, deleteStateStream: true, requiresLeader: true };
    await this.attempt(() => this.connection.client.deleteProjection(name, options));
  }

  /** The source it runs, read from the stream in which the server keeps it. */
  async source(name: string): Promise<RunningSource> {
    const inbox = await this.connection.read(
      readStreamRequest(`$projections-${name}`, { direction: 'backwards', limit: 1 }),
    );
    try {
      while ((await inbox.arrival()) !== 'ended') {
        for (const message of inbox.drain()) {
          if (typeof message === 'string') continue;
          const definition: unknown = JSON.parse(textOf(message.data));
          const query = isPlainObject(definition) ? definition['query'] : undefined;
          return typeof query === 'string' ? { query } : 'hidden';
        }
      }
      return 'none';
    } catch (error) {
      if (isForbidden(error)) return 'hidden';
      throw error;
    } finally {
      this.connection.release(inbox);
    }
  }

  private async ask<A>(call: () => Promise<A>): Promise<A> {
    try {
      return await call();
    } catch (error) {
      throw this.translated(error);
    }
  }

  /** Makes a call that may come too early, too late or twice, as the server is changing the projection's state. */
  private async attempt(call: () => Promise<void>): Promise<void> {
    try {
      await call();
    } catch (error) {
      const isOverlapping = answerIn(error) === 'OperationFailed' || answerIn(error) === 'NotFound';
      if (!isOverlapping && typeOf(error) !== ErrorType.DEADLINE_EXCEEDED) throw this.translated(error);
    }
  }

  private translated(error: unknown): unknown {
    const { address } = this;
    const options = { cause: error };
    if (answerIn(error) === 'NotAuthorized' || isForbidden(error)) {
      const message = `this user may not manage projections in the store ${address}: only members of $ops or $admins may`;
      return new LogError('store-access-denied', message, options);
    }
    if (
      error instanceof Error &&
      (error.message === 'Not Found' || ('code' in error && error.code === unimplemented))
    ) {
      const message = `the server of ${address} runs no projections; start it with --run-projections=All`;
      return projectionError('projections-disabled', message, options);
    }
    if (typeOf(error) === ErrorType.DEADLINE_EXCEEDED) {
      const message = `the server of ${address} does not answer about its projections; it may be starting, or changing its leader`;
      return new LogError('store-unavailable', message, { ...options, isTransient: true, outcomeUnknown: true });
    }
    return error;
  }
}

export function projectionError(
  code: 'projections-disabled' | 'projections-refused' | 'projections-unknown',
  message: string,
  options: { readonly cause?: unknown } = {},
): LogError {
  return new LogError(code, message, options);
}

/** Whether the server knows this user and denies the call. */
export function isForbidden(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === permissionDenied;
}

function typeOf(error: unknown): ErrorType | null {
  const known = error instanceof Error ? convertToCommandError(error) : error;
  return known instanceof Error && isCommandError(known) ? known.type : null;
}

/** The answer that the server's projections gave in place of the expected one. */
function answerIn(error: unknown): string | undefined {
  return error instanceof Error ? /Envelope callback expected \w+, received (\w+)/.exec(error.message)?.[1] : undefined;
}

interface Details {
  readonly name: string;
  readonly status: string;
  readonly stateReason: string;
  readonly position: string;
  readonly lastCheckpoint: string;
}

function statusOf({ name, status, stateReason, position, lastCheckpoint }: Details): ServerStatus {
  const reason = stateReason === '' ? null : stateReason;
  return { name, state: stateIn(status), reason, position, checkpoint: lastCheckpoint };
}

/** The server reports the state of the projection, perhaps followed by those of its parts: `Running/Paused`. */
function stateIn(status: string): ServerProjectionState {
  if (/Faulted/.test(status)) return 'faulted';
  if (/^Running/.test(status)) return 'running';
  if (/^Stopped \(Enabled\)/.test(status)) return 'held';
  if (/^(Stopped|Aborted|Completed)/.test(status)) return 'stopped';
  return /^Deleting/.test(status) ? 'deleting' : 'starting';
}
