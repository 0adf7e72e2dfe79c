import { type Add, graphMoment, several } from '../../call/add-command.js';

/** Commands that make something new of a history. */
export function addRemaking(add: Add): void {
  addFork(add);
  addReplay(add);
  addWhatIf(add);
  addProject(add);
}

function addFork(add: Add): void {
  add('fork', {
    description: 'make a new graph from an old one that keeps results and runs the rest again',
    example: 'overseer fork nightly --from parse --dry-run',
    load: async () => (await import('./fork.js')).forkCommand,
  })
    .argument('<graph>')
    .option('--from <job...>', 'jobs that run again, with all that depend on them')
    .option('--failed', 'run again what failed or was aborted, and all that depends on it')
    .option('--args <json>', 'args put over those of every job; finished jobs that get others by that run again')
    .option('--keep <job...>', 'with --args: jobs that keep their results, and the args these came from')
    .option('--at <moment>', `fork the graph ${graphMoment}`)
    .option('--dry-run', 'show what would run and what would be carried over, and store nothing')
    .option('--limit <n>', 'list at most N jobs of a dry run (default: 50)')
    .option('--id <id>', 'an id of your own: the same fork is then stored once, however often it is asked for')
    .option('--label <key=value>', 'a label to add or to change; may be given several times', several)
    .option('--priority <n>', "a priority other than the graph's");
}

function addReplay(add: Add): void {
  const exitCodes = 'Exits with 0 if the outcome is the same or cannot be compared, with 1 if it is different.\n';
  add('replay', {
    description:
      "run a job's handler here with the input of a recorded attempt, and compare the outcome; nothing is written",
    example: 'overseer replay nightly/parse handlers.ts --inspect-brk',
    load: async () => (await import('./replay.js')).replayCommand,
  })
    .argument('<graph/job>')
    .argument('<file>', 'a file that exports handlers by job type')
    .option('--attempt <n>', 'which attempt (default: the last that has ended)')
    .option('--inspect-brk [host:port]', 'wait for a debugger, and stop just before the handler')
    .addHelpText('before', exitCodes);
}

function addWhatIf(add: Add): void {
  add('what-if', {
    description:
      'show what would have happened to a graph with another retry policy, or what another projection makes of it',
    example: `overseer what-if nightly --retry '{"maximumAttempts": 5}'`,
    load: async () => (await import('./what-if.js')).whatIfCommand,
  })
    .argument('<graph>')
    .option('--retry <json>', 'the policy that every job would have had')
    .option('--module <file>', 'a file that exports `retry`, a policy or a function; or `projection` and `instead`')
    .option('--at <moment>', graphMoment)
    .option('--limit <n>', 'list at most N jobs (default: 50)');
}

function addProject(add: Add): void {
  add('project', {
    description: 'compute the state of a projection of your own',
    example: 'overseer project failures.ts --at 2026-03-01',
    load: async () => (await import('./project.js')).projectCommand,
  })
    .argument('<file>', 'a file that exports a projection by default, or as `projection`: .ts .js .mjs')
    .option('--at <moment>', 'as of this moment: a time or @POSITION')
    .option('--rebuild', 'begin at the first event, not at the saved state')
    .option('-f, --follow', 'go on with new events, until interrupted');
}
