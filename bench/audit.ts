/** Verifying a log, which folds and hashes every event, and keeping the audit's tree up to date. */
import { randomUUID } from 'node:crypto';
import { auditHead, exportLog, install, jobGraph, store, type Store, transactGraph, verify } from 'overseer';
import type { DomainEvent, NewEvent, Position } from '../src/domain/events.js';
import type { EventLog } from '../src/log/event-log.js';
import { freshAddress, report, timed } from './measure.js';
import { median } from './statistics.js';

const rounds = 5;
const jobsAtOnce = 1000;

const worker = { id: 'laptop-4529-f738fcaa', host: 'laptop', pid: 4529 };
const started: DomainEvent = { type: 'JobStarted', data: { attempt: 1, worker, leaseMs: 300_000 } };
const finished: DomainEvent = { type: 'JobFinished', data: { attempt: 1, result: null } };

function created(event: DomainEvent, causationId: string | null): NewEvent {
  return { id: randomUUID(), event, causationId, actor: worker.id };
}

interface Filled {
  readonly db: Store;
  readonly log: EventLog;
}

/** A store in which graphs have run, one after the other. */
async function filled(graphs: number, jobsPerGraph: number): Promise<Filled> {
  const db = await store(freshAddress());
  await install(db);
  const { log } = db as unknown as Filled;
  const ids = Array.from({ length: jobsPerGraph }, (_, index) => `job-${index}`);
  const jobs = Object.fromEntries(ids.map((id) => [id, { type: 'noop' }]));
  for (let graph = 0; graph < graphs; graph++) {
    const { graphId } = await transactGraph(db, jobGraph({ jobs }, {}, { id: `graph-${graph}` }));
    for (let from = 0; from < ids.length; from += jobsAtOnce) {
      const appends = ids.slice(from, from + jobsAtOnce).map((jobId) => {
        const start = created(started, null);
        return { graphId, jobId, expectedRevision: -1, events: [start, created(finished, start.id)] };
      });
      await log.append(appends)();
    }
  }
  return { db, log };
}

interface Verified {
  readonly events: number;
  /** In events a second. */
  readonly rates: readonly number[];
}

async function verified(db: Store): Promise<Verified> {
  const rates: number[] = [];
  let events = 0;
  for (let round = 0; round < rounds; round++) {
    const { ms, value } = await timed(() => verify(db));
    if (value.problemCount > 0 || value.treeHead === null)
      throw new Error(`unsound: ${JSON.stringify(value.problems[0])}`);
    events = value.events;
    rates.push((1000 * events) / ms);
  }
  return { events, rates };
}

const one = await filled(1, Number(process.env['BENCH_JOBS'] ?? 200_000));
const ofOne = await verified(one.db);
await one.db.close();

const { db, log } = await filled(Number(process.env['BENCH_GRAPHS'] ?? 500), 1000);
const { events, rates } = await verified(db);

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

const inWords = (many: number) => Math.round(many).toLocaleString('en');
const noteOf = (found: Verified) =>
  `sqlite, ${inWords(found.events)} events, median of ${rounds}, best ${inWords(Math.max(...found.rates))}`;
const count = `sqlite, ${inWords(events)} events`;
report([
  {
    what: 'verify, with all hashes',
    value: median(rates),
    unit: 'events/s',
    target: { atLeast: 200_000 },
    note: noteOf({ events, rates }),
  },
  {
    what: 'the same, of one large graph',
    value: median(ofOne.rates),
    unit: 'events/s',
    note: noteOf(ofOne),
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
