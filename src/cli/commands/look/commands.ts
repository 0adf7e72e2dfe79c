import { Option } from 'commander';
import { graphStatuses } from '../../../domain/graph.js';
import { type Add, graphMoment, several } from '../../call/add-command.js';

/** Commands that show what there is and what there was. */
export function addLooking(add: Add): void {
  add(
    'graphs',
    'list graphs, the latest first',
    'overseer graphs --status failed --label team=billing',
    async () => (await import('./graphs.js')).graphsCommand,
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
    async () => (await import('./show.js')).showCommand,
  )
    .argument('<graph[/job]>')
    .option('--at <moment>', graphMoment)
    .option('--dot <file>', 'draw the graph for Graphviz; - for stdout')
    .option('--svg <file>', 'draw the graph as a picture; - for stdout');
  add(
    'history',
    'print the events of a graph or a job in order',
    'overseer history nightly --follow',
    async () => (await import('./history.js')).historyCommand,
  )
    .argument('<graph[/job]>')
    .option('-f, --follow', 'go on with what happens, until interrupted');
  add(
    'explain',
    'say why a job is not running and what would make it run',
    'overseer explain nightly/report',
    async () => (await import('./explain.js')).explainCommand,
  )
    .argument('<graph[/job]>', 'with a graph alone: what the graph waits for')
    .option('--at <moment>', graphMoment);
  add(
    'queue',
    'show what is ready and what runs, by type',
    'overseer queue --at 2026-03-01T12:00',
    async () => (await import('./queue.js')).queueCommand,
  )
    .option('--at <moment>', 'as of this moment: a time or @POSITION')
    .option('--limit <n>', 'name at most so many ready jobs (default: 20)');
  add(
    'log',
    'print the whole log',
    'overseer log --from @1200 --follow --type JobFaulted',
    async () => (await import('./log.js')).logCommand,
  )
    .option('--from <moment>', 'begin at @POSITION or at a time')
    .option('-f, --follow', 'go on with what happens, until interrupted')
    .option('--type <type>', 'only events of this type; several: with commas, or given several times', several)
    .option('--limit <n>', 'at most so many');
}

/** Commands that go through a history. */
export function addTimeTravel(add: Add): void {
  add(
    'timeline',
    'show what the jobs of a graph did with their time',
    'overseer timeline nightly --svg nightly.svg',
    async () => (await import('../time-travel/timeline.js')).timelineCommand,
  )
    .argument('<graph>')
    .option('--at <moment>', graphMoment)
    .option('--limit <n>', 'show at most so many jobs (default: 40)')
    .option('--svg <file>', 'draw it as a picture; - for stdout');
  add(
    'diff',
    'compare two moments of a graph, or two graphs',
    "overseer diff nightly '#12' '#40'",
    async () => (await import('../time-travel/diff.js')).diffCommand,
  )
    .argument('<graph>')
    .argument('<moment|graph>', 'the first of two moments; or another graph')
    .argument('[moment]', 'the second moment')
    .option('--no-durations', 'leave out how long jobs took');
  add(
    'bisect',
    'find the first event after which something holds',
    "overseer bisect nightly --where 'count.failed > 0'",
    async () => (await import('../time-travel/bisect.js')).bisectCommand,
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
    async () => (await import('../time-travel/step.js')).stepCommand,
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
