import { CommanderError } from 'commander';
import { LogError, type LogErrorCode } from '../log/event-log.js';
import { OverseerError } from '../prelude/errors.js';
import { withoutPasswords } from './wording.js';

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

/** A command was given something it cannot take. The message names what and where; nothing was changed. */
export class UsageError extends OverseerError {
  override readonly name = 'UsageError';
}

/** Rules that say no to something that was meant and could be said: the others say that what was given is wrong. */
const refusals: readonly string[] = [
  'job-not-ready',
  'job-not-started',
  'job-already-started',
  'job-already-ended',
  'job-not-ended',
  'job-aborted-through-another',
  'attempt-superseded',
  'graph-already-ended',
  'graph-not-ended',
  'graph-unreadable',
  'nothing-failed',
  'worker-failed',
  'wait-timeout',
  'wait-aborted',
  'import-conflict',
];

/** Errors of a log that do not mean that it cannot be reached. */
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

/** An error as the one line that goes to stderr, or as JSON for machines. The stack is for whoever asks for it. */
export function failureText(error: unknown, isJson: boolean, showStack: boolean): string {
  const { code, message } = told(error);
  const stack = error instanceof Error ? error.stack : undefined;
  if (isJson) return JSON.stringify({ error: { code, message, ...(showStack && stack !== undefined && { stack }) } });
  return `overseer: ${message}${showStack && stack !== undefined ? `\n${stack}` : ''}`;
}

function told(error: unknown): { readonly code: string; readonly message: string } {
  if (error instanceof CommanderError) return { code: 'usage', message: usageSentence(error.message) };
  if (error instanceof OverseerError) return { code: error.code, message: withoutPasswords(error.message) };
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'unexpected', message: `something unexpected went wrong: ${message} (OVERSEER_DEBUG=1 shows where)` };
}

/** Commander says "error: …" and may put a suggestion in a line of its own. */
function usageSentence(message: string): string {
  const [sentence = '', ...more] = message.replace(/^error: /, '').split('\n');
  const suggestion = more.join(' ').trim();
  return suggestion === '' ? sentence : `${sentence} ${suggestion.replace('(Did', '(did')}`;
}
