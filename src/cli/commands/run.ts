import type { JobGraph } from '../../domain/job-graph.js';
import type { Handlers } from '../../handlers/handler.js';
import { toGraphInfo } from '../../store/info.js';
import type { Store } from '../../store/store.js';
import { MissingHandlersError, transactGraph, validateGraphHandlers } from '../../store/submit.js';
import { start } from '../../worker/start.js';
import { shownPath } from '../data-file.js';
import { type ExitCode, exitCodes, UsageError } from '../failure.js';
import { readWholeNumber } from '../flag-values.js';
import { readHandlers, readWorkFile } from '../graph-file.js';
import { GraphWatch } from '../graph-watch.js';
import type { Invocation } from '../invocation.js';
import { runReport } from '../run-report.js';
import { summaryLines } from '../run-summary.js';
import { workerOptions, type WorkOptions } from '../settings.js';
import { onStopSignal } from '../stop-signals.js';
import { onStrayErrors } from '../stray-errors.js';
import { workerLog } from '../worker-log.js';
import { WorkerProcesses } from '../worker-processes.js';
import { type GraphFlags, graphOverrides } from './submit.js';
import { loadGraph } from '../../store/load-graph.js';

export interface RunOptions extends GraphFlags, WorkOptions {
  readonly handlers?: string;
  readonly workerProcesses?: string;
}

/** What is needed to run a graph, all of it checked before anything is stored. */
interface Work {
  readonly graph: JobGraph;
  readonly handlers: Handlers;
  /** The file the handlers come from, for further worker processes. */
  readonly handlersFile: string;
  readonly workerProcesses: number;
}

export async function runCommand(invocation: Invocation<RunOptions>, file: string): Promise<ExitCode> {
  const { terminal } = invocation;
  terminal.outlivesReader = true;
  if (terminal.isJson) terminal.reserveStdout();
  const work = await readWork(invocation, file);
  return await invocation.withStore(
    async (store) => {
      const { graphId, stored } = await transactGraph(store, work.graph);
      const watch = await GraphWatch.begin(store, graphId);
      const { graph } = watch;
      const startedAt = performance.now();
      if (!graph.isSettled) await runUntilSettled(invocation, store, watch, work);
      const durationMs = Math.round(performance.now() - startedAt);
      // Who was stopped has not seen how the last jobs were handed back.
      const ended = graph.isSettled ? graph : await loadGraph(store, graphId);
      const again = invocation.hint('run', file, ...graphWords(invocation.options), '--id', graphId);
      terminal.document({ ...toGraphInfo(ended, store.environment.now()), stored, durationMs });
      terminal.say(...summaryLines(ended, { durationMs, again, invocation }));
      return ended.status === 'finished' ? exitCodes.good : exitCodes.failed;
    },
    { create: true },
  );
}

async function readWork({ options, settings }: Invocation<RunOptions>, file: string): Promise<Work> {
  const overrides = graphOverrides(options);
  const workerProcesses = readWholeNumber('--worker-processes', options.workerProcesses, 0) ?? 0;
  if (workerProcesses > 0 && settings.values.store === 'memory:') {
    throw new UsageError(
      'usage',
      'a store in memory cannot be shared; leave --worker-processes out or name a file with --store',
    );
  }
  const read = await readWorkFile(file, overrides.args);
  const graph = await read.graph(overrides);
  const handlersFile = options.handlers ?? file;
  const handlers = options.handlers === undefined ? await read.handlers() : await readHandlers(options.handlers);
  if (handlers === null) {
    const sentence = `${shownPath(file)} holds no handlers; export them from it as \`handlers\`, or name a file that does with --handlers FILE`;
    throw new UsageError('handlers-missing', sentence);
  }
  assertHandled(handlers, graph, shownPath(handlersFile));
  return { graph, handlers, handlersFile, workerProcesses };
}

function assertHandled(handlers: Handlers, graph: JobGraph, where: string): void {
  try {
    validateGraphHandlers(handlers, graph);
  } catch (error) {
    if (!(error instanceof MissingHandlersError)) throw error;
    throw new UsageError(error.code, `${where}: ${error.message}`, { cause: error });
  }
}

/** Works on the graph, here and in further processes, until nothing in it can run any more or somebody stops it. */
async function runUntilSettled(
  invocation: Invocation<RunOptions>,
  store: Store,
  watch: GraphWatch,
  { handlers, handlersFile, workerProcesses }: Work,
): Promise<void> {
  const { settings, terminal } = invocation;
  // The report says what becomes of the jobs: a log beside it is only for whoever asked for one.
  const isLogWanted = settings.from['log-level'] !== 'default';
  const logLevel = isLogWanted ? settings.values['log-level'] : 'silent';
  const logger = workerLog(logLevel, terminal);
  const worker = await start({ ...workerOptions(settings.values), logger }, store, handlers);
  const report = runReport(terminal, watch.graph);
  const words = [...workerWords(invocation, handlersFile), '--log-level', logLevel];
  const processes = new WorkerProcesses(workerProcesses, words, (sentence) => terminal.note(sentence));
  const stopped = new AbortController();
  const stop = async () => {
    await Promise.allSettled([worker.stop(), processes.stop()]);
    stopped.abort();
  };
  let failure: Error | null = null;
  const fail = (error: Error) => {
    failure ??= error;
    void stop();
  };
  worker.stopped.catch(fail);
  const unlisten = [
    onStopSignal(() => {
      terminal.note('overseer: stopping when what runs has ended; interrupt again to exit at once');
      void stop();
    }),
    onStrayErrors(logger, fail),
  ];
  try {
    await watch.untilSettled(stopped.signal, (event) => report.event(event));
    await stop();
  } finally {
    report.end();
    for (const off of unlisten) off();
  }
  if (failure !== null) throw failure as Error;
}

function workerWords({ options }: Invocation<RunOptions>, handlersFile: string): string[] {
  const { store, namespace, config, concurrency } = options;
  const flags = Object.entries({ store, namespace, config, concurrency });
  return [
    'worker',
    handlersFile,
    ...flags.flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value])),
  ];
}

/** The flags that made the graph what it is: with others, it would be another graph. */
function graphWords({ handlers, args, label, priority }: RunOptions): string[] {
  const flags = Object.entries({ handlers, args, priority });
  return [
    ...flags.flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value])),
    ...(label ?? []).flatMap((pair) => ['--label', pair]),
  ];
}
