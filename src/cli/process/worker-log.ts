import { type DestinationStream, pino } from 'pino';
import type { Colors } from 'picocolors/types.js';
import type { Logger } from '../../worker/logger.js';
import type { Terminal } from '../output/terminal.js';
import { clockTime } from '../output/phrases.js';

/** The log of the command line's workers: stderr, as JSON lines, or as readable ones on a terminal. */
export function workerLog(level: string, terminal: Terminal): Logger {
  const isReadable = process.stderr.isTTY && !terminal.isJson;
  const destination: DestinationStream = {
    write: (line) => (isReadable ? terminal.tell(...readable(line, terminal.paintError)) : terminal.tellJson(line)),
  };
  return pino({ level, timestamp: pino.stdTimeFunctions.isoTime }, destination);
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
