/**
 * Testing graphs and handlers of one's own, with any test runner: a store in memory with a virtual clock, faults by hand,
 * given/when/then, and recorded histories replayed.
 *
 * @packageDocumentation
 */

// ---- A world with a virtual clock
export { runGraph, type RunOptions } from './run-graph.js';
export { type GraphRun, type HandlersByClock, testWorld, TestWorld, type Within, type WorldOptions } from './world.js';
export { type TestWorker } from './test-worker.js';
export { type VirtualClock } from './virtual-time.js';
export { type Duration } from '../prelude/duration.js';
export { type AnyGraph, type GraphDetails } from './graph-form.js';
export { type AppendMatch } from './log-faults.js';
export { story } from './story.js';

// ---- Given a past, when something is done, then …
export {
  type Action,
  type Expected,
  given,
  type GivenOptions,
  operatorAborts,
  operatorRetries,
  type Outcome,
  Scenario,
  timePasses,
  workerRuns,
  workerRunsFor,
} from './scenario.js';
export {
  aborted,
  type Fact,
  faulted,
  finished,
  graphAborted,
  graphRetried,
  heartbeat,
  leaseLost,
  passed,
  retried,
  answered,
  answeredFailed,
  deferred,
  skipped,
  started,
  threw,
  expired,
  timedOut,
} from './facts.js';

// ---- Recorded histories, replayed
export {
  HistoriesDifferError,
  type HistoryDifference,
  type ReplayedHistories,
  replayHistories,
  type ReplayHistoriesOptions,
} from './replay-histories.js';
export { type Histories } from './history-files.js';
