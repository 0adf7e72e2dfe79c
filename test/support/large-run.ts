/**
 * A run of 1,534 jobs as a log tells of it: made up, the same every time, with times of its own. Jobs fault, fail, lose
 * their leases, are aborted, and some still run, back off or wait when it stops.
 */
import type { DomainEvent, JobDefinition, Position, RecordedEvent, WorkerIdentity } from '../../src/domain/events.js';
import { versionOf } from '../../src/domain/read-event.js';
import type { StoredEvent } from '../../src/evidence/canonical-event.js';
import { jsonText, type Json } from '../../src/prelude/json.js';

/** A type as long as those of real workflows. */
export const longType = 'NFCORE_TAXPROFILER.TAXPROFILER.SHORTREAD_COMPLEXITYFILTERING.BBMAP_BBDUK';

const graphId = 'genome-2026-01-01';
const begin = Date.parse('2026-01-01T08:00:00.000Z');
const places = 16;
const jobsMax = 1534;
const backOffMs = 2000;
const leaseMs = 30_000;
/** So long that it is not over when a test looks. */
const longBackOffMs = 60 * 365 * 24 * 3600 * 1000;

const workers: readonly WorkerIdentity[] = [1, 2, 3].map((n) => ({
  id: `worker-machine-${n}-4711-0a1b2c3d`,
  host: `machine-${n}`,
  pid: 4710 + n,
}));

function definitions(): readonly JobDefinition[] {
  const some = (count: number, type: string, parents: (n: number) => string[]) =>
    Array.from({ length: count }, (_, n): JobDefinition => ({ id: `${type}_${n}`, type, parents: parents(n) }));
  const range = (from: number, count: number, type: string) =>
    Array.from({ length: count }, (_, n) => `${type}_${from + n}`);
  return [
    ...some(600, 'extract', () => []),
    ...some(400, longType, () => []),
    ...some(100, 'merge', (n) => range(n * 6, 6, 'extract')),
    ...some(400, 'align', (n) => [`${longType}_${n}`]),
    ...some(33, 'report', (n) => range(n * 3, 3, 'merge')),
    ...some(1, 'final', () => range(0, 33, 'report')),
  ];
}

/** From 0 to 999, the same every time. */
function lot(text: string): number {
  let hash = 2166136261;
  for (const character of text) hash = Math.imul(hash ^ character.charCodeAt(0), 16777619);
  return ((hash ^ (hash >>> 13)) >>> 0) % 1000;
}

interface Running {
  readonly job: JobDefinition;
  readonly attempt: number;
  readonly endsAt: number;
  readonly worker: WorkerIdentity;
}

class Run {
  readonly events: RecordedEvent[] = [];
  private readonly revisions = new Map<string, number>();
  private now = begin;
  private readonly jobs = definitions();
  private readonly finished = new Set<string>();
  private readonly ready: { readonly job: JobDefinition; readonly attempt: number; readonly from: number }[] = [];
  private running: Running[] = [];

  constructor(private readonly endings: number) {}

  play(): readonly RecordedEvent[] {
    const data = { part: 1, parts: 1, jobs: this.jobs, args: {}, labels: { workflow: 'genome' }, priority: 0 };
    this.record(null, { type: 'GraphSubmitted', data }, 'operator');
    for (const job of this.jobs) if (job.parents.length === 0) this.ready.push({ job, attempt: 1, from: begin });
    for (let ended = 0; ended < this.endings; ended++) {
      this.startSome();
      const next = this.running.reduce((first, each) => (each.endsAt < first.endsAt ? each : first));
      this.running = this.running.filter((each) => each !== next);
      this.now = Math.max(this.now, next.endsAt);
      this.end(next);
    }
    this.startSome();
    return this.events;
  }

  private startSome(): void {
    while (this.running.length < places) {
      const at = this.ready.findIndex(({ from }) => from <= this.now);
      if (at < 0) {
        const [wait] = this.ready.map(({ from }) => from).sort((a, b) => a - b);
        if (this.running.length > 0 || wait === undefined) return;
        this.now = wait;
        continue;
      }
      const [{ job, attempt }] = this.ready.splice(at, 1) as [(typeof this.ready)[number]];
      const worker = workers[lot(`${job.id} ${attempt} by`) % workers.length]!;
      this.record(job.id, { type: 'JobStarted', data: { attempt, worker, leaseMs } }, worker.id);
      const isLost = lot(`${job.id} ${attempt} ends`) < 30;
      const takes = isLost ? leaseMs : 20 + lot(`${job.id} ${attempt} takes`) * (job.type === 'merge' ? 8 : 2);
      this.running.push({ job, attempt, endsAt: this.now + takes, worker });
    }
  }

  private end({ job, attempt, worker }: Running): void {
    const chance = lot(`${job.id} ${attempt} ends`);
    if (chance < 30)
      this.fault(job, attempt, { cause: 'lease-expired', by: workers.find((each) => each !== worker)!, delayMs: 0 });
    else if (chance < 90)
      this.fault(job, attempt, { cause: 'fault', by: worker, delayMs: chance > 86 ? longBackOffMs : backOffMs });
    else if (chance < 100) this.fault(job, 9, { cause: 'exception', by: worker, delayMs: 0 }, attempt);
    else if (chance < 104) {
      const data = { by: worker.id, message: 'this sample is not wanted any more', silent: true, attempt };
      this.record(job.id, { type: 'JobAborted', data }, worker.id);
    } else this.finish(job, attempt, worker);
  }

  private finish(job: JobDefinition, attempt: number, worker: WorkerIdentity): void {
    const result = { rows: lot(job.id) * 17, file: `/data/out/${job.id}.vcf.gz`, checksum: '0'.repeat(40) };
    this.record(job.id, { type: 'JobFinished', data: { attempt, result } }, worker.id);
    this.finished.add(job.id);
    for (const child of this.jobs) {
      if (!child.parents.includes(job.id) || !child.parents.every((parent) => this.finished.has(parent))) continue;
      this.ready.push({ job: child, attempt: 1, from: this.now });
    }
  }

  private fault(
    job: JobDefinition,
    tries: number,
    {
      cause,
      by,
      delayMs,
    }: {
      readonly cause: 'fault' | 'exception' | 'lease-expired';
      readonly by: WorkerIdentity;
      readonly delayMs: number;
    },
    attempt = tries,
  ): void {
    const isOver = tries > 2;
    const message = `the disk of node ${lot(job.id)} is busy: ${'try again later, '.repeat(8)}or not`;
    const failure = { reason: `system/${cause}`, exception: 'DiskError', message };
    const notBefore = new Date(this.now + delayMs).toISOString();
    const next = isOver ? ({ kind: 'failed' } as const) : ({ kind: 'retry', notBefore, delayMs } as const);
    const stack = `DiskError: ${message}\n    at write (/home/user/pipeline/disk.ts:12:9)\n    at process.processTimers (node:internal/timers:516:9)`;
    this.record(job.id, { type: 'JobFaulted', data: { attempt, cause, failure, next, stack } }, by.id);
    if (!isOver) this.ready.push({ job, attempt: attempt + 1, from: this.now + delayMs });
  }

  private record(jobId: string | null, event: DomainEvent, actor: string): void {
    const revision = (this.revisions.get(jobId ?? '') ?? -1) + 1;
    this.revisions.set(jobId ?? '', revision);
    const number = this.events.length + 1;
    this.events.push({
      graphId,
      jobId,
      id: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
      revision,
      position: String(number) as Position,
      recordedAt: new Date(this.now).toISOString(),
      schemaVersion: versionOf(event),
      causationId: null,
      actor,
      bytes: JSON.stringify(event.data).length,
      ...event,
    });
  }
}

export interface LargeRun {
  readonly graphId: string;
  readonly jobs: number;
  /** In log order. */
  readonly events: readonly RecordedEvent[];
  /** When the last of them was recorded, in milliseconds since the epoch. */
  readonly endsAt: number;
}

/** @param endings after how many ended attempts it stops */
export function largeRun(endings = 1400): LargeRun {
  const events = new Run(endings).play();
  return { graphId, jobs: jobsMax, events, endsAt: Date.parse(events.at(-1)!.recordedAt) };
}

/** The events as a log takes them in one piece: see `restore` of the port. */
export function storedOf(events: readonly RecordedEvent[]): readonly StoredEvent[] {
  return events.map(({ bytes: _, data, ...event }) => ({ ...event, data: jsonText(data as unknown as Json) }));
}
