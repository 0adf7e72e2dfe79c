import { hostname } from 'node:os';
import { randomUUID } from 'node:crypto';

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
}

/** Node counts a timer in 31 bits; a longer wait is cut into pieces by whoever looks again when it ends. */
const timerMsMax = 2 ** 31 - 1;

export const systemEnvironment: Environment = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer: (ms, callback) => {
    const timer = setTimeout(callback, Math.min(ms, timerMsMax));
    return () => clearTimeout(timer);
  },
  newId: () => randomUUID(),
  random: () => Math.random(),
  host: hostname(),
  pid: process.pid,
};
