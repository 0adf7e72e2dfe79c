import type { Colors } from 'picocolors/types.js';
import type { RecordedAttempt, RecordedOutcome } from '../../../history/replay/recorded-attempt.js';
import type { HandlerOutcome } from '../../../handlers/rerun.js';
import { recordedAttempt, type Replay, replayAttempt } from '../../../history/replay/replay.js';
import { type ExitCode, exitCodes, UsageError } from '../../failure.js';
import { readWholeNumber } from '../../input/flag-values.js';
import { readHandlers } from '../../input/work-file.js';
import { stoppingBefore, waitForDebugger } from './inspector.js';
import type { Invocation } from '../../call/invocation.js';
import { patchLines } from '../../output/patch-lines.js';
import { resolveReference } from '../../input/reference.js';
import type { CommonOptions } from '../../call/settings.js';
import { onStopSignal } from '../../process/stop-signals.js';
import { pairLines } from '../../output/table.js';
import { shownPath } from '../../input/data-file.js';
import { failureInShort } from '../../../domain/status-phrases.js';
import { duration, jsonInShort, localTime } from '../../../prelude/phrases.js';
import { meantAmong } from '../../../prelude/known-names.js';

export interface ReplayOptions extends CommonOptions {
  readonly attempt?: string;
  readonly inspectBrk?: string | true;
}

const textMax = 200;

/** Runs a job's handler with the input of a recorded attempt. The store is closed before it begins. */
export async function replayCommand(
  invocation: Invocation<ReplayOptions>,
  text: string,
  file: string,
): Promise<ExitCode> {
  const { options, terminal } = invocation;
  const attempt = readWholeNumber('--attempt', options.attempt, 1);
  // What the handler prints is not part of the answer.
  terminal.reserveStdout();
  const recorded = await invocation.withStore(async (store) => {
    const { graphId, jobId } = await resolveReference(store, text);
    if (jobId === null) {
      throw new UsageError('reference-invalid', `a job is replayed, not a graph: overseer replay ${graphId}/JOB FILE`);
    }
    return await recordedAttempt(store, graphId, jobId, attempt === undefined ? {} : { attempt });
  });
  if (options.inspectBrk !== undefined) {
    waitForDebugger(options.inspectBrk, (address) => {
      terminal.note(`attach a debugger to ${address}: your editor, or Chrome at chrome://inspect`);
      terminal.note(`breakpoints in ${shownPath(file)} work; it also stops just before the handler`);
    });
  }
  const handler = await readHandler(file, recorded);
  const stop = new AbortController();
  const unlisten = onStopSignal((signal) => stop.abort(new Error(`the replay was interrupted by ${signal}`)));
  const run = options.inspectBrk === undefined ? handler : stoppingBefore(handler);
  const replay = await replayAttempt(recorded, run, { signal: stop.signal });
  unlisten();
  terminal.document({ ...recorded, outcome: undefined, ...replay });
  terminal.say(...replayLines(recorded, replay, terminal.paint));
  return replay.verdict === 'different' ? exitCodes.failed : exitCodes.good;
}

async function readHandler(file: string, { graphId, id, type }: RecordedAttempt) {
  const { held: handlers } = await readHandlers(file);
  const handler = Object.hasOwn(handlers, type) ? handlers[type] : undefined;
  if (handler !== undefined) return handler;
  const meant = meantAmong(type, Object.keys(handlers));
  const message = `${shownPath(file)} has no handler for ${JSON.stringify(type)}, the type of job ${graphId}/${id}; ${meant}`;
  throw new UsageError('handlers-missing', message);
}

function replayLines(recorded: RecordedAttempt, replay: Replay, paint: Colors): string[] {
  const { graphId, id, type, attempt, args, inputs, details, startedAt, worker } = recorded;
  const pairs: [string, string | null][] = [
    ['job', `${graphId}/${id} (type ${type})`],
    ['attempt', `${attempt}, on ${worker.id} at ${localTime(startedAt, 'milliseconds')}`],
    ['args', Object.keys(args).length === 0 ? null : jsonInShort(args, textMax)],
    ['inputs', Object.keys(inputs).length === 0 ? null : jsonInShort(inputs, textMax)],
    ['details', details === null ? null : jsonInShort(details, textMax)],
    ['heartbeats', replay.heartbeats.length === 0 ? null : `${replay.heartbeats.length}, not recorded`],
    ['recorded', recordedText(recorded.outcome)],
    ['replayed', replayedText(replay.replayed)],
  ];
  const stack = 'stack' in replay.replayed ? replay.replayed.stack : null;
  return [
    ...pairLines(pairs, paint),
    ...(stack === null || replay.verdict === 'same' ? [] : ['', ...stack.split('\n')]),
    '',
    ...verdictLines(replay, paint),
  ];
}

function verdictLines({ verdict, differences }: Replay, paint: Colors): string[] {
  switch (verdict) {
    case 'same':
      return [paint.green('the outcome is the same')];
    case 'incomparable':
      return [paint.yellow('the outcomes cannot be compared: the recorded attempt was ended from elsewhere')];
    case 'different':
      return [paint.red('the outcome is different:'), ...patchLines(differences)];
  }
}

function recordedText(outcome: RecordedOutcome): string {
  switch (outcome.kind) {
    case 'finished':
      return `finished: ${jsonInShort(outcome.result, textMax)}`;
    case 'faulted':
      return `${outcome.cause}: ${failureInShort(outcome.failure)}`;
    case 'aborted':
      return `aborted by ${outcome.byHandler ? 'its handler' : outcome.by}: ${outcome.message}`;
    case 'skipped':
      return `skipped: ${outcome.reason}`;
    case 'deferred':
      return `deferred for ${duration(outcome.delayMs)}: ${outcome.reason}`;
  }
}

function replayedText(outcome: HandlerOutcome): string {
  switch (outcome.kind) {
    case 'finished':
      return `finished: ${jsonInShort(outcome.result, textMax)}`;
    case 'fault':
    case 'exception':
      return `${outcome.kind}: ${failureInShort(outcome.failure)}`;
    case 'aborted':
      return `aborted by its handler: ${outcome.message}`;
    case 'skipped':
    case 'deferred':
      return `${outcome.kind}: ${outcome.reason}`;
  }
}
