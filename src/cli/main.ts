#!/usr/bin/env node
import { CommanderError } from 'commander';
import { endProcess, guardEnd } from './process/end-process.js';
import { earlyEnd } from './process/early-end.js';
import { type ExitCode, exitCodeOf, exitCodes } from './failure.js';
import { commandLine } from './program.js';
import { endAtSignals } from './process/stop-signals.js';
import { Terminal } from './output/terminal.js';

/**
 * The command `overseer`. Ends the process itself when all is said: what a user's program has left open, such as a timer
 * or a connection, must not keep a finished command from ending.
 */
const terminal = new Terminal(process.argv.includes('--json'));
const isDebugging = (process.env['OVERSEER_DEBUG'] ?? '') !== '';
let code: ExitCode = exitCodes.failed;
guardEnd(exitCodes.failed, (isCalled) => terminal.fail(earlyEnd(isCalled)));
endAtSignals();
try {
  await commandLine(terminal, (ended) => (code = ended)).parseAsync();
} catch (error) {
  code = exitCodeOf(error);
  // Commander has printed the help that it was asked for, or that nobody asked for.
  const isHelp = error instanceof CommanderError && /^commander\.(help|version)/.test(error.code);
  if (!isHelp) terminal.fail(error, isDebugging);
}
await terminal.flushed();
endProcess(code);
