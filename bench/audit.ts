/** Verifying a log, which folds and hashes every event, and keeping the audit's tree up to date. */
import { randomUUID } from 'node:crypto';
import { auditHead, exportLog, install, store, verify } from 'overseer';
import type { DomainEvent, NewEvent, Position } from '../src/domain/events.js';
import type { EventLog } from '../src/log/event-log.js';
import { freshAddress, median, report, timed } from './measure.js';

const jobsPerGraph = 1000;
const graphs = Number(process.env['BENCH_GRAPHS'] ?? 200);
const rounds = 5;

const worker = { id: 'laptop-4529-f738fcaa', host: 'laptop', pid: 4529 };
const submitted: DomainEvent = {
  type: 'GraphSubmitted',
  data: {
    part: 1,
    parts: 1,
    jobs: Array.from({ length: jobsPerGraph }, (_, index) => ({ id: `job-${index}`, type: 'noop', parents: [] })),
    args: {},
    labels: {},
    priority: 0,
  },
};
const started: DomainEvent = { type: 'JobStarted', data: { attempt: 1, worker, leaseMs: 300_000 } };
const finished: DomainEvent = { type: 'JobFinished', data: { attempt: 1, result: null } };

function created(event: DomainEvent, causationId: string | null): NewEvent {
  return { id: randomUUID(), event, causationId, actor: worker.id };
}

const address = freshAddress();
const db = await store(address);
await install(db);
const { log } = db as unknown as { log: EventLog };
for (let graph = 0; graph < graphs; graph++) {
  const graphId = `graph-${graph}`;
  const submission = created(submitted, null);
  await log.append([{ graphId, jobId: null, expectedRevision: -1, events: [submission] }])();
  const appends = Array.from({ length: jobsPerGraph }, (_, index) => {
    const start = created(started, submission.id);
    const events = [start, created(finished, start.id)];
    return { graphId, jobId: `job-${index}`, expectedRevision: -1, events };
  });
  await log.append(appends)();
}

const rates: number[] = [];
let events = 0;
for (let round = 0; round < rounds; round++) {
  const { ms, value } = await timed(() => verify(db));
  if (value.problemCount > 0 || value.treeHead === null)
    throw new Error(`unsound: ${JSON.stringify(value.problems[0])}`);
  events = value.events;
  rates.push((1000 * events) / ms);
}

const reading = await timed(async () => {
  for (let after: Position | null = null; ;) {
    const batch: Awaited<ReturnType<ReturnType<EventLog['readAll']>>> = await log.readAll({ after, limit: 5000 })();
    if (batch._tag === 'Left') throw batch.left;
    if (batch.right.length < 5000) return;
    after = batch.right.at(-1)!.position;
  }
});

const cold = await timed(() => auditHead(db));
const warm: number[] = [];
for (let round = 0; round < rounds; round++) {
  await log.append([{ graphId: 'new', jobId: 'x', expectedRevision: round - 1, events: [created(started, null)] }])();
  warm.push((await timed(() => auditHead(db))).ms);
}
const exporting = await timed(async () => {
  let bytes = 0;
  for await (const line of exportLog(db)) bytes += line.length;
  return bytes;
});
await db.close();

const count = `sqlite, ${events.toLocaleString('en')} events`;
report([
  {
    what: 'verify, with all hashes',
    value: median(rates),
    unit: 'events/s',
    target: { atLeast: 200_000 },
    note: `${count}, median of ${rounds}, best ${Math.round(Math.max(...rates)).toLocaleString('en')}`,
  },
  { what: 'reading the same log', value: (1000 * events) / reading.ms, unit: 'events/s', note: count },
  {
    what: 'first tree head of a log',
    value: (1000 * events) / cold.ms,
    unit: 'events/s',
    note: `${count}, one thread`,
  },
  { what: 'tree head with one new event', value: median(warm), unit: 'ms', note: `${count}, median of ${rounds}` },
  {
    what: 'export',
    value: (1000 * events) / exporting.ms,
    unit: 'events/s',
    note: `${(exporting.value / 2 ** 20).toFixed(0)} MiB`,
  },
]);
