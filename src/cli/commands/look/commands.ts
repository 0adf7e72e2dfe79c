import { type Add, graphMoment, jobFilterFlags, several } from '../../call/add-command.js';

/** Commands that show what there is and what there was. */
export function addLooking(add: Add): void {
  addGraphs(add);
  addShow(add);
  addHistory(add);
  addExplain(add);
  addJobs(add);
  addQueue(add);
  addWorkers(add);
  addLog(add);
  addUi(add);
}

function addGraphs(add: Add): void {
  add('graphs', {
    description: 'list graphs, the latest first',
    example: 'overseer graphs --status failed --label team=billing',
    load: async () => (await import('./graphs.js')).graphsCommand,
  })
    .option('--status <status>', 'only graphs of this status; several with commas, or given several times', several)
    .option('--label <key=value>', 'only graphs with this label; may be given several times', several)
    .option('--search <text>', 'only graphs with this text in the id, a label, a type of job or a failure')
    .option('--limit <n>', 'list at most N graphs (default: 50)')
    .option('--after <cursor>', 'continue after an earlier page')
    .option('--at <moment>', 'as of this moment: a time or @POSITION');
}

function addShow(add: Add): void {
  const command = add('show', {
    description: 'show the state of a graph or a job, now or at a moment',
    example: 'overseer show nightly/report --at 2026-03-01T12:00',
    load: async () => (await import('./show.js')).showCommand,
  })
    .argument('<graph[/job]>')
    .option('--at <moment>', graphMoment);
  jobFilterFlags(command)
    .option('--limit <n>', 'list at most N jobs (default: 50 of those that are asked for)')
    .option('--after <job>', 'continue after this job of an earlier list')
    .option('--all', 'list every job of a large graph, or draw every one')
    .option('--dot <file>', 'draw the graph for Graphviz; - for stdout')
    .option('--svg <file>', 'draw the graph as a picture, a large one in groups; - for stdout');
}

function addHistory(add: Add): void {
  const command = add('history', {
    description: 'print the events of a graph or a job in order',
    example: 'overseer history nightly --follow',
    load: async () => (await import('./history.js')).historyCommand,
  })
    .argument('<graph[/job]>')
    .option('-f, --follow', 'go on with new events, until interrupted');
  jobFilterFlags(command, { types: 'events of jobs of this type, or of this type themselves' })
    .option('--limit <n>', 'print at most N events')
    .option('--after <#n>', 'continue after the N-th event of the graph')
    .option('--all', 'print every event of a large graph');
}

function addExplain(add: Add): void {
  add('explain', {
    description: 'say why a job is not running and what would make it run',
    example: 'overseer explain nightly/report',
    load: async () => (await import('./explain.js')).explainCommand,
  })
    .argument('<graph[/job]>', 'with a graph alone: what the graph waits for')
    .option('--at <moment>', graphMoment)
    .option('--limit <n>', 'name at most N jobs or causes of a kind (default: 10)');
}

function addQueue(add: Add): void {
  add('queue', {
    description: 'show how many jobs are ready, running or waiting, by type',
    example: 'overseer queue --at 2026-03-01T12:00',
    load: async () => (await import('./queue.js')).queueCommand,
  })
    .option('--at <moment>', 'as of this moment: a time or @POSITION')
    .option('--type <type>', 'only jobs of this type; several with commas, or given several times', several)
    .option('--limit <n>', 'list at most N types and N ready jobs (default: 20)')
    .option('--after <cursor>', 'continue the ready jobs after an earlier list');
}

function addJobs(add: Add): void {
  add('jobs', {
    description: 'list jobs of all graphs, those of the latest graph first',
    example: 'overseer jobs --status failed,backing-off --label team=billing',
    load: async () => (await import('./jobs.js')).jobsCommand,
  })
    .option('--status <status>', 'only jobs of this status; several with commas, or given several times', several)
    .option('--type <type>', 'only jobs of this type', several)
    .option('--graph <graph>', 'only jobs of this graph', several)
    .option('--label <key=value>', 'only jobs of graphs with this label; may be given several times', several)
    .option('--limit <n>', 'list at most N jobs (default: 50)')
    .option('--after <cursor>', 'continue after an earlier page')
    .option('--at <moment>', 'as of this moment: a time or @POSITION');
}

function addWorkers(add: Add): void {
  add('workers', {
    description: 'list the workers that the log knows of, and what they run',
    example: 'overseer workers --running',
    load: async () => (await import('./workers.js')).workersCommand,
  })
    .option('--running', 'only workers that run a job')
    .option('--type <type>', 'only workers that took jobs of this type', several)
    .option('--host <host>', 'only workers on this host', several)
    .option('--limit <n>', 'list at most N workers (default: 50)')
    .option('--after <worker>', 'continue after this worker of an earlier list')
    .option('--at <moment>', 'as of this moment: a time or @POSITION');
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

function addUi(add: Add): void {
  const command = add('ui', {
    description: 'show all this in a browser, on a page that can be wound back and forth in time',
    example: 'overseer ui --store sqlite:./overseer.db --open',
    load: async () => (await import('./ui.js')).uiCommand,
  });
  command
    .option('--port <n>', 'the port to listen at; 0 for any that is free (default: 4280)')
    .option('--host <address>', 'the address to listen at (default: 127.0.0.1); any that others reach needs a token')
    .option('--token <text>', 'what a browser must give once, or auto to make one; better set as OVERSEER_UI_TOKEN')
    .option('--open', 'open it in the browser')
    .option('--operate', 'let it retry, abort, pause and fork, too')
    .option('--by <name>', 'who, for the history, with --operate (default: USER@HOST)')
    .addHelpText('before', 'It listens on this machine alone, and only looks, unless told otherwise.\n');
}
