import {
  type AccessDeniedError,
  convertToCommandError,
  ErrorType,
  isCommandError,
  NotLeaderError,
  StreamDeletedError,
  TimeoutError,
} from '@eventstore/db-client';
import { LogError } from '../event-log.js';

/** gRPC's status code for credentials that are missing or wrong. */
const unauthenticated: number = 16;

/** An error of the server, the client or the network in this project's words. What may pass by itself is transient. */
export function asLogError(error: unknown, address: string): LogError {
  if (error instanceof LogError) return error;
  if (!(error instanceof Error)) return unavailable(`the store ${address} failed: ${String(error)}`, error);
  // A bug in this program, or data that JSON cannot hold.
  if (error instanceof TypeError) return new LogError('store-unavailable', error.message, { cause: error });
  const known = convertToCommandError(error);
  if (!isCommandError(known))
    return unavailable(
      `the store ${address} cannot be reached: ${whyUnavailable(known.message, address.includes('tls=false'))}`,
      error,
    );
  switch (known.type) {
    case ErrorType.ACCESS_DENIED:
      return accessError(known, address);
    case ErrorType.STREAM_DELETED: {
      const { streamName } = known;
      return historyMissing(`stream ${streamName} of the store ${address} was deleted`, known);
    }
    case ErrorType.MAXIMUM_APPEND_SIZE_EXCEEDED: {
      const message = `an append to ${address} is larger than this server takes; raise its --max-append-size to 1 MiB or more`;
      return new LogError('append-too-large', message, { cause: known });
    }
    case ErrorType.UNSUPPORTED:
      return new LogError('store-server-too-old', `the server of ${address} is too old: ${known.message}`, {
        cause: known,
      });
    case ErrorType.NOT_LEADER:
      return unavailable(`the store ${address} has no leader at the moment`, known);
    case ErrorType.UNAVAILABLE:
      return unavailable(
        `the store ${address} cannot be reached: ${whyUnavailable(known.message, address.includes('tls=false'))}`,
        known,
      );
    case ErrorType.UNKNOWN:
      if (/ReadAllResult: (Error|InvalidPosition)/.test(known.message)) {
        const message = `the store ${address} has no event at that position, or the server cannot read it`;
        return new LogError('position-invalid', message, { cause: known });
      }
      return unavailable(`the store ${address} failed: ${known.message}`, known);
    default:
      return unavailable(`the store ${address} failed: ${known.message || known.type}`, known);
  }
}

/** Whether a node refuses because it is not the leader. */
export function isNotLeader(error: unknown): boolean {
  return error instanceof Error && convertToCommandError(error) instanceof NotLeaderError;
}

export function isStreamDeleted(error: unknown): boolean {
  return error instanceof Error && convertToCommandError(error) instanceof StreamDeletedError;
}

/** Whether the server has dropped a subscription because its reader was too slow. */
export function isTooSlow(error: unknown): boolean {
  const known = error instanceof Error ? convertToCommandError(error) : error;
  return known instanceof TimeoutError;
}

/** Part of the history is gone: a stream was deleted or truncated, and the server may have scavenged it. */
export function historyMissing(what: string, cause?: unknown): LogError {
  const message = `${what}; its graph cannot be trusted any more. Restore it from a backup, or submit it anew under another id`;
  return new LogError('store-history-missing', message, { cause });
}

function unavailable(message: string, cause: unknown): LogError {
  return new LogError('store-unavailable', message, { cause, isTransient: true, outcomeUnknown: true });
}

function accessError(error: AccessDeniedError, address: string): LogError {
  if (Number(error.code) === unauthenticated) {
    const message = `the store ${address} refuses the user name or password`;
    return new LogError('store-credentials-wrong', message, { cause: error });
  }
  const message = `this user may not do that in the store ${address}: a worker reads $all, and reads and appends the namespace's streams`;
  return new LogError('store-access-denied', message, { cause: error });
}

/** Picks the reason out of the client's long sentence, and adds what usually helps. */
function whyUnavailable(message: string, isPlain: boolean): string {
  const reason = /Last error: (?:Error: )?(.*?)(?:\. Resolution note:.*)?$/s.exec(message)?.[1] ?? message;
  if (/wrong version number|packet length too long|EPROTO/i.test(reason))
    return 'it answers without TLS; if that is as it should be, add tls=false to the address';
  if (/self.signed|unable to (verify|get)|certificate/i.test(reason))
    return `${reason} (name the authority that signed its certificate: tlsCaFile=FILE in the address)`;
  if (/Failed to connect|ECONNRESET|hang up|Protocol error/i.test(reason) && isPlain)
    return `${reason} (if it speaks TLS, leave tls=false out of the address)`;
  if (/ECONNREFUSED/.test(reason)) return `${reason} (is it running?)`;
  if (/Failed to discover/.test(reason)) return 'none of its nodes says who is in its cluster (are they running?)';
  return reason;
}
