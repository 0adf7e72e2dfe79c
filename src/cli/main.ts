#!/usr/bin/env node
import { CommanderError } from 'commander';
import { endProcess, guardEnd } from './process/end-process.js';
import { earlyEnd } from './process/early-end.js';
import { type ExitCode, exitCodeOf, exitCodes } from './failure.js';
import { commandLine } from './program.js';
import { endAtSignals } from './process/stop-signals.js';
import { Terminal } from './output/terminal.js';

/**
 * The command `overseer`. It ends the process itself: a timer or a connection that a user's program left open must not
 * keep a finished command alive.
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
  // Commander has printed the help already.
  const isHelp = error instanceof CommanderError && /^commander\.(help|version)/.test(error.code);
  if (!isHelp) terminal.fail(error, isDebugging);
}
await terminal.flushed();
endProcess(code);
