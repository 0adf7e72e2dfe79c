/** Valid events, exports and stores, from which inputs are made. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { StoredEvent } from '../../src/evidence/canonical-event.js';
import type { Position } from '../../src/domain/events.js';
import { ExportWriter } from '../../src/evidence/export-format.js';
import { forkGraph, jobGraph, start, type Store, transactGraph, waitForGraph } from '../../src/index.js';
import { treeHash } from '../../src/log/tree-hash.js';
import { exportText, freshStore } from '../support/stores.js';

/** A value that a redaction must hide. */
export const hidden = 'hidden-4711';

const eventId = '01234567-89ab-4def-8123-456789abcdef';
const at = '2026-01-01T00:00:00.000Z';
const failure = {
  reason: 'system/exception',
  exception: `Card${hidden}`,
  message: `card ${hidden}`,
  data: { card: hidden },
};

/** Data of every type of event, with every field. */
const everyEvent: readonly (readonly [type: string, data: unknown])[] = [
  [
    'GraphSubmitted',
    {
      part: 1,
      parts: 2,
      jobs: [
        { id: 'a', type: 'x', parents: [], args: { secret: hidden, n: 1 }, timeoutMs: 5, memoize: { key: 'k' } },
        {
          id: 'b',
          type: 'y',
          parents: ['a'],
          retry: { maximumAttempts: 3, jitter: 0.5, nonRetryable: ['E'] },
          maximumLostLeases: 2,
        },
        {
          id: 'c',
          type: 'y',
          parents: [],
          carried: { graphId: 'f', attempt: 1, eventId, finishedAt: at, result: { rows: [1, hidden] } },
        },
      ],
      args: { org: hidden, list: [1, null, { a: true }] },
      labels: { team: hidden },
      priority: -3,
      forkedFrom: { graphId: 'f', position: '12/7' },
    },
  ],
  ['GraphAborted', { by: 'op', reason: hidden }],
  ['GraphReset', { by: 'op', reason: '' }],
  ['GraphPaused', { by: 'op', reason: 'x' }],
  ['GraphResumed', { by: 'op', reason: 'x' }],
  ['WorkPaused', { jobType: null, by: 'op', reason: 'x' }],
  ['WorkResumed', { jobType: 'x', by: 'op', reason: 'x' }],
  ['JobStarted', { attempt: 1, worker: { id: 'w', host: 'h', pid: 7, process: 'boot:1:2' }, leaseMs: 30_000 }],
  ['Heartbeat', { attempt: 1, progress: 0.5, details: { row: hidden, $redacted: 1 } }],
  [
    'JobFinished',
    {
      attempt: 1,
      result: { rows: 3, who: hidden, $$redacted: [1] },
      memoized: { graphId: 'f', jobId: 'a', attempt: 1, eventId, finishedAt: at },
    },
  ],
  [
    'JobFaulted',
    {
      attempt: 1,
      cause: 'exception',
      failure,
      next: { kind: 'retry', notBefore: at, delayMs: 5 },
      stack: `Card${hidden}: card ${hidden}\n at x`,
    },
  ],
  ['JobFaulted', { attempt: 2, cause: 'timeout', failure, next: { kind: 'failed' } }],
  ['JobAborted', { by: 'op', message: hidden, silent: false, attempt: 2 }],
  ['JobReset', { by: 'op', reason: 'x' }],
  ['ResultMemoized', { graphId: 'g', jobId: 'a', attempt: 1, eventId, revision: 3 }],
  ['ScheduleNamed', { name: 'n' }],
  [
    'ScheduleSet',
    {
      ...{ jobs: [{ id: 'a', type: 'a', parents: [], args: { x: hidden } }], args: { y: hidden }, labels: {} },
      ...{ priority: 0, overlap: 'skip', catchUpMs: 1, by: 'op', reason: 'x', cron: '* * * * *', timezone: 'UTC' },
    },
  ],
  ['SchedulePaused', { by: 'op', reason: 'x' }],
  ['ScheduleResumed', { by: 'op', reason: 'x' }],
  ['ScheduleRemoved', { by: 'op', reason: 'x' }],
  ['ScheduleTriggered', { instants: [at], by: 'op', reason: 'x', backfill: { from: at, to: at } }],
  ['ScheduleFired', { instant: at, kind: 'due', graphId: 'n@1', aborts: 'n@0' }],
  ['ScheduleBuffered', { instant: at }],
  ['ScheduleSkipped', { from: at, to: at, why: 'overlap', count: 1 }],
];

export const someEvents: readonly StoredEvent[] = everyEvent.map(([type, data], index) => ({
  graphId: 'g',
  jobId: type.startsWith('Graph') || type.startsWith('Work') ? null : 'a/ü 1',
  revision: index,
  id: eventId,
  type,
  schemaVersion: type === 'GraphSubmitted' ? 2 : 1,
  recordedAt: at,
  position: String(index + 1) as Position,
  causationId: index === 0 ? null : eventId,
  actor: 'w',
  // As an engine gives it: keys that look like those of a mark have another `$`.
  data: JSON.stringify(data).replaceAll('$redacted', '$$$redacted').replaceAll('"$$$$redacted', '"$$$$$$redacted'),
}));

/** Two exports: one of release 0.1.0, and one of a store of today. */
export async function someExports(): Promise<readonly string[]> {
  const golden = readFileSync(resolve(import.meta.dirname, '../golden/0.1.0.finished.jsonl'), 'utf8');
  const today = await ranStore();
  const texts = [
    golden,
    await exportText(today),
    await exportText(today, { graphId: 'g', redact: ['result', 'failure.message', '*.card'] }),
  ];
  await today.close();
  return texts;
}

/** A store in memory with graphs that ran: one that finished, one that failed, a fork of it, and one that waits. */
export async function ranStore(): Promise<Store> {
  const db = await freshStore('memory');
  const worker = await start({}, db, {
    a: () => ({ rows: 3, card: hidden }),
    b: (job) => ({ got: Object.keys(job.inputs) }),
    bad: () => {
      throw new TypeError(`card ${hidden}`);
    },
  });
  await transactGraph(db, jobGraph({ a: [], b: ['a'] }, { org: 1 }, { id: 'g', labels: { team: 'x' } }));
  await transactGraph(db, jobGraph({ a: [], bad: ['a'] }, {}, { id: 'h' }));
  await waitForGraph(db, 'g');
  await waitForGraph(db, 'h');
  await waitForGraph(db, (await forkGraph(db, 'h', { failed: true })).graphId);
  await worker.stop();
  await transactGraph(db, jobGraph({ a: [], b: ['a'] }, {}, { id: 'open' }));
  return db;
}

/** The lines of an export with another tree head: the one over the events that are there. */
export function withRightHead(text: string): string {
  const lines = text.split('\n').filter((line) => line !== '');
  const [first, ...rest] = lines;
  const events = rest.filter((line) => !line.startsWith('{"treeHead":'));
  try {
    const header = (JSON.parse(first!) as { overseerExport: ConstructorParameters<typeof ExportWriter>[0] })
      .overseerExport;
    const writer = new ExportWriter(header, treeHash);
    const written = events.map((line) => {
      const { data, ...event } = JSON.parse(line) as StoredEvent;
      return writer.event({ ...event, data: JSON.stringify(data) });
    });
    return [writer.header, ...written, writer.head(), ''].join('\n');
  } catch {
    return text;
  }
}
