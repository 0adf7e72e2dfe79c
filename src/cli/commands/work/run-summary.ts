import type { Colors } from 'picocolors/types.js';
import type { GraphState, JobNode } from '../../../domain/graph.js';
import type { Invocation } from '../../call/invocation.js';
import type { CommandToType } from '../../output/width.js';
import { progressOf } from '../../output/progress.js';
import { coloured, countsInWords, failureInShort } from '../../../domain/status-phrases.js';
import { duration, inShort, plural } from '../../../prelude/phrases.js';

const namedMax = 10;

/** A sentence, or a command to type. */
type Line = string | CommandToType;

export interface RunOutcome {
  readonly durationMs: number;
  /** The command that goes on with the graph. */
  readonly again: string;
  readonly invocation: Invocation;
}

/** How a run ended, and what to do about what went wrong. */
export function summaryLines(graph: GraphState, { durationMs, again, invocation }: RunOutcome): Line[] {
  const { paint } = invocation.terminal;
  const { counts } = progressOf(graph, { now: Date.now(), elapsedMs: durationMs });
  const jobs = `${plural(graph.jobs.size, 'job')} in ${duration(durationMs)}`;
  const skipped = counts.skipped === undefined ? '' : ` (${countsInWords(counts, paint)})`;
  if (graph.status === 'finished') return [`graph ${graph.id} ${coloured('finished', paint)}: ${jobs}${skipped}`];
  const head = (word: string) => `graph ${graph.id} ${word}: ${jobs} (${countsInWords(counts, paint)})`;
  if (graph.status === 'running') return [head('has not ended'), { lead: 'go on with:', command: again }];
  const failed = [...graph.jobs.values()].filter((job) => job.status === 'failed');
  const aborted = [...graph.jobs.values()].filter((job) => job.state.abort !== null);
  const first = failed[0] ?? aborted[0];
  return [
    head(coloured(graph.status, paint)),
    ...named(failed, paint, (job) => (job.state.failure === null ? '' : failureInShort(job.state.failure, 500))),
    ...(graph.abort === null ? [] : [`  aborted by ${graph.abort.by}: ${inShort(graph.abort.reason, 500)}`]),
    ...named(aborted, paint, (job) => inShort(job.state.abort!.message, 500)),
    ...(first === undefined
      ? []
      : [{ lead: 'see more: ', command: invocation.hint('explain', `${graph.id}/${first.id}`) }]),
    { lead: 'try again:', command: `${invocation.hint('retry', graph.id)} && ${again}` },
  ];
}

function named(jobs: readonly JobNode[], paint: Colors, why: (job: JobNode) => string): string[] {
  const colour = (job: JobNode) => (job.status === 'failed' ? paint.red : paint.magenta);
  const lines = jobs.slice(0, namedMax).map((job) => `  ${colour(job)(job.id)}  ${why(job)}`);
  const left = jobs.length - namedMax;
  return left <= 0 ? lines : [...lines, `  … and ${plural(left, 'job')} more`];
}
