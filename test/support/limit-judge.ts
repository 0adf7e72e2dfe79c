import type { RecordedEvent } from '../../src/index.js';
import { listIn } from '../../src/prelude/grouped.js';

/** What must hold under a key, for as long as a test runs. */
export interface Rule {
  readonly concurrency?: number;
  readonly starts?: number;
  readonly windowMs?: number;
}

interface Attempt {
  readonly graphId: string;
  readonly jobId: string;
  readonly units: number;
}

/** A start under a rate whose place is still to be seen. */
interface LateLook {
  readonly key: string;
  readonly rule: Rule;
  readonly place: string;
}

interface Limited {
  readonly graphId: string;
  readonly limits: readonly { readonly key: string; readonly units?: number }[];
}

/**
 * Judges a log by the starts and ends of attempts, and nothing that the engine derives from places: at no time are there more
 * attempts under a key than its rule allows, and in no window more starts. A start under a rate counts at the time at which its
 * place was recorded by the worker that started it: another's for the same claim has no effect.
 */
export class LimitJudge {
  readonly problems: string[] = [];
  /** The most units that ran under each key at a time. */
  readonly most = new Map<string, number>();
  private readonly jobs = new Map<string, Limited>();
  private readonly running = new Map<string, Map<string, Attempt>>();
  private readonly places = new Map<string, number[]>();
  private readonly toLook: LateLook[] = [];
  private readonly starts = new Map<string, number[]>();

  /** @param runs whether an attempt that started still runs, where more than the events of its job's stream tell so */
  constructor(
    private readonly rules: Readonly<Record<string, Rule>>,
    private readonly runs: (graphId: string, jobId: string) => boolean = () => true,
  ) {}

  see(event: RecordedEvent): void {
    // Where the log joins streams, places come right behind the start.
    if (event.type !== 'PlaceTaken') for (const each of this.toLook.splice(0)) this.startUnder(each);
    const { graphId, jobId } = event;
    const id = `${graphId}/${jobId}`;
    switch (event.type) {
      case 'GraphSubmitted':
        for (const job of event.data.jobs) this.jobs.set(`${graphId}/${job.id}`, { graphId, limits: job.limits ?? [] });
        return;
      case 'JobsSpawned':
        for (const job of event.data.jobs) this.jobs.set(`${graphId}/${job.id}`, { graphId, limits: job.limits ?? [] });
        return;
      case 'PlaceTaken':
        return void listIn(this.places, placeOf(jobId!, event.data)).push(Date.parse(event.recordedAt));
      case 'PlaceGivenBack':
        return void this.places.delete(placeOf(jobId!, event.data));
      case 'JobStarted':
        return this.started(event);
      case 'JobFinished':
      case 'JobFaulted':
      case 'JobAborted':
      case 'JobSkipped':
      case 'JobDeferred':
      case 'JobExpired':
        for (const attempts of this.running.values()) attempts.delete(id);
        return;
      case 'GraphAborted':
        for (const attempts of this.running.values()) {
          for (const [key, attempt] of attempts) if (attempt.graphId === graphId) attempts.delete(key);
        }
        return;
      default:
    }
  }

  private started({ graphId, jobId, revision, recordedAt: at }: RecordedEvent): void {
    const id = `${graphId}/${jobId}`;
    for (const { key, units = 1 } of this.jobs.get(id)?.limits ?? []) {
      const rule = this.rules[key];
      if (rule === undefined) continue;
      const attempts = this.running.get(key) ?? new Map<string, Attempt>();
      this.running.set(key, attempts);
      for (const [other, each] of attempts) if (!this.runs(each.graphId, each.jobId)) attempts.delete(other);
      if (!this.runs(graphId, jobId!)) continue;
      attempts.set(id, { graphId, jobId: jobId!, units });
      const all = [...attempts.values()].reduce((sum, each) => sum + each.units, 0);
      this.most.set(key, Math.max(all, this.most.get(key) ?? 0));
      if (rule.concurrency !== undefined && all > rule.concurrency) {
        this.problems.push(`${key}: ${all} of ${rule.concurrency} at ${at}, when ${id} started`);
      }
      if (rule.starts !== undefined)
        this.toLook.push({
          key,
          rule,
          place: placeOf(`limit/${key}`, { graphId, jobId: jobId!, after: revision - 1 }),
        });
    }
  }

  private startUnder({ key, rule, place }: LateLook): void {
    const { starts = 0, windowMs = 0 } = rule;
    const taken = this.places.get(place);
    if (taken === undefined) return void this.problems.push(`${key}: no place was taken for ${place}`);
    // Several workers may have tried for one claim; the place is that of the first which was not void.
    const known = this.starts.get(key) ?? [];
    const tried = taken.map((at) => [...known, at].sort((a, b) => a - b));
    const isWithin = (all: readonly number[]) => tooSoon(all, starts, windowMs) === null;
    const all = tried.find(isWithin) ?? tried.at(-1)!;
    this.starts.set(key, all);
    const ms = tooSoon(all, starts, windowMs);
    if (ms !== null) this.problems.push(`${key}: ${starts + 1} starts within ${ms} ms`);
  }
}

/** In how short a time there was one start too many; null if there never was. */
function tooSoon(all: readonly number[], starts: number, windowMs: number): number | null {
  for (const [index, first] of all.entries()) {
    const last = all[index + starts];
    if (last !== undefined && last - first < windowMs) return last - first;
  }
  return null;
}

function placeOf(
  stream: string,
  of: { readonly graphId: string; readonly jobId: string; readonly after: number },
): string {
  return `${stream} ${of.graphId}/${of.jobId}@${of.after}`;
}
