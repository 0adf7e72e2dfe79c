/** Fills a store with jobs that have finished, as if workers had done them. */
import { randomUUID } from 'node:crypto';
import type { Store } from 'overseer';
import type { DomainEvent, NewEvent } from '../src/domain/events.js';
import type { Append, EventLog } from '../src/log/event-log.js';

const jobsOfGraph = 100;
const worker = {
  id: 'host-4711-0f3c9a12',
  host: 'host',
  pid: 4711,
  process: '6fbfc1d7-f81c-46ef-aedc-44cc3929e775:pid:1',
};

const created = (event: DomainEvent, causationId: string | null): NewEvent => {
  return { id: randomUUID(), event, causationId, actor: event.type === 'GraphSubmitted' ? 'host' : worker.id };
};

function graphOf(ids: readonly string[]): Append[] {
  const graphId = randomUUID();
  const jobs = ids.map((id) => ({ id, type: 'fetch', parents: [] }));
  const data = { part: 1, parts: 1, jobs, args: { org: 123 }, labels: { team: 'billing' }, priority: 0 };
  const submission = created({ type: 'GraphSubmitted', data }, null);
  const ofJobs = ids.map((jobId, index): Append => {
    const start = created({ type: 'JobStarted', data: { attempt: 1, worker, leaseMs: 30_000 } }, submission.id);
    const result = { rows: index, page: `https://example.org/pages/${index}` };
    const end = created({ type: 'JobFinished', data: { attempt: 1, result } }, start.id);
    return { graphId, jobId, expectedRevision: -1, events: [start, end] };
  });
  return [{ graphId, jobId: null, expectedRevision: -1, events: [submission] }, ...ofJobs];
}

/** In graphs of a hundred jobs each, of which twenty go on side by side. */
export async function fillWithFinishedJobs(db: Store, count: number): Promise<void> {
  const { log } = db as unknown as { log: EventLog };
  const ids = Array.from({ length: jobsOfGraph }, (_, index) => `page-${index}`);
  for (let left = count / jobsOfGraph; left > 0; left -= 20) {
    const graphs = Array.from({ length: Math.min(left, 20) }, () => graphOf(ids));
    const alternating = graphs[0]!.flatMap((_, index) => graphs.map((graph) => graph[index]!));
    const appended = await log.append(alternating)();
    if (appended._tag === 'Left') throw appended.left;
  }
}
