import type { Colors } from 'picocolors/types.js';
import { abortGraph, abortJob, retryGraph, retryJob } from '../../../store/operate.js';
import type { GraphInfo } from '../../../domain/graph-info.js';
import { graphInfo } from '../../../store/graph-info.js';
import type { Invocation } from '../../call/invocation.js';
import { resolveReference } from '../../input/reference.js';
import { type ExitCode, exitCodes, UsageError } from '../../failure.js';
import { type Action, type MatchingFlags, operateMatching, previewNamed, selectsByFlags } from './matching.js';
import { reasonFor, type ReasonOptions } from './reason-flags.js';
import { coloured, countsInWords } from '../../../domain/status-phrases.js';
import { listed, plural } from '../../../prelude/phrases.js';

export async function abortCommand(invocation: Invocation<MatchingFlags>, text?: string): Promise<ExitCode> {
  return await operate(invocation, text, 'abort');
}

export async function retryCommand(invocation: Invocation<MatchingFlags>, text?: string): Promise<ExitCode> {
  return await operate(invocation, text, 'retry');
}

/** What is named alone is what is meant. What is found by flags is shown first, and takes a word more. */
async function operate(
  invocation: Invocation<MatchingFlags>,
  text: string | undefined,
  action: Action,
): Promise<ExitCode> {
  const { options } = invocation;
  if (selectsByFlags(options) || text === undefined) return await operateMatching(invocation, text, action);
  if (options.limit !== undefined) throw new UsageError('usage', '--limit goes with --label, --status or --type');
  if (options.dryRun === true) return await previewNamed(invocation, text, action);
  await operateNamed(invocation, text, action);
  return exitCodes.good;
}

async function operateNamed(invocation: Invocation<ReasonOptions>, text: string, action: Action): Promise<void> {
  const { terminal, options } = invocation;
  await invocation.withStore(async (store) => {
    const { graphId, jobId } = await resolveReference(store, text);
    const before = await graphInfo(store, graphId);
    const why = reasonFor(store, options);
    const [onGraph, onJob] = action === 'abort' ? [abortGraph, abortJob] : [retryGraph, retryJob];
    if (jobId === null) await onGraph(store, graphId, why);
    else await onJob(store, graphId, jobId, why);
    const after = await graphInfo(store, graphId);
    const changed = Object.values(after.jobs)
      .filter((job) => isChanged(before.jobs[job.id]?.status, job.status))
      .map((job) => job.id);
    terminal.document({ graphId, jobId, action, changed, status: after.status, counts: after.counts });
    terminal.say(changeText(changed, action), graphText(after, terminal.paint));
  });
}

function changeText(changed: readonly string[], action: Action): string {
  if (changed.length === 0) return 'nothing had to change';
  return `${plural(changed.length, 'job')} ${action === 'abort' ? 'aborted' : 'reopened'}: ${listed(changed)}`;
}

/** How a graph stands after somebody has stepped in. */
export function graphText({ id, status, counts }: GraphInfo, paint: Colors): string {
  const { unstarted, ...others } = counts;
  const inWords = countsInWords({ ...others, waiting: unstarted }, paint).replace('waiting', 'unstarted');
  return `graph ${id} is ${coloured(status, paint)} (${inWords})`;
}

/** Work may go on between the two reads: only the changes that an operator makes count. */
function isChanged(before: string | undefined, after: string): boolean {
  const stopped = ['failed', 'aborted'];
  if (after === 'aborted') return before !== 'aborted';
  return before !== undefined && stopped.includes(before) && !stopped.includes(after);
}
