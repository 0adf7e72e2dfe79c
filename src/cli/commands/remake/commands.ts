import { type Add, several } from '../../call/add-command.js';

/** Commands that take a history and make something else of it. */
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
    .option('--at <moment>', 'fork the graph as it stood then: a time, @POSITION or #N')
    .option('--dry-run', 'show what would run and what would be carried over, and store nothing')
    .option('--id <id>', 'an id of your own: the same fork is then stored once, however often it is asked for')
    .option('--label <key=value>', 'a label over those of the graph; may be given several times', several)
    .option('--priority <n>', 'another priority than that of the graph');
}

function addReplay(add: Add): void {
  const exitCodes =
    'Exits with 0 if it came to the same end, or if that cannot be known; with 1 if it came to another.\n';
  add('replay', {
    description: "run a job's handler here on what an attempt was given, and compare how it ends; nothing is written",
    example: 'overseer replay nightly/parse handlers.ts --inspect-brk',
    load: async () => (await import('./replay.js')).replayCommand,
  })
    .argument('<graph/job>')
    .argument('<file>', 'a file that exports handlers by job type')
    .option('--attempt <n>', 'which attempt (default: the last that has ended)')
    .option('--inspect-brk [host:port]', 'wait for a debugger, and stop in front of the handler')
    .addHelpText('before', exitCodes);
}

function addWhatIf(add: Add): void {
  add('what-if', {
    description:
      'say what would have become of a graph under another retry policy, or in the eyes of another projection',
    example: `overseer what-if nightly --retry '{"maximumAttempts": 5}'`,
    load: async () => (await import('./what-if.js')).whatIfCommand,
  })
    .argument('<graph>')
    .option('--retry <json>', 'the policy that every job would have had')
    .option('--module <file>', 'a file that exports `retry`, a policy or a function; or `projection` and `instead`')
    .option('--at <moment>', 'of the graph as it stood then: a time, @POSITION or #N');
}

function addProject(add: Add): void {
  add('project', {
    description: 'compute the state of a projection of your own',
    example: 'overseer project failures.ts --at 2026-03-01',
    load: async () => (await import('./project.js')).projectCommand,
  })
    .argument('<file>', 'a file that exports a projection by default, or as `projection`: .ts .js .mjs')
    .option('--at <moment>', 'as of this moment: a time or @POSITION')
    .option('--rebuild', 'begin at the first event, not at what was kept')
    .option('-f, --follow', 'go on with what happens, until interrupted');
}
