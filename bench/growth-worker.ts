/** One measurement of growth.ts, in a process of its own: `growth-worker.ts start|work|archive ADDRESS`. */
import { once } from 'node:events';
import { archiveGraphs, jobGraph, start, store, transactGraph, type Worker } from 'overseer';

export interface Reading {
  /** From opening the store to the end of a first job. */
  readonly startMs: number;
  /** The same where there was no snapshot yet. */
  readonly firstStartMs: number;
  /** User and system time of this process, in microseconds. */
  readonly cpuOfJob: number;
  /** After the work, when the collector has run. */
  readonly residentBytes: number;
}

export interface Archiving {
  readonly seconds: number;
  readonly cpuOfEvent: number;
  readonly longestBatchMs: number;
}

const [task, address] = process.argv.slice(2) as ['start' | 'work' | 'archive', string];
const say = (answer: Reading | Archiving | 'ready') => void process.send!(answer);

const cpuMicroseconds = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

async function untilFinished(worker: Worker, count: number): Promise<void> {
  while (worker.statistics.finished < count) await new Promise((resolve) => setTimeout(resolve, 1));
}

async function work(): Promise<void> {
  const from = performance.now();
  const db = await store(address);
  const worker = await start({ concurrency: 200 }, db, { noop: () => null });
  await transactGraph(db, jobGraph({ noop: [] }));
  await untilFinished(worker, 1);
  const startMs = performance.now() - from;
  let reading: Reading = { startMs, firstStartMs: 0, cpuOfJob: 0, residentBytes: 0 };
  if (task === 'work') {
    say('ready');
    const [warm] = (await once(process, 'message')) as [number];
    await untilFinished(worker, 1 + warm);
    const before = cpuMicroseconds();
    say('ready');
    const [count] = (await once(process, 'message')) as [number];
    await untilFinished(worker, 1 + warm + count);
    const cpuOfJob = (cpuMicroseconds() - before) / count;
    (globalThis as { gc?: () => void }).gc?.();
    reading = { ...reading, cpuOfJob, residentBytes: process.memoryUsage().rss };
  }
  await worker.stop();
  await db.close();
  say(reading);
}

async function archive(): Promise<void> {
  const db = await store(address);
  const from = performance.now();
  const cpuBefore = cpuMicroseconds();
  let last = from;
  let moved = 0;
  let longestBatchMs = 0;
  const report = await archiveGraphs(db, {
    olderThan: 0,
    onProgress: ({ eventsMoved }) => {
      const now = performance.now();
      if (moved > 0 && eventsMoved > moved) longestBatchMs = Math.max(longestBatchMs, now - last);
      moved = eventsMoved;
      last = now;
    },
  });
  const cpu = cpuMicroseconds() - cpuBefore;
  const seconds = (performance.now() - from) / 1000;
  await archiveGraphs(db, { olderThan: 0, compact: true });
  await db.close();
  say({ seconds, cpuOfEvent: cpu / report.moved.events, longestBatchMs });
}

await (task === 'archive' ? archive() : work());
process.disconnect();
