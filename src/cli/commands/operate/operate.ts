import { userInfo } from 'node:os';
import { abortGraph, abortJob, type Reason, retryGraph, retryJob } from '../../../store/operate.js';
import { graphInfo, type GraphInfo } from '../../../store/graph-info.js';
import type { Store } from '../../../store/store.js';
import type { Invocation } from '../../call/invocation.js';
import { type Reference, resolveReference } from '../../input/reference.js';
import type { CommonOptions } from '../../call/settings.js';
import { coloured, countsInWords, listed, plural } from '../../output/phrases.js';

export interface OperateOptions extends CommonOptions {
  readonly reason?: string;
  readonly by?: string;
}

export async function abortCommand(invocation: Invocation<OperateOptions>, text: string): Promise<void> {
  await invocation.withStore(async (store) => {
    const reference = await resolveReference(store, text);
    const { graphId, jobId } = reference;
    const before = await graphInfo(store, graphId);
    const why = reasonFor(store, invocation.options);
    if (jobId === null) await abortGraph(store, graphId, why);
    else await abortJob(store, graphId, jobId, why);
    await tell(invocation, store, 'abort', reference, before, 'aborted');
  });
}

export async function retryCommand(invocation: Invocation<OperateOptions>, text: string): Promise<void> {
  await invocation.withStore(async (store) => {
    const reference = await resolveReference(store, text);
    const { graphId, jobId } = reference;
    const before = await graphInfo(store, graphId);
    const why = reasonFor(store, invocation.options);
    if (jobId === null) await retryGraph(store, graphId, why);
    else await retryJob(store, graphId, jobId, why);
    await tell(invocation, store, 'retry', reference, before, 'reopened');
  });
}

function reasonFor(store: Store, { by, reason }: OperateOptions): Reason {
  return { by: by ?? `${userInfo().username}@${store.environment.host}`, ...(reason !== undefined && { reason }) };
}

/** Says which jobs have changed by it, and how the graph stands. */
async function tell(
  { terminal }: Invocation<OperateOptions>,
  store: Store,
  action: 'abort' | 'retry',
  { graphId, jobId }: Reference,
  before: GraphInfo,
  became: string,
): Promise<void> {
  const { paint } = terminal;
  const after = await graphInfo(store, graphId);
  const jobs = Object.values(after.jobs).filter((job) => isChanged(before.jobs[job.id]?.status, job.status));
  const changed = jobs.map((job) => job.id);
  terminal.document({ graphId, jobId, action, changed, status: after.status, counts: after.counts });
  const said =
    changed.length === 0 ? 'nothing had to change' : `${plural(changed.length, 'job')} ${became}: ${listed(changed)}`;
  const { unstarted, ...others } = after.counts;
  const counts = countsInWords({ ...others, waiting: unstarted }, paint).replace('waiting', 'unstarted');
  terminal.say(said, `graph ${graphId} is ${coloured(after.status, paint)} (${counts})`);
}

/** Work may go on between the two looks: only the changes an operator makes are meant. */
function isChanged(before: string | undefined, after: string): boolean {
  const stopped = ['failed', 'aborted'];
  if (after === 'aborted') return before !== 'aborted';
  return before !== undefined && stopped.includes(before) && !stopped.includes(after);
}
