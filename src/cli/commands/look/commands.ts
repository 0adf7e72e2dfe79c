import { Option } from 'commander';
import { graphStatuses } from '../../../domain/graph.js';
import { type Add, graphMoment, several } from '../../call/add-command.js';

/** Commands that show what there is and what there was. */
export function addLooking(add: Add): void {
  addGraphs(add);
  addShow(add);
  addHistory(add);
  addExplain(add);
  addQueue(add);
  addLog(add);
}

function addGraphs(add: Add): void {
  add('graphs', {
    description: 'list graphs, the latest first',
    example: 'overseer graphs --status failed --label team=billing',
    load: async () => (await import('./graphs.js')).graphsCommand,
  })
    .addOption(new Option('--status <status>', 'only graphs of this status').choices([...graphStatuses]))
    .option('--label <key=value>', 'only graphs with this label; may be given several times', several)
    .option('--limit <n>', 'list at most N graphs (default: 50)')
    .option('--after <cursor>', 'continue after an earlier page')
    .option('--at <moment>', 'as of this moment: a time or @POSITION');
}

function addShow(add: Add): void {
  add('show', {
    description: 'show the state of a graph or a job, now or at a moment',
    example: 'overseer show nightly/report --at 2026-03-01T12:00',
    load: async () => (await import('./show.js')).showCommand,
  })
    .argument('<graph[/job]>')
    .option('--at <moment>', graphMoment)
    .option('--dot <file>', 'draw the graph for Graphviz; - for stdout')
    .option('--svg <file>', 'draw the graph as a picture; - for stdout');
}

function addHistory(add: Add): void {
  add('history', {
    description: 'print the events of a graph or a job in order',
    example: 'overseer history nightly --follow',
    load: async () => (await import('./history.js')).historyCommand,
  })
    .argument('<graph[/job]>')
    .option('-f, --follow', 'go on with new events, until interrupted');
}

function addExplain(add: Add): void {
  add('explain', {
    description: 'say why a job is not running and what would make it run',
    example: 'overseer explain nightly/report',
    load: async () => (await import('./explain.js')).explainCommand,
  })
    .argument('<graph[/job]>', 'with a graph alone: what the graph waits for')
    .option('--at <moment>', graphMoment);
}

function addQueue(add: Add): void {
  add('queue', {
    description: 'show how many jobs are ready, running or waiting, by type',
    example: 'overseer queue --at 2026-03-01T12:00',
    load: async () => (await import('./queue.js')).queueCommand,
  })
    .option('--at <moment>', 'as of this moment: a time or @POSITION')
    .option('--limit <n>', 'name at most N ready jobs (default: 20)');
}

function addLog(add: Add): void {
  add('log', {
    description: 'print the whole log',
    example: 'overseer log --from @1200 --follow --type JobFaulted',
    load: async () => (await import('./log.js')).logCommand,
  })
    .option('--from <moment>', 'begin at @POSITION or at a time')
    .option('-f, --follow', 'go on with new events, until interrupted')
    .option('--type <type>', 'only events of this type; several with commas, or given several times', several)
    .option('--limit <n>', 'print at most N events');
}
