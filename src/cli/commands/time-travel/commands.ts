import { Option } from 'commander';
import { type Add, graphMoment, jobFilterFlags } from '../../call/add-command.js';

/** Commands that go through a history. */
export function addTimeTravel(add: Add): void {
  addTimeline(add);
  addDiff(add);
  addBisect(add);
  addStep(add);
}

function addTimeline(add: Add): void {
  const command = add('timeline', {
    description: 'show how the jobs of a graph spent their time',
    example: 'overseer timeline nightly --svg nightly.svg',
    load: async () => (await import('./timeline.js')).timelineCommand,
  })
    .argument('<graph>')
    .option('--at <moment>', graphMoment);
  jobFilterFlags(command)
    .addOption(new Option('--by <what>', 'a line for each job, or for all jobs of a type').choices(['job', 'type']))
    .option('--limit <n>', 'show at most N lines (default: 40)')
    .option('--all', 'show every job of a large graph')
    .option('--svg <file>', 'draw it as a picture; - for stdout')
    .addHelpText('after', timelineHelp);
}

function addDiff(add: Add): void {
  add('diff', {
    description: 'compare two moments of a graph, a moment with now, or two graphs',
    example: "overseer diff nightly '#12' '#40'",
    load: async () => (await import('./diff.js')).diffCommand,
  })
    .argument('<graph>')
    .argument('<moment|graph>', 'the first moment; or another graph')
    .argument('[moment]', 'the second moment (default: now)')
    .option('--limit <n>', 'list at most N jobs (default: 50)')
    .option('--no-durations', 'leave out how long jobs took');
}

function addBisect(add: Add): void {
  add('bisect', {
    description: 'find the first event after which a condition holds',
    example: "overseer bisect nightly --where 'count.failed > 0'",
    load: async () => (await import('./bisect.js')).bisectCommand,
  })
    .argument('<graph|log>', 'a graph, or `log` for the whole log')
    .option('--where <expression>', 'the condition, an expression about the state')
    .option('--module <file>', 'a file that exports `where`, a function of the state')
    .option('--at <moment>', 'look no further than this moment')
    .addHelpText('after', bisectHelp);
}

function addStep(add: Add): void {
  add('step', {
    description: 'go through the history of a graph, event by event',
    example: 'overseer step nightly --at "#12"',
    load: async () => (await import('./step.js')).stepCommand,
  })
    .argument('<graph>')
    .option('--at <moment>', 'begin at this moment (default: the first event)');
}

const timelineHelp = `
A graph of more than 100 jobs is shown by type, unless jobs are chosen, or --by or --all says otherwise.`;

const bisectHelp = `
An expression compares values of the state with == != < <= > >= and joins comparisons with && || ! ( ):
  of a graph   number, at, event.type, event.jobId, status, labels.KEY, count.STATUS, jobs.ID.status, .attempt, .result …
  of the log   number, at, event.type, graphs.STATUS, started, ready.TYPE
A name that is not one word is written in brackets: jobs["page-1"].attempt >= 2.
Exits with 1 if it never held.`;
