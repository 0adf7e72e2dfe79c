import { Command, CommanderError } from 'commander';
import { addingTo } from './call/add-command.js';
import { releaseVersion } from './call/release.js';
import { addAudit, addCopying, addVerify } from './commands/evidence/commands.js';
import { addLimits } from './commands/limit/commands.js';
import { addLooking } from './commands/look/commands.js';
import { addOperating, addStoreCare } from './commands/operate/commands.js';
import { addProjections } from './commands/projections/commands.js';
import { addRemaking } from './commands/remake/commands.js';
import { addSchedules } from './commands/schedule/commands.js';
import { addTimeTravel } from './commands/time-travel/commands.js';
import { addWork } from './commands/work/commands.js';
import { closeTo } from '../prelude/nearest.js';
import { type ExitCode, exitCodeOf, exitCodes } from './failure.js';
import type { Terminal } from './output/terminal.js';

/** Does what the words of a command line ask, and says what goes wrong. Returns the exit code. */
export async function endingOf(words: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let code: ExitCode = exitCodes.failed;
  try {
    await commandLine(terminal, (ended) => (code = ended)).parseAsync(words, { from: 'user' });
    return code;
  } catch (error) {
    // Commander has printed the help already.
    const isHelp = error instanceof CommanderError && /^commander\.(help|version)/.test(error.code);
    const isDebugging = (process.env['OVERSEER_DEBUG'] ?? '') !== '';
    if (!isHelp) terminal.fail(error, isDebugging);
    return exitCodeOf(error);
  }
}

/**
 * The command line. Its help lists the commands in the order in which they are added.
 *
 * @param onEnd receives the exit code of the command that was called
 */
export function commandLine(terminal: Terminal, onEnd: (code: ExitCode) => void): Command {
  const program = new Command('overseer');
  program
    .description('Runs graphs of dependent jobs on any number of equal workers.')
    .version(releaseVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .configureOutput({ outputError: () => {} })
    .exitOverride()
    .option(
      '--store <url>',
      'where the log is kept, such as sqlite:PATH or an exported FILE.jsonl (default: sqlite:./overseer.db)',
    )
    .option('--namespace <name>', 'see the graphs of this namespace alone (default: overseer)')
    .option('--config <file>', 'a settings file (default: ./overseer.yml, if it exists)')
    .option('--json', 'answer in JSON, for machines')
    .addHelpText('after', mainHelp);

  const add = addingTo(program, terminal, onEnd);
  addWork(add);
  addLooking(add);
  addTimeTravel(add);
  addOperating(add);
  addVerify(add);
  addStoreCare(add);
  addRemaking(add);
  addCopying(add);
  const schedule = program.command('schedule').description('make runs of a graph when they are due');
  addSchedules(addingTo(schedule, terminal, onEnd));
  const limit = program.command('limit').description('limit what runs at a time, and how fast');
  addLimits(addingTo(limit, terminal, onEnd));
  const audit = program.command('audit').description('prove what the log contains, and that it was not altered');
  addAudit(addingTo(audit, terminal, onEnd));
  const projections = program.command('projections').description("manage projections that run in a store's server");
  addProjections(addingTo(projections, terminal, onEnd));
  addHelp(program);
  return program;
}

/** Commander's own prints the help of everything when the name of a command is wrong, as if nothing were. */
function addHelp(program: Command): void {
  program
    .command('help')
    .argument('[command...]')
    .description('print the help of a command')
    .action((words: readonly string[]) => {
      let found = program;
      for (const word of words) {
        const inner = found.commands.find((command) => command.name() === word);
        if (inner === undefined) {
          const near = closeTo(
            word,
            found.commands.map((command) => command.name()),
          );
          const meant = near === null ? '' : ` (did you mean ${near}?)`;
          program.error(`unknown command '${word}'${meant}`, { code: 'commander.unknownCommand' });
        }
        found = inner;
      }
      found.help();
    });
}

const mainHelp = `
GRAPH is a graph's id, or any beginning of it that no other graph shares. MOMENT is a time, @POSITION or #N.

Exit codes: 0 good, 1 the work or the check failed, 2 wrong usage or input, 3 the store cannot be reached,
4 the store was moved, deleted or replaced while it was in use.

Example:
  $ overseer run graph.ts --concurrency 4`;
