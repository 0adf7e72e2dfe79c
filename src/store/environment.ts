import { hostname } from 'node:os';
import { randomUUID } from 'node:crypto';
import type { WorkerIdentity } from '../domain/events.js';
import { afterMs } from '../prelude/timer.js';
import { isProcessGone, processToken } from './process-identity.js';

/** Everything that would make two runs of the same program differ. Tests give their own. */
export interface Environment {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds on a clock that is never set. Only differences mean something. */
  monotonic(): number;
  /** Calls back after at least that many milliseconds; returns how to take that back. */
  setTimer(ms: number, callback: () => void): () => void;
  /** A fresh UUID. */
  newId(): string;
  /** From 0 up to 1. */
  random(): number;
  readonly host: string;
  readonly pid: number;
  /** Which process this is, in words that {@link isGone} understands; absent where that cannot be told. */
  readonly process?: string | undefined;
  /** Whether the process of a worker is gone for certain. Not asked where it is absent. */
  isGone?(worker: WorkerIdentity): boolean;
}

export const systemEnvironment: Environment = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer: afterMs,
  newId: () => randomUUID(),
  random: () => Math.random(),
  host: hostname(),
  pid: process.pid,
  process: processToken(),
  isGone: isProcessGone,
};
