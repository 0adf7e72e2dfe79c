import { hostname } from 'node:os';
import type { Colors } from 'picocolors/types.js';
import { namesOf, serialisable, stackOf } from '../../handlers/failure.js';
import { defined } from '../../prelude/defined.js';
import { isError, wordsFor } from '../../prelude/errors.js';
import type { Logger } from '../../worker/logger.js';
import type { Terminal } from '../output/terminal.js';
import { clockTime } from '../output/phrases.js';

/** Levels and their numbers in the lines: pino's, as readers of logs expect them. */
const levels = { debug: 20, info: 30, warn: 40, error: 50 } as const;
type Level = keyof typeof levels;

/** The log of the command line's workers: stderr, as JSON lines, or as readable ones on a terminal. */
export function workerLog(lowest: Level | 'silent', terminal: Terminal): Logger {
  const isReadable = process.stderr.isTTY && !terminal.isJson;
  const sender = { pid: process.pid, hostname: hostname() };
  const least = lowest === 'silent' ? Infinity : levels[lowest];
  const writing = (level: Level) => (details: object, message: string) => {
    if (levels[level] < least) return;
    const time = new Date().toISOString();
    const told = serialisable({ ...details, ...('err' in details ? { err: plainError(details.err) } : {}) });
    if (isReadable) return terminal.tell(...readable(level, time, told, message, terminal.paintError));
    terminal.tellJson(`${JSON.stringify({ level: levels[level], time, ...sender, ...told, msg: message })}\n`);
  };
  return { debug: writing('debug'), info: writing('info'), warn: writing('warn'), error: writing('error') };
}

/** Something thrown, as data: its class, its words, its stack with those of its causes, and what else an error carries. */
function plainError(thrown: unknown): Readonly<Record<string, unknown>> {
  const { name: _name, cause: _cause, ...own } = isError(thrown) ? ({ ...thrown } as Record<string, unknown>) : {};
  const stack = stackOf(thrown);
  return defined({ ...serialisable(own), type: namesOf(thrown)[0], message: wordsFor(thrown), stack });
}

function readable(level: Level, time: string, details: object, message: string, paint: Colors): readonly string[] {
  const { err, ...rest } = details as { readonly err?: { readonly stack?: string } };
  const colour = { error: paint.red, warn: paint.yellow, info: paint.green, debug: paint.dim }[level];
  const told = Object.entries(rest).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const stack = err?.stack?.split('\n').map((each) => paint.dim(each)) ?? [];
  const head = `${paint.dim(clockTime(time, 'milliseconds'))} ${colour(level.padEnd(5))} ${message} ${paint.dim(told.join(' '))}`;
  return [head, ...stack];
}
