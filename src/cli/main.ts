#!/usr/bin/env node
import { CommanderError } from 'commander';
import { exitCodeOf, exitCodes, failureText } from './failure.js';
import { commandLine } from './program.js';
import { Terminal } from './terminal.js';

/**
 * The command `overseer`. Ends the process itself when all is said: what a user's program has left open, such as a timer
 * or a connection, must not keep a finished command from ending.
 */
const terminal = new Terminal(process.argv.includes('--json'));
const isDebugging = (process.env['OVERSEER_DEBUG'] ?? '') !== '';
process.exitCode = exitCodes.failed;
try {
  await commandLine(terminal, (code) => (process.exitCode = code)).parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
  // Commander has printed the help that it was asked for, or that nobody asked for.
  const isHelp = error instanceof CommanderError && /^commander\.(help|version)/.test(error.code);
  if (!isHelp) process.stderr.write(`${failureText(error, terminal.isJson, isDebugging)}\n`);
}
await terminal.flushed();
process.exit();
