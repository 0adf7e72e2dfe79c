import { createLogUpdate } from 'log-update';
import { msOf } from '../../../prelude/duration.js';
import { OverseerError } from '../../../prelude/errors.js';
import { archiveGraphs, type ArchiveProgress, type ArchiveReport } from '../../../store/archive-graphs.js';
import { orThrow } from '../../../store/or-throw.js';
import type { Store } from '../../../store/store.js';
import type { Invocation } from '../../call/invocation.js';
import type { CommonOptions } from '../../call/settings.js';
import { type ExitCode, exitCodes, UsageError } from '../../failure.js';
import { fileSize, localTime, plural } from '../../../prelude/phrases.js';
import type { Terminal } from '../../output/terminal.js';
import { onStopSignal } from '../../process/stop-signals.js';

export interface ArchiveCommandOptions extends CommonOptions {
  readonly olderThan?: string;
  readonly dryRun?: boolean;
  readonly compact?: boolean;
}

const drawEveryMs = 100;
/** Less room than this is not worth a word. */
const worthTellingBytes = 1024 * 1024;

export async function archiveCommand(invocation: Invocation<ArchiveCommandOptions>): Promise<ExitCode> {
  const { terminal, options } = invocation;
  const { dryRun = false, compact = false } = options;
  const olderThan = readAge(options.olderThan);
  const stop = new AbortController();
  const unlisten = onStopSignal(() => stop.abort());
  const progress = terminal.isDrawable ? drawnProgress() : null;
  try {
    return await invocation.withStore(async (store) => {
      const { signal } = stop;
      const onProgress = (now: ArchiveProgress) => progress?.show(now);
      const report = await archiveGraphs(store, { olderThan, dryRun, compact, signal, onProgress });
      progress?.clear();
      const freeBytes = await freeBytesIn(store);
      terminal.document({ dryRun, ...report, freeBytes });
      terminal.say(...lines(report, dryRun));
      if (!dryRun && freeBytes >= worthTellingBytes) terminal.say(freeLine(freeBytes, terminal));
      return dryRun || report.isComplete ? exitCodes.good : exitCodes.failed;
    });
  } finally {
    progress?.clear();
    unlisten();
  }
}

/** @throws UsageError `usage` */
function readAge(text: string | undefined): number {
  const advice = 'give --older-than an age, such as 90d or 12h';
  if (text === undefined) throw new UsageError('usage', `nothing says how old a graph must be; ${advice}`);
  try {
    return msOf(text, '--older-than');
  } catch (error) {
    if (error instanceof OverseerError) throw new UsageError('usage', error.message);
    throw error;
  }
}

function lines({ until, graphs, events, moved, isComplete, ...left }: ArchiveReport, dryRun: boolean): string[] {
  const staying = [
    ...(left.graphsNotOver === 0
      ? []
      : [`${plural(left.graphsNotOver, 'graph is', 'graphs are')} as old and not over`]),
    ...(left.graphsUnreadable === 0
      ? []
      : [`${plural(left.graphsUnreadable, 'graph')} as old cannot be read by this release`]),
  ].map((what) => `${what}, and stays where it is`);
  const before = `before ${localTime(until)}`;
  if (graphs === 0 && (dryRun || isComplete)) return [`no graph that ended ${before} is left to archive`, ...staying];
  const what = `${plural(graphs, 'graph')} that ended ${before}, with ${plural(events, 'event')}`;
  if (dryRun) return [`${what}, would be archived; nothing was changed`, ...staying];
  const files = `${plural(moved.files, 'file')} (${fileSize(moved.bytes)})`;
  if (isComplete) return [`archived ${what}, in ${files}`, ...staying];
  return [`stopped: ${plural(moved.events, 'event')} were archived, in ${files}; the same command goes on from there`];
}

async function freeBytesIn({ log }: Store): Promise<number> {
  const facts = log.describe === undefined ? {} : await orThrow(log.describe());
  return Number(facts['freeBytes'] ?? 0);
}

function freeLine(bytes: number, { paint }: Terminal): string {
  return paint.dim(`${fileSize(bytes)} of the file are free for new events; --compact gives them back to the disk`);
}

function drawnProgress() {
  const draw = createLogUpdate(process.stdout);
  let drawnAt = 0;
  return {
    show({ graphsLookedAt, graphsToLookAt, eventsMoved, eventsToMove }: ArchiveProgress) {
      const now = performance.now();
      if (now - drawnAt < drawEveryMs) return;
      drawnAt = now;
      const looking = `looked at ${plural(graphsLookedAt, 'graph')} of ${graphsToLookAt.toLocaleString('en-US')}`;
      const moving = `moved ${plural(eventsMoved, 'event')} of ${eventsToMove.toLocaleString('en-US')}`;
      draw(eventsMoved === 0 ? looking : moving);
    },
    clear: () => draw.clear(),
  };
}
