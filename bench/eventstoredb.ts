/**
 * The engine on a real EventStoreDB, beside what the server itself takes from the same client in the same run. Needs
 * EVENTSTORE_URL, best of a server that runs no projections and serves nobody else.
 */
import { randomUUID } from 'node:crypto';
import { EventStoreDBClient, jsonEvent, NO_STREAM } from '@eventstore/db-client';
import { install, jobGraph, start, store, type Store, transactGraph, waitForGraph } from 'overseer';
import { type Figure, report, timed } from './measure.js';
import { startProcesses, stopProcesses } from './processes.js';
import { median, quantile } from './statistics.js';

const address = process.env['EVENTSTORE_URL'];
if (address === undefined) {
  console.error('  skipped: EVENTSTORE_URL is not set to the address of an EventStoreDB');
  process.exit(0);
}
const inFlight = 256;

const freshNamespace = () => `bench_${randomUUID().replaceAll('-', '')}`;

async function open(namespace: string): Promise<Store> {
  const opened = await store(address!, { namespace });
  await install(opened);
  return opened;
}

/** Appends of one small event, each to a stream of its own, by the plain client: what the server can take. */
async function rawAppends(client: EventStoreDBClient, count: number): Promise<number> {
  const prefix = `raw_${randomUUID()}`;
  let next = 0;
  const takeTurns = async () => {
    while (next < count) {
      const stream = `${prefix}-${next++}`;
      const event = jsonEvent({
        type: 'JobFinished',
        data: { attempt: 1, result: null },
        metadata: { schemaVersion: 1 },
      });
      await client.appendToStream(stream, event, { expectedRevision: NO_STREAM });
    }
  };
  const { ms } = await timed(() => Promise.all(Array.from({ length: inFlight }, takeTurns)));
  return (1000 * count) / ms;
}

/** No-op jobs in graphs of 50, by one worker in this process: two appends each. */
async function jobsRun(graphs: number): Promise<number> {
  const each = 50;
  const db = await open(freshNamespace());
  const jobs = Object.fromEntries(Array.from({ length: each }, (_, index) => [`j${index}`, { type: 'noop' }]));
  for (let index = 0; index < graphs; index++) await transactGraph(db, jobGraph({ jobs }));
  const worker = await start({ concurrency: inFlight }, db, { noop: () => null });
  const { ms } = await timed(async () => {
    while (worker.statistics.finished < graphs * each) await new Promise((resolve) => setTimeout(resolve, 5));
  });
  await worker.stop();
  await db.close();
  return (1000 * graphs * each) / ms;
}

async function throughput(): Promise<Figure[]> {
  const client = EventStoreDBClient.connectionString(address!);
  // Both take a while until the runtime has compiled what they do often.
  await rawAppends(client, 20_000);
  await jobsRun(200);
  const rounds = 9;
  const raw: number[] = [];
  const run: number[] = [];
  for (let round = 0; round < rounds; round++) {
    raw.push(await rawAppends(client, 20_000));
    run.push(await jobsRun(200));
  }
  await client.dispose();
  const ratios = run.map((jobs, round) => jobs / (raw[round]! / 2));
  const note = `${inFlight} in flight, median of ${rounds}, side by side`;
  return [
    { what: 'EventStoreDB: raw appends, plain client', value: median(raw), unit: 'appends/s', note },
    { what: 'EventStoreDB: no-op jobs, one worker process', value: median(run), unit: 'jobs/s', note },
    {
      what: 'EventStoreDB: jobs/s ÷ half the raw appends/s',
      value: median(ratios),
      unit: '',
      target: { atLeast: 0.8 },
      note: `${ratios.map((ratio) => ratio.toFixed(2)).join(', ')}`,
    },
  ];
}

async function lostClaims(): Promise<Figure[]> {
  const rounds = 5;
  const workers = 8;
  const shares: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const namespace = freshNamespace();
    const db = await open(namespace);
    const processes = await startProcesses(address!, workers, 1, namespace);
    const jobs = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`j${index}`, { type: 'noop' }]));
    const graph = jobGraph({ jobs });
    await transactGraph(db, graph);
    await waitForGraph(db, graph.id);
    const statistics = await stopProcesses(processes);
    const claims = statistics.reduce((sum, each) => sum + each.claims, 0);
    shares.push((100 * statistics.reduce((sum, each) => sum + each.claimsLost, 0)) / claims);
    await db.close();
  }
  return [
    {
      what: `EventStoreDB: lost claims, ${workers} workers, 300 instant jobs`,
      value: median(shares),
      unit: '%',
      target: { atMost: 5 },
      note: `${workers} processes, concurrency 1, median of ${rounds}`,
    },
  ];
}

/** From the submission of a job to its handler, in another process. */
async function latency(): Promise<Figure[]> {
  const namespace = freshNamespace();
  const db = await open(namespace);
  const processes = await startProcesses(address!, 1, 1, namespace);
  const waits: number[] = [];
  for (let round = 0; round < 200; round++) {
    const graph = jobGraph({ stamp: [] });
    const submittedAt = performance.timeOrigin + performance.now();
    await transactGraph(db, graph);
    const done = await waitForGraph(db, graph.id);
    waits.push((done.jobs['stamp']!.result as number) - submittedAt);
  }
  await stopProcesses(processes);
  await db.close();
  return [0.5, 0.99].map((q) => ({
    what: `EventStoreDB: submit → start in another process, p${100 * q}`,
    value: quantile(waits, q),
    unit: 'ms',
    note: '200 jobs, one after another',
  }));
}

/** How long a worker takes from its start to its first job, with a million events of its namespace behind it. */
async function startBehindAMillion(): Promise<Figure[]> {
  const namespace = freshNamespace();
  const db = await open(namespace);
  const graphs = 5000;
  const jobs = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`j${index}`, { type: 'past' }]));
  const worker = { id: 'bench', host: 'bench', pid: 1 };
  const takeTurns = async (from: number) => {
    for (let index = from; index < graphs; index += 8) {
      const graph = jobGraph({ jobs });
      await transactGraph(db, graph);
      const appends = Object.keys(jobs).map((jobId) => ({
        graphId: graph.id,
        jobId,
        expectedRevision: -1,
        events: [
          { type: 'JobStarted', data: { attempt: 1, worker, leaseMs: 60_000 } } as const,
          { type: 'JobFinished', data: { attempt: 1, result: null } } as const,
        ].map((event) => ({ id: randomUUID(), event, causationId: null, actor: 'bench' })),
      }));
      await db.log.append(appends)();
    }
  };
  await Promise.all(Array.from({ length: 8 }, (_, from) => takeTurns(from)));
  const firstJob = async () => {
    const opened = await open(namespace);
    await transactGraph(opened, jobGraph({ only: [] }));
    let hasRun: () => void;
    const ran = new Promise<void>((resolve) => (hasRun = resolve));
    const { ms, value } = await timed(async () => {
      const started = await start({}, opened, { only: () => hasRun() });
      await ran;
      return started;
    });
    await value.stop();
    await opened.close();
    return ms;
  };
  const first = await firstJob();
  const later: number[] = [];
  for (let round = 0; round < 5; round++) later.push(await firstJob());
  await db.close();
  return [
    {
      what: 'EventStoreDB: start of a worker behind 1,005,000 events, to its first job',
      value: median(later),
      unit: 'ms',
      target: { atMost: 2000 },
      note: 'median of 5',
    },
    { what: 'the same for the very first worker, without a snapshot', value: first, unit: 'ms' },
  ];
}

const parts = { throughput, lostClaims, latency, startBehindAMillion };
const asked = (process.env['BENCH_PARTS'] ?? Object.keys(parts).join(',')).split(',');
const figures: Figure[] = [];
for (const [name, measure] of Object.entries(parts)) if (asked.includes(name)) figures.push(...(await measure()));
report(figures);
