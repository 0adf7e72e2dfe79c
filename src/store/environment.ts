import { hostname } from 'node:os';
import type { WorkerIdentity } from '../domain/events.js';
import { afterMs } from '../prelude/timer.js';
import { newUuid } from '../prelude/uuid.js';
import { isProcessGone, processToken } from './process-identity.js';

/** Everything that could make two runs of the same program differ. Tests use their own. */
export interface Environment {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds on a clock that is never adjusted. Only differences mean something. */
  monotonic(): number;
  /**
   * Calls back after at least that many milliseconds. Returns how to cancel. A routine timer is one that only looks
   * whether there is something to do: a clock that skips time may fire it late while no job runs.
   */
  setTimer(ms: number, callback: () => void, options?: { readonly isRoutine?: boolean }): () => void;
  /** A fresh UUID. */
  newId(): string;
  /** From 0, below 1. */
  random(): number;
  readonly host: string;
  readonly pid: number;
  /** Identifies this process to {@link isGone}; absent where the system cannot tell. */
  readonly process?: string | undefined;
  /** Whether the process of a worker has certainly ended. May be absent. */
  isGone?(worker: WorkerIdentity): boolean;
}

export const systemEnvironment: Environment = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer: afterMs,
  newId: newUuid,
  random: () => Math.random(),
  host: hostname(),
  pid: process.pid,
  process: processToken(),
  isGone: isProcessGone,
};
