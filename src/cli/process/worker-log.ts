import { type DestinationStream, pino } from 'pino';
import type { Colors } from 'picocolors/types.js';
import type { Logger } from '../../worker/logger.js';
import type { Terminal } from '../output/terminal.js';
import { paintOf } from '../output/paint.js';
import { clockTime } from '../../prelude/phrases.js';

/** How log lines are written: as JSON, or for people, perhaps in colour. */
export type LogForm = 'json' | 'readable' | 'coloured';

/** The form that suits this process's stderr: readable on a terminal. */
export function logFormOf(terminal: Terminal): LogForm {
  if (!process.stderr.isTTY || terminal.isJson) return 'json';
  return terminal.paintError.isColorSupported ? 'coloured' : 'readable';
}

interface WorkerLogOptions {
  readonly level: string;
  readonly form?: LogForm;
  /** What each line says beside what it is about. */
  readonly about?: () => object;
}

/** The log of the command line's workers, on stderr. */
export function workerLog(terminal: Terminal, options: WorkerLogOptions): Logger {
  const { level, form = logFormOf(terminal), about = () => ({}) } = options;
  const paint = paintOf(form === 'coloured');
  const destination: DestinationStream = {
    write: (line) => (form === 'json' ? terminal.tellJson(line) : terminal.tell(...readable(line, paint))),
  };
  return pino({ level, timestamp: pino.stdTimeFunctions.isoTime, mixin: about }, destination);
}

interface LogLine {
  readonly level: number;
  readonly time: string;
  readonly msg: string;
  readonly pid: number;
  readonly hostname: string;
  readonly err?: { readonly stack?: string };
}

function readable(line: string, paint: Colors): string[] {
  const { level, time, msg, pid: _pid, hostname: _hostname, err, ...details } = JSON.parse(line) as LogLine;
  const name = pino.levels.labels[level] ?? String(level);
  const colour = level >= 50 ? paint.red : level >= 40 ? paint.yellow : level >= 30 ? paint.green : paint.dim;
  const told = Object.entries(details).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const stack = err?.stack?.split('\n').map((each) => paint.dim(each)) ?? [];
  const head = `${paint.dim(clockTime(time, 'milliseconds'))} ${colour(name.padEnd(5))} ${msg} ${paint.dim(told.join(' '))}`;
  return [head, ...stack];
}
