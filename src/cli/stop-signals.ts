import { constants } from 'node:os';

type StopSignal = 'SIGINT' | 'SIGTERM';

/**
 * Calls back at the first SIGINT or SIGTERM, for everything to come to a good end; the second one ends the process at
 * once. Returns how to stop listening.
 */
export function onStopSignal(stop: (signal: StopSignal) => void): () => void {
  let isStopping = false;
  const heard = (signal: StopSignal) => {
    if (isStopping) process.exit(128 + constants.signals[signal]);
    isStopping = true;
    stop(signal);
  };
  process.on('SIGINT', heard);
  process.on('SIGTERM', heard);
  return () => {
    process.off('SIGINT', heard);
    process.off('SIGTERM', heard);
  };
}
