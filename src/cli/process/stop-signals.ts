import { constants } from 'node:os';
import { endProcess } from './end-process.js';

/** A terminal that is closed (SIGHUP) asks for the same as Ctrl+C: to stop. */
const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
type StopSignal = (typeof stopSignals)[number];

/**
 * A second signal within this time is taken for a repetition of the first. `npx` passes on what its whole process group
 * has received already, and supervisors and parents signal each process of a service.
 */
const sameSignalMs = 1000;

/** How many calls of {@link onStopSignal} are listening. While none is, a signal ends the process. */
let listening = 0;

/**
 * Calls `stop` at the first signal, for an orderly end. Another signal, more than a second later, ends the process at
 * once. Returns a function that stops listening.
 */
export function onStopSignal(stop: (signal: StopSignal) => void): () => void {
  let isHeard = false;
  let isOver = false;
  let timer: NodeJS.Timeout | undefined;
  const heard = (signal: StopSignal) => {
    if (isOver) endAtOnce(signal);
    if (isHeard) return;
    isHeard = true;
    // Signals that arrive while the process is busy are delivered together, after its timers have run.
    timer = setTimeout(() => setImmediate(() => (isOver = true)), sameSignalMs).unref();
    stop(signal);
  };
  listening += 1;
  for (const signal of stopSignals) process.on(signal, heard);
  return () => {
    listening -= 1;
    clearTimeout(timer);
    for (const signal of stopSignals) process.off(signal, heard);
  };
}

/**
 * A signal ends a process that does not listen to it, unless it is the first process of a container. So that one
 * listens: a command ends in a container as it does elsewhere.
 */
export function endAtSignals(): void {
  if (process.pid !== 1) return;
  for (const signal of [...stopSignals, 'SIGQUIT'] as const) {
    process.on(signal, () => {
      if (listening === 0 || signal === 'SIGQUIT') endAtOnce(signal);
    });
  }
}

export function endAtOnce(signal: NodeJS.Signals): never {
  endProcess(128 + constants.signals[signal]);
}
