/**
 * The story of the run, from its own history: who ran what and when, and which attempts failed and were tried again. Nobody
 * needed to watch; the log holds every event.
 */
import { history, type RecordedEvent, type RunningJob, store } from 'overseer';
import { type Kept, keepJson } from './objects.js';
import { argsOf } from './results.js';

export interface Story {
  /** When the graph was submitted; everything below is in milliseconds since then. */
  readonly submittedAt: string;
  readonly events: number;
  readonly workers: readonly StoryWorker[];
  readonly attempts: readonly Attempt[];
  readonly recoveries: readonly Recovery[];
}

export interface StoryWorker {
  readonly id: string;
  readonly pid: number;
  readonly finished: number;
}

/** One attempt at a job, by the worker with that index. */
export interface Attempt {
  readonly job: string;
  readonly type: string;
  readonly attempt: number;
  readonly worker: number;
  readonly fromMs: number;
  /** Null while it runs. */
  readonly toMs: number | null;
  readonly ending: 'running' | 'finished' | 'faulted' | 'aborted';
}

/** A job with a failed attempt, and everything that happened to it. */
export interface Recovery {
  readonly job: string;
  readonly faults: number;
  readonly finished: boolean;
  readonly events: readonly Told[];
}

export interface Told {
  readonly atMs: number;
  readonly says: string;
  readonly isFault: boolean;
}

/** What is handed on of the story; the whole of it is kept beside the reports. */
export interface StoryKept {
  readonly kept: Kept | null;
}

/**
 * The job that reads it. Which store its worker works on, it knows from the worker's environment and not from its args:
 * those are kept for ever, and an address may hold a password. Without one there is no story.
 */
export async function writeStory(job: RunningJob): Promise<StoryKept> {
  const { out } = argsOf(job);
  const { OVERSEER_STORE: address, OVERSEER_NAMESPACE: namespace } = process.env;
  if (address === undefined) return { kept: null };
  const db = await store(address, namespace === undefined ? {} : { namespace });
  try {
    return { kept: keepJson(out, await readStory(history(db, job.graphId))) };
  } finally {
    await db.close();
  }
}

export async function readStory(events: AsyncIterable<RecordedEvent> | Iterable<RecordedEvent>): Promise<Story> {
  const teller = new StoryTeller();
  for await (const event of events) teller.hear(event);
  return teller.story();
}

/** Mutable while the story is being read. */
type Open<Facts> = { -readonly [Key in keyof Facts]: Facts[Key] };

class StoryTeller {
  private submittedAt = '';
  private events = 0;
  private readonly workers = new Map<string, Open<StoryWorker> & { readonly index: number }>();
  private readonly attempts: Open<Attempt>[] = [];
  private readonly latest = new Map<string, Open<Attempt>>();
  private readonly types = new Map<string, string>();
  /** Events of each job that has more to tell than a start and an end. */
  private readonly told = new Map<string, { faults: number; finished: boolean; events: Told[] }>();

  hear(event: RecordedEvent): void {
    this.events += 1;
    if (event.type === 'GraphSubmitted' && this.submittedAt === '') this.submittedAt = event.recordedAt;
    if (event.type === 'GraphSubmitted' || event.type === 'JobsSpawned') {
      for (const { id, type } of event.data.jobs) this.types.set(id, type);
    }
    if (event.jobId === null) return;
    const atMs = this.since(event);
    const told = this.told.get(event.jobId) ?? { faults: 0, finished: false, events: [] };
    this.told.set(event.jobId, told);
    told.events.push({ atMs, says: this.inWords(event), isFault: event.type === 'JobFaulted' });
    switch (event.type) {
      case 'JobStarted':
        this.begin(event.jobId, event.data.attempt, event.data.worker, atMs);
        break;
      case 'JobFinished':
        told.finished = true;
        this.end(event.jobId, 'finished', atMs);
        break;
      case 'JobFaulted':
        told.faults += 1;
        this.end(event.jobId, 'faulted', atMs);
        break;
      case 'JobAborted':
        this.end(event.jobId, 'aborted', atMs);
        break;
      default:
        break;
    }
  }

  story(): Story {
    const recoveries = [...this.told]
      .filter(([, { faults }]) => faults > 0)
      .map(([job, told]): Recovery => ({ job, ...told }));
    const workers = [...this.workers.values()].map(({ id, pid, finished }): StoryWorker => ({ id, pid, finished }));
    return { submittedAt: this.submittedAt, events: this.events, workers, attempts: this.attempts, recoveries };
  }

  private begin(job: string, attempt: number, { id, pid }: { id: string; pid: number }, atMs: number): void {
    const worker = this.workers.get(id) ?? { id, pid, finished: 0, index: this.workers.size };
    this.workers.set(id, worker);
    const type = this.types.get(job) ?? '';
    const begun: Attempt = { job, type, attempt, worker: worker.index, fromMs: atMs, toMs: null, ending: 'running' };
    this.attempts.push(begun);
    this.latest.set(job, begun);
  }

  private end(job: string, ending: Attempt['ending'], atMs: number): void {
    const attempt = this.latest.get(job);
    if (attempt === undefined) return;
    attempt.ending = ending;
    attempt.toMs = atMs;
    if (ending === 'finished') [...this.workers.values()][attempt.worker]!.finished += 1;
  }

  private inWords(event: RecordedEvent): string {
    switch (event.type) {
      case 'JobStarted':
        return `attempt ${event.data.attempt} started by the worker with pid ${event.data.worker.pid}`;
      case 'Heartbeat':
        return event.data.details === undefined
          ? 'heartbeat'
          : `heartbeat, with what the next attempt needs to know: ${JSON.stringify(event.data.details)}`;
      case 'JobFaulted': {
        const { cause, failure, next } = event.data;
        const then = next.kind === 'failed' ? 'it has failed' : `may start again ${next.delayMs ?? 0} ms later`;
        return `faulted (${cause}): ${failure.message ?? failure.exception}; ${then}`;
      }
      case 'JobFinished':
        return `finished, attempt ${event.data.attempt}`;
      default:
        return event.type;
    }
  }

  private since({ recordedAt }: RecordedEvent): number {
    return Date.parse(recordedAt) - Date.parse(this.submittedAt);
  }

  private sinceText(instant: string): string {
    return seconds(Date.parse(instant) - Date.parse(this.submittedAt));
  }
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
