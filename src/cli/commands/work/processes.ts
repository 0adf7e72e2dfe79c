import { availableParallelism } from 'node:os';
import { isMemoryAddress } from '../../../log/open-log.js';
import { endSentence } from '../../../supervisor/end-sentence.js';
import { Supervisor, type SupervisorListener } from '../../../supervisor/supervisor.js';
import type { Invocation } from '../../call/invocation.js';
import type { SettingsInEffect, WorkOptions } from '../../call/settings.js';
import { UsageError } from '../../failure.js';
import { mainFile } from '../../places.js';
import { type LogForm, logFormOf } from '../../process/worker-log.js';

/**
 * In how many processes a command works.
 *
 * @param usefulMost `auto` is not more than this
 * @throws UsageError if several are asked for and the store is one that only one process can see
 */
export function processesFor({ values }: SettingsInEffect, asked: number | 'auto', usefulMost = Infinity): number {
  const isShared = !isMemoryAddress(values.store!);
  if (asked === 'auto') return isShared ? Math.max(1, Math.min(availableParallelism(), usefulMost)) : 1;
  if (asked === 1 || isShared) return asked;
  const sentence = `a store in memory cannot be shared by ${asked} processes`;
  throw new UsageError('usage', `${sentence}; leave --processes out or name a file with --store`);
}

/** What is passed on of a command to the worker processes it starts. */
export interface ProcessWords {
  /** The file with the handlers. */
  readonly file: string;
  readonly types?: string | undefined;
  readonly logLevel: string;
  readonly isOfRun?: boolean;
}

/** Starts worker processes of the command line. Their output passes through here: something may be drawn on the terminal. */
export function superviseProcesses(
  count: number,
  { options, terminal }: Invocation<WorkOptions>,
  { file, types, logLevel, isOfRun = false }: ProcessWords,
  listener: SupervisorListener,
): Supervisor {
  const form: LogForm = logFormOf(terminal);
  const { store, namespace, config, concurrency } = options;
  const flags = { store, namespace, config, concurrency, types, 'log-level': logLevel, supervised: form };
  const words = Object.entries(flags).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value]));
  const outlets = {
    // Looked up at every call: while something is drawn, what is written has to pass by it.
    stdout: (lines: Uint8Array) => void process.stdout.write(lines),
    stderr: (lines: Uint8Array) => void process.stderr.write(lines),
  };
  const program = { file: mainFile, words: ['worker', file, ...words, ...(isOfRun ? ['--of-run'] : [])], outlets };
  const supervisor = new Supervisor(count, program, listener);
  // An end by a signal is an end at once.
  const killAll = (code: number) => {
    if (code > 128) supervisor.kill();
  };
  process.on('exit', killAll);
  void supervisor.stopped.catch(() => {}).then(() => process.off('exit', killAll));
  return supervisor;
}

/** Tells of processes that ended in a way that nobody asked for. */
export const endTeller =
  (tell: (sentence: string, isTrouble: boolean) => void): SupervisorListener['ended'] =>
  (end, restartMs) => {
    const isTrouble = end.exitCode !== null && end.exitCode !== 0;
    if (isTrouble || restartMs !== null) tell(endSentence(end, restartMs), isTrouble);
  };
