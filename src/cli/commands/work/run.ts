import type { GraphState } from '../../../domain/graph.js';
import type { JobGraph } from '../../../domain/job-graph.js';
import type { Handlers } from '../../../handlers/handler.js';
import { OverseerError } from '../../../prelude/errors.js';
import { toGraphInfo } from '../../../domain/graph-info.js';
import type { Store } from '../../../store/store.js';
import { MissingHandlersError, validateGraphHandlers } from '../../../store/define.js';
import { transactGraph } from '../../../store/submit.js';
import { start } from '../../../worker/start.js';
import { shownPath } from '../../input/data-file.js';
import { adviseAfterEarlyEnd, watchedHandlers } from '../../process/early-end.js';
import { type ExitCode, exitCodes, UsageError } from '../../failure.js';
import { readWholeNumber } from '../../input/flag-values.js';
import { readHandlers, readWorkFile } from '../../input/work-file.js';
import { GraphWatch } from './graph-watch.js';
import { heldElsewhere } from './held-elsewhere.js';
import type { Invocation } from '../../call/invocation.js';
import { tellPauses } from './pause-watch.js';
import { resultLines, resultsAsked } from './results.js';
import { runReport } from './run-report.js';
import { summaryLines } from './run-summary.js';
import { workerOptions, type WorkOptions } from '../../call/settings.js';
import { onStopSignal } from '../../process/stop-signals.js';
import { onStrayErrors, rejectionText } from '../../process/stray-errors.js';
import type { Terminal } from '../../output/terminal.js';
import { LiveTimeLeft } from '../../output/time-left.js';
import { listed } from '../../../prelude/phrases.js';
import { workerLog } from '../../process/worker-log.js';
import { endTeller, processesFor, superviseProcesses } from './processes.js';
import { type GraphFlags, graphOverrides } from './submit.js';
import { loadGraph } from '../../../store/load-graph.js';
import { loadWork } from '../../../store/load-work.js';

export interface RunOptions extends GraphFlags, WorkOptions {
  readonly handlers?: string;
  readonly workerProcesses?: string;
  readonly results?: boolean;
  readonly allResults?: boolean;
}

/** What is needed to run a graph, all of it checked before anything is stored. */
interface Work {
  readonly graph: JobGraph;
  readonly handlers: Handlers;
  /** The file the handlers come from, for further processes. */
  readonly handlersFile: string;
  /** In how many processes to work: this one and, if there are more, processes beside it. */
  readonly processes: number;
}

export async function runCommand(invocation: Invocation<RunOptions>, file: string): Promise<ExitCode> {
  const { terminal } = invocation;
  terminal.outlivesReader = true;
  if (terminal.isJson) terminal.reserveStdout();
  const work = await readWork(invocation, file);
  return await invocation.withStore(
    async (store) => {
      const { graphId, stored } = await transactGraph(store, work.graph);
      const again = invocation.hint('run', file, ...graphWords(invocation.options), '--id', graphId);
      adviseAfterEarlyEnd(`go on with: ${again}`);
      const watch = await GraphWatch.begin(store, graphId);
      const { graph } = watch;
      if (!stored) for (const line of heldElsewhere(graph, store.environment)) terminal.note(line);
      const startedAt = performance.now();
      const troubles = graph.isSettled ? [] : await runUntilSettled(invocation, store, watch, work);
      const durationMs = Math.round(performance.now() - startedAt);
      // A watch that was stopped has not seen the last events.
      const ended = graph.isSettled ? graph : await loadGraph(store, graphId);
      const results = resultsAsked(ended, invocation.options);
      const moment = { now: store.environment.now(), work: await loadWork(store) };
      terminal.document({ ...toGraphInfo(ended, moment), ...(results && { results }), stored, durationMs });
      if (results !== null) terminal.say(...resultLines(results, terminal.paint));
      terminal.saySentences(...summaryLines(ended, { durationMs, again, invocation }));
      if (troubles.length > 0) throw troubled(ended, troubles, terminal.isJson);
      return ended.status === 'finished' ? exitCodes.good : exitCodes.failed;
    },
    { create: true },
  );
}

/** The graph may have finished, but an error that nobody handled may have cost a part of its work. */
function troubled({ id, status }: GraphState, troubles: readonly string[], isJson: boolean): OverseerError {
  const how = status === 'running' ? 'has not ended' : status;
  return new OverseerError(
    'run-troubled',
    `graph ${id} ${how}, but ${isJson ? listed(troubles, 3) : 'something went wrong outside its jobs, see above'}`,
  );
}

async function readWork({ options, settings }: Invocation<RunOptions>, file: string): Promise<Work> {
  const overrides = graphOverrides(options);
  const read = await readWorkFile(file, overrides.args);
  const graph = await read.graph(overrides);
  const handlersFile = options.handlers ?? file;
  const found = options.handlers === undefined ? await read.handlers() : await readHandlers(options.handlers);
  if (found === null) {
    const sentence = `${shownPath(file)} holds no handlers; export them from it as \`handlers\`, or name a file that does with --handlers FILE${read.misnamed('handlers')}`;
    throw new UsageError('handlers-missing', sentence);
  }
  assertHandled(found.held, graph, shownPath(handlersFile));
  const asked = processesAsked(options) ?? settings.values.processes ?? 1;
  // More processes than jobs would have nothing to do.
  const processes = processesFor(settings, asked, Object.keys(graph.jobs).length);
  return { graph, handlers: watchedHandlers(found.held), handlersFile, processes };
}

/** What is asked for by the name that release 0.1.0 had for it. */
function processesAsked({ processes, workerProcesses }: RunOptions): number | undefined {
  const besides = readWholeNumber('--worker-processes', workerProcesses, 0);
  if (besides !== undefined && processes !== undefined) {
    throw new UsageError('usage', '--worker-processes N is the same as --processes N+1; give one of them');
  }
  return besides === undefined ? undefined : besides + 1;
}

function assertHandled(handlers: Handlers, graph: JobGraph, where: string): void {
  try {
    validateGraphHandlers(handlers, graph);
  } catch (error) {
    if (!(error instanceof MissingHandlersError)) throw error;
    throw new UsageError(error.code, `${where}: ${error.message}`, { cause: error });
  }
}

/**
 * Works on the graph, here and in further processes, until nothing in it can run any more or it is stopped. Returns what
 * went wrong that no job could be failed for.
 */
async function runUntilSettled(
  invocation: Invocation<RunOptions>,
  store: Store,
  watch: GraphWatch,
  { handlers, handlersFile, processes }: Work,
): Promise<readonly string[]> {
  const { settings, terminal } = invocation;
  // The report says what happens to the jobs, so a log is only written if it was asked for.
  const isLogWanted = settings.from['log-level'] !== 'default';
  const logLevel = isLogWanted ? settings.values['log-level'] : 'silent';
  const logger = workerLog(terminal, { level: logLevel });
  const listening = new Listening(terminal);
  const worker = await start({ ...workerOptions(settings.values), logger }, store, handlers);
  const others = superviseProcesses(
    processes - 1,
    invocation,
    { file: handlersFile, logLevel, isOfRun: true },
    { ended: endTeller((sentence, isTrouble) => (isTrouble ? listening.trouble(sentence) : listening.note(sentence))) },
  );
  const timeLeft = new LiveTimeLeft(watch.graph, settings.values.concurrency * processes);
  if (!terminal.isJson) await timeLeft.read(store);
  const report = runReport(terminal, watch.graph, timeLeft);
  const stopped = new AbortController();
  let isEnding = false;
  const end = async () => {
    isEnding = true;
    await Promise.allSettled([worker.stop(), others.stop()]);
    stopped.abort();
  };
  const over = new AbortController();
  tellPauses(invocation, store, watch, over.signal).catch((error: Error) => {
    if (!over.signal.aborted) listening.note(`what is paused cannot be told any more: ${error.message}`);
  });
  listening.onStop(() => void end());
  worker.stopped.catch((error: Error) => listening.fail(error));
  others.stopped.catch((error: Error) => {
    // One that does not end well has told so.
    if (!isEnding) listening.fail(error);
  });
  try {
    await watch.untilSettled(stopped.signal, (event) => report.event(event));
    await end();
  } finally {
    over.abort();
    report.end();
    listening.end();
  }
  if (listening.failure !== null) throw listening.failure;
  return listening.troubles;
}

/** What reaches a run from outside its jobs: signals, and errors that nobody handled. Listens from its creation. */
class Listening {
  /** What makes the run itself fail. */
  failure: Error | null = null;
  readonly troubles: string[] = [];
  private readonly asked = new AbortController();
  private readonly unlisten = [
    onStopSignal(() => {
      this.terminal.note('overseer: stopping when the running jobs have ended; interrupt again to exit at once');
      this.asked.abort();
    }),
    onStrayErrors({
      rejected: (error) => this.trouble(rejectionText(error)),
      thrown: (error) => this.fail(error),
    }),
  ];

  constructor(private readonly terminal: Terminal) {}

  onStop(stop: () => void): void {
    if (this.asked.signal.aborted) stop();
    else this.asked.signal.addEventListener('abort', stop);
  }

  fail(error: Error): void {
    this.failure ??= error;
    this.asked.abort();
  }

  trouble(sentence: string): void {
    this.troubles.push(sentence);
    this.note(sentence);
  }

  note(sentence: string): void {
    this.terminal.note(`overseer: ${sentence}`);
  }

  end(): void {
    for (const off of this.unlisten) off();
  }
}

/** The flags that made the graph what it is: with others, it would be another graph. */
function graphWords({ handlers, args, label, priority, startAfter, deadline }: RunOptions): string[] {
  const flags = Object.entries({ handlers, args, priority, 'start-after': startAfter, deadline });
  return [
    ...flags.flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value])),
    ...(label ?? []).flatMap((pair) => ['--label', pair]),
  ];
}
