import { CommanderError } from 'commander';
import { LogError, type LogErrorCode } from '../log/event-log.js';
import type { ErrorCode } from '../prelude/error-codes.js';
import { OverseerError, wordsFor } from '../prelude/errors.js';
import { closeAmong } from '../prelude/nearest.js';
import { withoutPasswords } from '../prelude/shown-address.js';
import { cleanText } from '../prelude/clean-text.js';

/** How the command line ends. */
export const exitCodes = {
  good: 0,
  /** The work or the check failed, or a rule said no. */
  failed: 1,
  /** Wrong usage, or input that is wrong in itself. */
  usage: 2,
  /** The store cannot be reached or opened. */
  store: 3,
  /** The store was moved, deleted or replaced while it was in use. */
  gone: 4,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** The input of a command is wrong. The message says what and where; nothing was changed. */
export class UsageError extends OverseerError {
  override readonly name = 'UsageError';
}

/** Stdout cannot be written, though somebody may be waiting for the answer. */
export function outputUnwritable(cause: NodeJS.ErrnoException): OverseerError {
  const why = cause.code === 'ENOSPC' ? 'no space is left on the device' : cause.message;
  return new OverseerError('output-unwritable', `the answer could not be written to stdout: ${why}`, { cause });
}

/** Codes that refuse a well-formed request. All others mean that the input is wrong. */
const refusals: readonly ErrorCode[] = [
  'job-not-ready',
  'job-not-started',
  'job-already-started',
  'job-already-ended',
  'job-not-ended',
  'job-aborted-through-another',
  'attempt-superseded',
  'graph-already-ended',
  'job-paused',
  'not-paused',
  'graph-not-ended',
  'graph-unreadable',
  'nothing-failed',
  'fork-same',
  'job-not-kept',
  'worker-failed',
  'wait-timeout',
  'wait-aborted',
  'import-conflict',
  'run-troubled',
  'too-many-runs',
  'schedule-unreadable',
];

/** Errors of a log that do not mean that the store cannot be reached. */
const exitCodeOfLog: Readonly<Partial<Record<LogErrorCode, ExitCode>>> = {
  'position-invalid': exitCodes.usage,
  'store-gone': exitCodes.gone,
  'export-invalid': exitCodes.failed,
  'restore-conflict': exitCodes.failed,
  'restore-out-of-order': exitCodes.failed,
};

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof LogError) return exitCodeOfLog[error.code] ?? exitCodes.store;
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.good : exitCodes.usage;
  // A worker that stopped because it lost its store.
  if (error instanceof OverseerError && error.cause instanceof LogError && error.cause.code === 'store-gone')
    return exitCodes.gone;
  if (error instanceof OverseerError) return refusals.includes(error.code) ? exitCodes.failed : exitCodes.usage;
  return exitCodes.failed;
}

/** An error as it is reported: a code for programs, a sentence for people. */
export function failureOf(error: unknown): { readonly code: string; readonly message: string } {
  const message = withoutPasswords(error instanceof CommanderError ? usageSentence(error.message) : wordsFor(error));
  if (error instanceof CommanderError) return { code: 'usage', message };
  if (error instanceof OverseerError) return { code: error.code, message };
  return { code: 'unexpected', message: `something unexpected went wrong: ${message} (OVERSEER_DEBUG=1 shows where)` };
}

/** The stack of an error, line by line. Its message is put on one line. */
export function stackOf(error: unknown): readonly string[] {
  if (!(error instanceof Error) || typeof error.stack !== 'string') return [];
  const message = wordsFor(error);
  return withoutPasswords(error.stack.replace(message, () => cleanText(message))).split('\n');
}

/** Commander says "error: …", may put a suggestion in a line of its own, and makes none for one of several choices. */
function usageSentence(message: string): string {
  const [sentence = '', ...more] = message.replace(/^error: /, '').split('\n');
  const suggestion = more.join(' ').trim();
  if (suggestion !== '') return `${sentence} ${suggestion.replace('(Did', '(did')}`;
  const [, given, choices] = /argument '(.*)' is invalid\. Allowed choices are (.*)\.$/s.exec(sentence) ?? [];
  const near = given === undefined ? null : closeAmong(given, choices!.split(', '));
  return near === null ? sentence : `${sentence.replace(/\.$/, '')} (did you mean ${near}?)`;
}
