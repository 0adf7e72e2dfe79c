import { createHash } from 'node:crypto';
import type { WorkerIdentity } from '../domain/events.js';
import { defined } from '../prelude/defined.js';
import type { Environment } from '../store/environment.js';

/** Hexadecimal digits of chance, and as many of the worker's kind. */
const digits = 8;

/**
 * A worker's identity. The end of its id says of what kind it is: workers with handlers of the same types are of one kind, and
 * so know from each other's claims that they can do the same.
 */
export function workerIdentity(environment: Environment, types: readonly string[]): WorkerIdentity {
  const { host, pid, process } = environment;
  const kind = createHash('sha256').update(JSON.stringify(types.toSorted()));
  const id = `${host}-${pid}-${environment.newId().slice(0, digits)}${kind.digest('hex').slice(0, digits)}`;
  return defined({ id, host, pid, process });
}

/** The kind of a worker. Ids of release 0.1.0 say nothing of it. */
export function kindOf(workerId: string): string {
  return workerId.slice(-digits);
}
