import { type Command, Option } from 'commander';
import { type Add, several } from '../../call/add-command.js';

/** Commands that store graphs and run them. */
export function addWork(add: Add): void {
  addRun(add);
  addSubmit(add);
  addWorker(add);
}

function addRun(add: Add): void {
  const command = add('run', {
    description: 'submit a graph and work on it until it ends',
    example: 'overseer run graph.ts --concurrency 4',
    load: async () => (await import('./run.js')).runCommand,
  });
  workerFlags(graphFlags(command), '1')
    .option('--handlers <file>', 'the file with the handlers, if not the graph file')
    .addOption(new Option('--worker-processes <n>', 'the name of 0.1.0: processes besides this one').hideHelp())
    .option('--results', 'print the results of the last jobs, those that no other depends on')
    .option('--all-results', 'print the results of all jobs')
    .addHelpText('before', 'Exits with 0 if the graph finished, with 1 if it failed or was aborted.\n');
}

function addSubmit(add: Add): void {
  const command = add('submit', {
    description: 'store a graph for workers to run; prints its id',
    example: 'overseer submit graph.yaml --id nightly-2026-03-01',
    load: async () => (await import('./submit.js')).submitCommand,
  });
  graphFlags(command).option('--dry-run', 'check the graph and store nothing');
}

function addWorker(add: Add): void {
  const command = add('worker', {
    description: 'work on whatever is ready until stopped',
    example: 'overseer worker handlers.ts --concurrency 8',
    load: async () => (await import('./worker.js')).workerCommand,
  });
  workerFlags(command, 'auto')
    .argument('<file>', 'a file that exports handlers by job type')
    .option('--types <a,b>', 'take jobs of these types only')
    .addOption(
      new Option('--supervised <form>', 'set for each of several processes: the form of its log')
        .choices(['json', 'readable', 'coloured'])
        .hideHelp(),
    )
    .addOption(new Option('--of-run', 'set by `run` for the worker processes it starts').hideHelp());
}

function graphFlags(command: Command): Command {
  return command
    .argument('<file>', 'a graph: .ts .js .mjs .json .yaml')
    .option('--id <id>', 'an id of your own: the same graph is then stored once, however often it is submitted')
    .option('--args <json>', 'arguments for all jobs, as a JSON object; they override those in the file')
    .option('--label <key=value>', 'a label for the graph; may be given several times', several)
    .option('--priority <n>', 'jobs of graphs with a higher priority start first')
    .option('--start-after <time>', 'start none of its jobs before: 2026-03-01T12:30:00Z, or a length from now, 2h')
    .option('--deadline <time>', 'abort the graph if it has not ended: at a time, or a length after its submission')
    .addHelpText('after', formsHelp);
}

/** @param unset what --processes is unless it is given */
function workerFlags(command: Command, unset: string): Command {
  const levels = ['silent', 'error', 'warn', 'info', 'debug'];
  return command
    .option('--concurrency <n>', 'how many jobs to run at a time, in each process')
    .option(
      '--processes <n>',
      `in how many processes to work, or auto: as many as there are processors (default: ${unset})`,
    )
    .addOption(new Option('--log-level <level>', 'what workers log to stderr').choices(levels));
}

const formsHelp = `
A graph in YAML or JSON is one of
  { fetch: [], report: [fetch] }                           types, and the types they depend on
  { graph: { fetch: [], report: [fetch] }, args: { … } }   the same, with options
  { jobs: { page-1: { type: fetch, after: [], args: { … } }, … }, args: { … } }
Options are args, labels, priority, id, startAfter, deadline, deadlineMs, and retry, the policy of jobs that have none. A
program exports one of these, or what jobGraph(…) returned, as \`graph\` or by default.`;
