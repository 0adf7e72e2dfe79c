import { decideJob } from '../domain/job-decisions.js';
import { jobIn, loadGraph } from '../store/load-graph.js';
import { newEvents } from '../store/new-events.js';
import { allowed, appendOrThrow } from '../store/or-throw.js';
import type { Store } from '../store/store.js';

/**
 * Takes a running job back from its worker, as a monitor does.
 *
 * @throws RejectedError `graph-not-found`, `job-not-found`, or `job-not-started`
 */
export async function loseLease(store: Store, graphId: string, jobId: string): Promise<void> {
  const { environment, log } = store;
  const subject = jobIn(await loadGraph(store, graphId), jobId).subject();
  const { attempt, revision, lastEventId } = subject.state;
  const decided = decideJob(subject, {
    kind: 'fault',
    attempt,
    cause: 'lease-expired',
    failure: { reason: 'system/lease-expired', exception: 'LeaseExpired', message: 'the test took the lease away' },
    errorNames: [],
    now: environment.now(),
    random: 0,
  });
  const events = newEvents(environment, allowed(decided), lastEventId, environment.host);
  await appendOrThrow(log, [{ graphId, jobId, expectedRevision: revision, events }]);
}
