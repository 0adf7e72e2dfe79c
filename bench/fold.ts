/** Folding events into state, starting on a long log, and what unfinished jobs weigh. */
import { randomUUID } from 'node:crypto';
import { install, jobGraph, start, store, transactGraph } from 'overseer';
import type { DomainEvent, NewEvent, RecordedEvent } from '../src/domain/events.js';
import { GraphState } from '../src/domain/graph.js';
import { LiveProjection } from '../src/domain/live-projection.js';
import type { EventLog } from '../src/log/event-log.js';
import { freshAddress, report, timed } from './measure.js';
import { median } from './statistics.js';

const worker = { id: 'w', host: 'h', pid: 1 };
const jobsPerGraph = 1000;
const finishedGraphs = 500;

function submitted(): DomainEvent {
  const jobs = Array.from({ length: jobsPerGraph }, (_, index) => ({ id: `job-${index}`, type: 'noop', parents: [] }));
  return { type: 'GraphSubmitted', data: { part: 1, parts: 1, jobs, args: {}, labels: {}, priority: 0 } };
}
const started: DomainEvent = { type: 'JobStarted', data: { attempt: 1, worker, leaseMs: 1000 } };
const finished: DomainEvent = { type: 'JobFinished', data: { attempt: 1, result: null } };
const created = (event: DomainEvent): NewEvent => ({ id: randomUUID(), event, causationId: null, actor: 'w' });

/** A log of 1,000,000 events, all of them of graphs that have ended. */
const address = freshAddress();
const db = await store(address);
await install(db);
const { log } = db as unknown as { log: EventLog };
for (let graph = 0; graph < finishedGraphs; graph++) {
  const graphId = `graph-${graph}`;
  await log.append([{ graphId, jobId: null, expectedRevision: -1, events: [created(submitted())] }])();
  const appends = Array.from({ length: jobsPerGraph }, (_, index) => ({
    graphId,
    jobId: `job-${index}`,
    expectedRevision: -1,
    events: [created(started), created(finished)],
  }));
  await log.append(appends)();
}

const events: RecordedEvent[] = [];
const reading = await timed(async () => {
  for (let after: RecordedEvent['position'] | null = null; ;) {
    const batch = await log.readAll({ after, limit: 5000 })();
    if (batch._tag === 'Left') throw batch.left;
    events.push(...batch.right);
    if (batch.right.length < 5000) return;
    after = batch.right.at(-1)!.position;
  }
});

const folds: number[] = [];
for (let round = 0; round < 3; round++) {
  const { ms } = await timed(() => {
    const projection = new LiveProjection();
    for (const event of events) projection.apply(event);
  });
  folds.push((1000 * events.length) / ms);
}

const cold = await timed(async () => {
  const first = await start({}, db, { noop: () => null });
  await transactGraph(db, jobGraph({ noop: [] }));
  while (first.statistics.finished < 1) await new Promise((resolve) => setTimeout(resolve, 1));
  await first.stop();
});
const warm: number[] = [];
for (let round = 0; round < 5; round++) {
  const { ms } = await timed(async () => {
    const again = await start({}, db, { noop: () => null });
    await transactGraph(db, jobGraph({ noop: [] }));
    while (again.statistics.finished < 1) await new Promise((resolve) => setTimeout(resolve, 1));
    await again.stop();
  });
  warm.push(ms);
}
await db.close();
const total = events.length;
events.length = 0;

(globalThis as { gc?: () => void }).gc?.();
const before = process.memoryUsage().heapUsed;
const unfinished = Array.from({ length: 100 }, (_, index) => {
  const graph = new GraphState(`graph-${index}`);
  const jobs = Array.from({ length: 10_000 }, (_, job) => ({
    id: `job-${job}`,
    type: 'noop',
    parents: job === 0 ? [] : [`job-${job - 1}`],
  }));
  const data = { part: 1, parts: 1, jobs, args: {}, labels: {}, priority: 0 };
  graph.apply({
    graphId: graph.id,
    jobId: null,
    id: 'x',
    revision: 0,
    position: '1',
    recordedAt: '',
    schemaVersion: 1,
    causationId: null,
    actor: '',
    bytes: 0,
    type: 'GraphSubmitted',
    data,
  } as never);
  return graph;
});
(globalThis as { gc?: () => void }).gc?.();
const heap = process.memoryUsage().heapUsed - before;

const count = `${total.toLocaleString('en')} events`;
report([
  {
    what: 'fold',
    value: median(folds),
    unit: 'events/s',
    target: { atLeast: 500_000 },
    note: `live projection, ${count}, median of 3`,
  },
  { what: 'reading the log', value: (1000 * total) / reading.ms, unit: 'events/s', note: `sqlite, ${count}` },
  { what: 'start of the first worker to a job’s end', value: cold.ms, unit: 'ms', note: `no snapshot yet, ${count}` },
  {
    what: 'start of a worker to a job’s end',
    value: median(warm),
    unit: 'ms',
    target: { atMost: 1000 },
    note: `with a snapshot, ${count}, median of 5`,
  },
  {
    what: '1,000,000 unfinished jobs',
    value: heap / 2 ** 20,
    unit: 'MiB',
    target: { atMost: 1024 },
    note: `${unfinished.length} graphs in memory`,
  },
]);
