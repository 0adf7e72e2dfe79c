#!/usr/bin/env node
import { endProcess, guardEnd } from './process/end-process.js';
import { earlyEnd } from './process/early-end.js';
import { exitCodes } from './failure.js';
import { endingOf } from './program.js';
import { endAtSignals } from './process/stop-signals.js';
import { Terminal } from './output/terminal.js';

/**
 * The command `overseer`. It ends the process itself: a timer or a connection that a user's program left open must not
 * keep a finished command alive.
 */
const terminal = new Terminal(process.argv.includes('--json'));
guardEnd(exitCodes.failed, (isCalled) => terminal.fail(earlyEnd(isCalled)));
endAtSignals();
const code = await endingOf(process.argv.slice(2), terminal);
await terminal.flushed();
endProcess(code);
