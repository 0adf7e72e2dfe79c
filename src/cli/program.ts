import { Command, Option } from 'commander';
import { type Add, type Load, several } from './call/add-command.js';
import { type ExitCode, exitCodes } from './failure.js';
import { addAudit, addCopying } from './commands/evidence/commands.js';
import { addLooking, addTimeTravel } from './commands/look/commands.js';
import { addRemaking } from './commands/remake/commands.js';
import { Invocation } from './call/invocation.js';
import { releaseVersion } from './call/release.js';
import type { CommonOptions } from './call/settings.js';
import type { Terminal } from './output/terminal.js';

/** The command line: every command with its options. @param onEnd is told how the command ended */
export function commandLine(terminal: Terminal, onEnd: (code: ExitCode) => void): Command {
  const program = new Command('overseer');
  program
    .description('Runs graphs of dependent jobs on any number of equal workers.')
    .version(releaseVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .configureOutput({ outputError: () => {} })
    .exitOverride()
    .option(
      '--store <url>',
      'where the log is kept, such as sqlite:PATH or an exported FILE.jsonl (default: sqlite:./overseer.db)',
    )
    .option('--namespace <name>', 'graphs of one namespace do not see those of another')
    .option('--config <file>', 'settings (default: ./overseer.yml, if it is there)')
    .option('--json', 'answer in JSON, for machines')
    .addHelpText('after', mainHelp);

  const addTo =
    (parent: Command): Add =>
    <Options extends CommonOptions>(name: string, description: string, example: string, load: Load<Options>) =>
      parent
        .command(name)
        .description(description)
        .addHelpText('after', `\nExample:\n  $ ${example}`)
        .action(async (...received: unknown[]) => {
          const command = received.at(-1) as Command;
          const given = received.slice(0, -2).flat();
          const args = given.filter((each) => typeof each === 'string');
          const invocation = new Invocation(command.optsWithGlobals<Options>(), terminal);
          const body = await load();
          onEnd((await body(invocation, ...args)) ?? exitCodes.good);
        });

  const add = addTo(program);
  addWork(add);
  addLooking(add);
  addTimeTravel(add);
  addOperating(add);
  addRemaking(add);
  addCopying(add);
  addAudit(addTo(program.command('audit').description('prove what stands in the log, and that it was not altered')));
  addProjections(addTo(program.command('projections').description('projections that run in the server of a store')));
  return program;
}

const formsHelp = `
A graph in YAML or JSON is one of
  { fetch: [], report: [fetch] }                           types, and the types they depend on
  { graph: { fetch: [], report: [fetch] }, args: { … } }   the same, with options
  { jobs: { page-1: { type: fetch, after: [], args: { … } }, … }, args: { … } }
Options are args, labels, priority, id, and retry, the policy of jobs that have none. A program exports one of these, or
what jobGraph(…) returned, as \`graph\` or by default.`;

const mainHelp = `
GRAPH is a graph's id, or as much of its beginning as no other shares. MOMENT is a time, @POSITION or #N.

Exit codes: 0 good, 1 the work or the check failed, 2 wrong usage or input, 3 the store cannot be reached,
4 the store was moved, deleted or replaced while it was in use.

Example:
  $ overseer run graph.ts --concurrency 4`;

function addWork(add: Add): void {
  const graphFlags = (command: Command) =>
    command
      .argument('<file>', 'a graph: .ts .js .mjs .json .yaml')
      .option('--id <id>', 'an id of your own: the same graph is then stored once, however often it is submitted')
      .option('--args <json>', 'arguments for all jobs, as a JSON object; put over those in the file')
      .option('--label <key=value>', 'a label for the graph; may be given several times', several)
      .option('--priority <n>', 'jobs of graphs of a higher priority start first')
      .addHelpText('after', formsHelp);
  const workerFlags = (command: Command) =>
    command
      .option('--concurrency <n>', 'how many jobs to run at a time')
      .addOption(
        new Option('--log-level <level>', 'what workers log to stderr').choices([
          'silent',
          'error',
          'warn',
          'info',
          'debug',
        ]),
      );

  workerFlags(
    graphFlags(
      add(
        'run',
        'submit a graph and work on it until it ends',
        'overseer run graph.ts --concurrency 4',
        async () => (await import('./commands/work/run.js')).runCommand,
      ),
    ),
  )
    .option('--handlers <file>', 'where the handlers are, if not in the graph file')
    .option('--worker-processes <n>', 'how many more processes to work with')
    .addHelpText('before', 'Exits with 0 if the graph finished, with 1 if it failed or was aborted.\n');
  graphFlags(
    add(
      'submit',
      'store a graph for workers to run; prints its id',
      'overseer submit graph.yaml --id nightly-2026-03-01',
      async () => (await import('./commands/work/submit.js')).submitCommand,
    ),
  ).option('--dry-run', 'check the graph and store nothing');
  workerFlags(
    add(
      'worker',
      'work on whatever is ready until stopped',
      'overseer worker handlers.ts --concurrency 8',
      async () => (await import('./commands/work/worker.js')).workerCommand,
    ),
  )
    .argument('<file>', 'a file that exports handlers by job type')
    .option('--types <a,b>', 'take jobs of these types only')
    .addOption(new Option('--of-run', 'set by `run` for the worker processes it starts').hideHelp());
}

function addOperating(add: Add): void {
  const reasonFlags = (command: Command) =>
    command
      .option('--reason <text>', 'why, for the history')
      .option('--by <name>', 'who, for the history (default: you at this host)');
  reasonFlags(
    add(
      'abort',
      'abort a graph, or a job and all that depend on it',
      'overseer abort nightly --reason "wrong data"',
      async () => (await import('./commands/operate/operate.js')).abortCommand,
    ),
  ).argument('<graph[/job]>');
  reasonFlags(
    add(
      'retry',
      'run again what failed or was aborted',
      'overseer retry nightly/report',
      async () => (await import('./commands/operate/operate.js')).retryCommand,
    ),
  ).argument('<graph[/job]>');
  add(
    'verify',
    'read the whole log and check every invariant',
    'overseer verify',
    async () => (await import('./commands/evidence/verify.js')).verifyCommand,
  );
  add(
    'install',
    'prepare a store; harmless if it is there',
    'overseer install --store sqlite:/var/lib/overseer.db',
    async () => (await import('./commands/operate/install.js')).installCommand,
  );
  add(
    'doctor',
    'check a store and say which settings are in effect',
    'overseer doctor --store sqlite:./overseer.db',
    async () => (await import('./commands/operate/doctor.js')).doctorCommand,
  );
}

function addProjections(add: Add): void {
  const names = (command: Command) =>
    command.argument('[name...]', 'projections, such as graph-history or graph-history-v1 (default: all)');
  add(
    'status',
    'show which are there, and how they do; ends with 1 if one does not run',
    'overseer projections status --store esdb://localhost:2113?tls=false',
    async () => (await import('./commands/projections/projections.js')).statusCommand,
  );
  names(
    add(
      'plan',
      'show what `apply` would do',
      'overseer projections plan',
      async () => (await import('./commands/projections/projections.js')).planCommand,
    ),
  );
  names(
    add(
      'apply',
      'put on the server what is not there; harmless if it is',
      'overseer projections apply graph-history',
      async () => (await import('./commands/projections/projections.js')).applyCommand,
    ),
  );
  names(
    add(
      'remove',
      'take projections off the server',
      'overseer projections remove ready-jobs --delete-streams',
      async () => (await import('./commands/projections/projections.js')).removeCommand,
    ),
  ).option('--delete-streams', 'delete what they have written as well');
}
