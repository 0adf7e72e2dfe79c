import { Command, Option } from 'commander';
import { graphStatuses } from '../domain/graph.js';
import { type ExitCode, exitCodes } from './failure.js';
import { Invocation } from './invocation.js';
import { releaseVersion } from './release.js';
import type { CommonOptions } from './settings.js';
import type { Terminal } from './terminal.js';

/** Does what a command does and says how it ended; nothing said means well. */
type CommandBody<Options extends CommonOptions> = (
  invocation: Invocation<Options>,
  ...args: string[]
) => Promise<ExitCode | void>;

/** Commands are loaded when they are called: each needs libraries the others have no use for. */
type Load<Options extends CommonOptions> = () => Promise<CommandBody<Options>>;

const several = (value: string, before: readonly string[] | undefined) => [...(before ?? []), value];

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
  addForking(add);
  addReplaying(add);
  addSupposing(add);
  addProjecting(add);
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

Exit codes: 0 good, 1 the work or the check failed, 2 wrong usage or input, 3 the store cannot be reached.

Example:
  $ overseer run graph.ts --concurrency 4`;

const graphMoment = 'as of this moment: a time, @POSITION or #N, the N-th event of the graph';

type Add = <Options extends CommonOptions>(
  name: string,
  description: string,
  example: string,
  load: Load<Options>,
) => Command;

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
        async () => (await import('./commands/run.js')).runCommand,
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
      async () => (await import('./commands/submit.js')).submitCommand,
    ),
  ).option('--dry-run', 'check the graph and store nothing');
  workerFlags(
    add(
      'worker',
      'work on whatever is ready until stopped',
      'overseer worker handlers.ts --concurrency 8',
      async () => (await import('./commands/worker.js')).workerCommand,
    ),
  )
    .argument('<file>', 'a file that exports handlers by job type')
    .option('--types <a,b>', 'take jobs of these types only');
}

function addLooking(add: Add): void {
  add(
    'graphs',
    'list graphs, the latest first',
    'overseer graphs --status failed --label team=billing',
    async () => (await import('./commands/graphs.js')).graphsCommand,
  )
    .addOption(new Option('--status <status>', 'only graphs of this status').choices([...graphStatuses]))
    .option('--label <key=value>', 'only graphs with this label; may be given several times', several)
    .option('--limit <n>', 'at most so many (default: 50)')
    .option('--after <cursor>', 'go on behind an earlier page')
    .option('--at <moment>', 'as of this moment: a time or @POSITION');
  add(
    'show',
    'show how a graph or a job stands, or stood',
    'overseer show nightly/report --at 2026-03-01T12:00',
    async () => (await import('./commands/show.js')).showCommand,
  )
    .argument('<graph[/job]>')
    .option('--at <moment>', graphMoment)
    .option('--dot <file>', 'draw the graph for Graphviz; - for stdout')
    .option('--svg <file>', 'draw the graph as a picture; - for stdout');
  add(
    'history',
    'print the events of a graph or a job in order',
    'overseer history nightly --follow',
    async () => (await import('./commands/history.js')).historyCommand,
  )
    .argument('<graph[/job]>')
    .option('-f, --follow', 'go on with what happens, until interrupted');
  add(
    'explain',
    'say why a job is not running and what would make it run',
    'overseer explain nightly/report',
    async () => (await import('./commands/explain.js')).explainCommand,
  )
    .argument('<graph[/job]>', 'with a graph alone: what the graph waits for')
    .option('--at <moment>', graphMoment);
  add(
    'queue',
    'show what is ready and what runs, by type',
    'overseer queue --at 2026-03-01T12:00',
    async () => (await import('./commands/queue.js')).queueCommand,
  )
    .option('--at <moment>', 'as of this moment: a time or @POSITION')
    .option('--limit <n>', 'name at most so many ready jobs (default: 20)');
  add(
    'log',
    'print the whole log',
    'overseer log --from @1200 --follow --type JobFaulted',
    async () => (await import('./commands/log.js')).logCommand,
  )
    .option('--from <moment>', 'begin at @POSITION or at a time')
    .option('-f, --follow', 'go on with what happens, until interrupted')
    .option('--type <type>', 'only events of this type; several: with commas, or given several times', several)
    .option('--limit <n>', 'at most so many');
}

function addTimeTravel(add: Add): void {
  add(
    'timeline',
    'show what the jobs of a graph did with their time',
    'overseer timeline nightly --svg nightly.svg',
    async () => (await import('./commands/timeline.js')).timelineCommand,
  )
    .argument('<graph>')
    .option('--at <moment>', graphMoment)
    .option('--limit <n>', 'show at most so many jobs (default: 40)')
    .option('--svg <file>', 'draw it as a picture; - for stdout');
  add(
    'diff',
    'compare two moments of a graph, or two graphs',
    "overseer diff nightly '#12' '#40'",
    async () => (await import('./commands/diff.js')).diffCommand,
  )
    .argument('<graph>')
    .argument('<moment|graph>', 'the first of two moments; or another graph')
    .argument('[moment]', 'the second moment');
  add(
    'bisect',
    'find the first event after which something holds',
    "overseer bisect nightly --where 'count.failed > 0'",
    async () => (await import('./commands/bisect.js')).bisectCommand,
  )
    .argument('<graph|log>', 'a graph, or `log` for the whole log')
    .option('--where <expression>', 'what is to hold of the state')
    .option('--module <file>', 'a file that exports `where`, a function of the state')
    .option('--at <moment>', 'look no further than this moment')
    .addHelpText('after', bisectHelp);
  add(
    'step',
    'go through the history of a graph, event by event',
    'overseer step nightly --at "#12"',
    async () => (await import('./commands/step.js')).stepCommand,
  )
    .argument('<graph>')
    .option('--at <moment>', 'begin there (default: the first event)');
}

const bisectHelp = `
An expression compares what is in the state with == != < <= > >= and connects with && || ! ( ):
  of a graph   number, at, event.type, event.jobId, status, labels.KEY, count.STATUS, jobs.ID.status, .attempt, .result …
  of the log   number, at, event.type, graphs.STATUS, started, ready.TYPE
A name that is not one word stands in brackets: jobs["page-1"].attempt >= 2.
Ends with 1 if it never held.`;

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
      async () => (await import('./commands/operate.js')).abortCommand,
    ),
  ).argument('<graph[/job]>');
  reasonFlags(
    add(
      'retry',
      'run again what failed or was aborted',
      'overseer retry nightly/report',
      async () => (await import('./commands/operate.js')).retryCommand,
    ),
  ).argument('<graph[/job]>');
  add(
    'verify',
    'read the whole log and check every invariant',
    'overseer verify',
    async () => (await import('./commands/verify.js')).verifyCommand,
  );
  add(
    'install',
    'prepare a store; harmless if it is there',
    'overseer install --store sqlite:/var/lib/overseer.db',
    async () => (await import('./commands/install.js')).installCommand,
  );
  add(
    'doctor',
    'check a store and say which settings are in effect',
    'overseer doctor --store sqlite:./overseer.db',
    async () => (await import('./commands/doctor.js')).doctorCommand,
  );
}

function addReplaying(add: Add): void {
  add(
    'replay',
    "run a job's handler here on what an attempt was given, and compare how it ends; nothing is written",
    'overseer replay nightly/parse handlers.ts --inspect-brk',
    async () => (await import('./commands/replay.js')).replayCommand,
  )
    .argument('<graph/job>')
    .argument('<file>', 'a file that exports handlers by job type')
    .option('--attempt <n>', 'which attempt (default: the last that has ended)')
    .option('--inspect-brk [host:port]', 'wait for a debugger, and stop in front of the handler')
    .addHelpText(
      'before',
      'Exits with 0 if it came to the same end, or if that cannot be known; with 1 if it came to another.\n',
    );
}

function addSupposing(add: Add): void {
  add(
    'what-if',
    'say what would have become of a graph under another retry policy, or in the eyes of another projection',
    `overseer what-if nightly --retry '{"maximumAttempts": 5}'`,
    async () => (await import('./commands/what-if.js')).whatIfCommand,
  )
    .argument('<graph>')
    .option('--retry <json>', 'the policy that every job would have had')
    .option('--module <file>', 'a file that exports `retry`, a policy or a function; or `projection` and `instead`')
    .option('--at <moment>', 'of the graph as it stood then: a time, @POSITION or #N');
}

function addForking(add: Add): void {
  add(
    'fork',
    'make a new graph from an old one that keeps results and runs the rest again',
    'overseer fork nightly --from parse --dry-run',
    async () => (await import('./commands/fork.js')).forkCommand,
  )
    .argument('<graph>')
    .option('--from <job...>', 'jobs that run again, with all that depend on them')
    .option('--failed', 'run again what failed or was aborted, and all that depends on it')
    .option('--at <moment>', 'fork the graph as it stood then: a time, @POSITION or #N')
    .option('--dry-run', 'show what would run and what would be carried over, and store nothing')
    .option('--id <id>', 'an id of your own: the same fork is then stored once, however often it is asked for')
    .option('--label <key=value>', 'a label over those of the graph; may be given several times', several)
    .option('--priority <n>', 'another priority than that of the graph');
}

function addCopying(add: Add): void {
  add(
    'export',
    'write a graph, or the whole log, to a file that can be read, checked and imported elsewhere',
    'overseer export nightly --output nightly.jsonl',
    async () => (await import('./commands/export.js')).exportCommand,
  )
    .argument('[graph]', 'its events alone')
    .option('--all', 'the events of all graphs')
    .option('-o, --output <file>', 'where to write to (default: the standard output)')
    .option('--redact <path>', 'a value in events not to show, such as result or jobs[].args.token', several)
    .addHelpText('after', '\nThe file can be given to any command that reads, as --store FILE.jsonl.');
  add(
    'import',
    'take what was exported into a store, as it is; harmless if it is there',
    'overseer import nightly.jsonl',
    async () => (await import('./commands/import.js')).importCommand,
  ).argument('<file>', 'an export, or the address of another store');
}

const recomputeFlag = ['--recompute', 'hash every event again, instead of trusting what was hashed before'] as const;

function addAudit(add: Add): void {
  const audit = (name: 'headCommand' | 'proveCommand' | 'consistentCommand') => async () =>
    (await import('./commands/audit.js'))[name];
  add(
    'head',
    'print the tree head of the log: keep it, or have it signed',
    'overseer audit head --json > head.json',
    audit('headCommand'),
  ).option(...recomputeFlag);
  add(
    'prove',
    'print a proof that an event stands in the log',
    'overseer audit prove nightly#4 > proof.json',
    audit('proveCommand'),
  )
    .argument('<event>', "an event's id, @POSITION, or GRAPH#N, the N-th event of a graph")
    .option('--redact <path>', 'a value in the event not to show, such as result', several)
    .option(...recomputeFlag);
  add(
    'consistent',
    'check that the log goes on from what an earlier tree head covered',
    'overseer audit consistent head.json',
    audit('consistentCommand'),
  )
    .argument('<head>', 'a file with what `audit head --json` printed, or that text')
    .option(...recomputeFlag);
  add(
    'check',
    'check a proof or an export; needs no store',
    'overseer audit check proof.json --head head.json',
    async () => (await import('./commands/audit-check.js')).checkCommand,
  )
    .argument('<file>', 'what `audit prove` or `audit consistent --json` printed, or an export')
    .option('--head <head>', 'the tree head to rely on: a file, or its text');
}

function addProjecting(add: Add): void {
  add(
    'project',
    'compute the state of a projection of your own',
    'overseer project failures.ts --at 2026-03-01',
    async () => (await import('./commands/project.js')).projectCommand,
  )
    .argument('<file>', 'a file that exports a projection by default, or as `projection`: .ts .js .mjs')
    .option('--at <moment>', 'as of this moment: a time or @POSITION')
    .option('--rebuild', 'begin at the first event, not at what was kept')
    .option('-f, --follow', 'go on with what happens, until interrupted');
}

function addProjections(add: Add): void {
  const names = (command: Command) =>
    command.argument('[name...]', 'projections, such as graph-history or graph-history-v1 (default: all)');
  add(
    'status',
    'show which are there, and how they do; ends with 1 if one does not run',
    'overseer projections status --store esdb://localhost:2113?tls=false',
    async () => (await import('./commands/projections.js')).statusCommand,
  );
  names(
    add(
      'plan',
      'show what `apply` would do',
      'overseer projections plan',
      async () => (await import('./commands/projections.js')).planCommand,
    ),
  );
  names(
    add(
      'apply',
      'put on the server what is not there; harmless if it is',
      'overseer projections apply graph-history',
      async () => (await import('./commands/projections.js')).applyCommand,
    ),
  );
  names(
    add(
      'remove',
      'take projections off the server',
      'overseer projections remove ready-jobs --delete-streams',
      async () => (await import('./commands/projections.js')).removeCommand,
    ),
  ).option('--delete-streams', 'delete what they have written as well');
}
