import { namespaceStream } from '../../../domain/namespace-stream.js';
import { createLogUpdate } from 'log-update';
import type { Colors } from 'picocolors/types.js';
import type { Problem } from '../../../history/verify/invariants.js';
import { lastEventAhead } from '../../../store/clock.js';
import type { Verification } from '../../../history/verify/verification.js';
import { verify, type VerifyProgress } from '../../../history/verify/verify.js';
import { type ExitCode, exitCodes } from '../../failure.js';
import type { Invocation } from '../../call/invocation.js';
import { readWholeNumber } from '../../input/flag-values.js';
import type { CommonOptions } from '../../call/settings.js';
import type { Terminal } from '../../output/terminal.js';
import { duration, plural, thousands } from '../../../prelude/phrases.js';

const drawEveryMs = 100;

export interface VerifyCommandOptions extends CommonOptions {
  readonly limit?: string;
}

/** How many problems are printed, unless `--limit` says otherwise. */
const printedMost = 100;

export async function verifyCommand(invocation: Invocation<VerifyCommandOptions>): Promise<ExitCode> {
  const { terminal, options } = invocation;
  const limit = readWholeNumber('--limit', options.limit, 1) ?? printedMost;
  const startedAt = performance.now();
  const found = await invocation.withStore(async (store) => {
    const progress = terminal.isDrawable ? drawnProgress(terminal, startedAt) : null;
    try {
      const verified = await verify(store, progress === null ? {} : { onProgress: progress.show });
      // A damaged file may not answer any more.
      const isDamaged = verified.stillReadable !== null;
      return { ...verified, clock: isDamaged ? null : await lastEventAhead(store) };
    } finally {
      progress?.clear();
    }
  });
  const durationMs = Math.round(performance.now() - startedAt);
  terminal.document({ ...found, durationMs });
  terminal.saySentences(...problemLines(found, limit));
  if (found.stillReadable !== null) terminal.say(`what can still be read: ${found.stillReadable}`);
  if (found.clock !== null) terminal.say(found.clock);
  terminal.say(summary(found, durationMs, terminal.paint));
  if (found.treeHead !== null) terminal.say(terminal.paint.dim(`root hash ${found.treeHead.rootHash}`));
  return found.problemCount === 0 ? exitCodes.good : exitCodes.failed;
}

function summary({ events, graphs, jobs, problemCount }: Verification, durationMs: number, paint: Colors): string {
  const read = `${plural(events, 'event')} of ${plural(graphs, 'graph')} with ${plural(jobs, 'job')} in ${duration(durationMs)}`;
  if (problemCount === 0) return `${paint.green('the log is sound')}: ${read}`;
  return `${paint.red(`the log has ${plural(problemCount, 'problem')}`)}: ${read}`;
}

function problemLines({ problems, problemCount }: Verification, limit: number): string[] {
  const lines = problems.slice(0, limit).map((problem) => `${placeOf(problem)}${problem.problem}`);
  const left = problemCount - lines.length;
  return left === 0
    ? lines
    : [...lines, `… and ${plural(left, 'problem')} more${limit < problems.length ? ' (--limit)' : ''}`];
}

function placeOf({ position, graphId, jobId }: Problem): string {
  if (position === null) return '';
  const place = graphId === namespaceStream.graphId ? "the namespace's own stream" : graphId;
  return `@${position} ${jobId === null ? place : `${graphId}/${jobId}`}: `;
}

interface DrawnProgress {
  readonly show: (progress: VerifyProgress) => void;
  readonly clear: () => void;
}

function drawnProgress(terminal: Terminal, startedAt: number): DrawnProgress {
  const draw = createLogUpdate(process.stdout);
  let drawnAt = 0;
  return {
    show: ({ events, graphs, problems }) => {
      const now = performance.now();
      if (now - drawnAt < drawEveryMs) return;
      drawnAt = now;
      const rate = thousands(Math.round((events / (now - startedAt)) * 1000));
      const read = `${plural(events, 'event')} of ${plural(graphs, 'graph')}`;
      draw(terminal.picture([`reading the log: ${read}, ${rate} events/s, ${plural(problems, 'problem')}`]));
    },
    clear: () => {
      draw.clear();
      draw.done();
    },
  };
}
