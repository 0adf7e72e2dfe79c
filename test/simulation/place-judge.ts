import type { EventOf, JobDefinition, RecordedEvent } from '../../src/domain/events.js';

/** What the judge must know of graphs. */
export interface AttemptsSeen {
  /** Whether an attempt of a job runs, as its own stream and its graph's tell. */
  runs(graphId: string, jobId: string, attempt: number): boolean;
}

/** For how long a worker may go on by a setting that does not hold any more: it may be cut off, suspended, or told late. */
const heardWithinMs = 120_000;

type Start = RecordedEvent & EventOf<'JobStarted'>;
type Taken = RecordedEvent & EventOf<'PlaceTaken'>;

/** An attempt that started with a place under a key. */
interface Started {
  readonly graphId: string;
  readonly jobId: string;
  readonly attempt: number;
  readonly place: Taken;
}

interface Setting {
  readonly concurrency: number | undefined;
  readonly starts: number | undefined;
  readonly windowMs: number | undefined;
}

/** What held for a key, from when on, on the judge's own clock. */
interface Held {
  readonly fromMs: number;
  readonly setting: Setting | null;
}

/**
 * Judges limits by what is in the log alone, with no code of the domain: whoever starts a job has a place under each of its keys, or
 * knew of no limit; those that run under a key never take more than there was when the last of them got its place; in no window do
 * more start than its rate allows, by the times at which the log recorded their places; and a place is given back only when its
 * attempt does not run, and never will.
 */
export class PlaceJudge {
  /** What is set, by pattern. */
  private readonly set = new Map<string, Setting>();
  private readonly everSet = new Set<string>();
  private readonly held = new Map<string, Held[]>();
  private readonly places = new Map<string, Taken[]>();
  private readonly started = new Map<string, Started[]>();
  /** Claims whose places were given back, by key and claim. */
  private readonly given = new Set<string>();
  private last: { readonly event: Start; readonly definition: JobDefinition } | null = null;
  /** How many started under a limit, and the most units that ran at a time under a limited key. */
  starts = 0;

  constructor(
    private readonly attempts: AttemptsSeen,
    private readonly elapsedMs: () => number,
    /** All keys that there are. */
    keys: readonly string[],
  ) {
    for (const key of keys) this.held.set(key, [{ fromMs: -Infinity, setting: null }]);
  }

  wasEverSet(key: string): boolean {
    return this.everSet.has(key);
  }

  /**
   * What is wrong with the start that came last, if it is complete by now: where the log joins streams, its places come right behind
   * it.
   *
   * @param next the event that comes now, and was not taken yet
   */
  judgeStart(next: RecordedEvent): readonly string[] {
    if (this.last === null || next.type === 'PlaceTaken') return [];
    const { event, definition } = this.last;
    this.last = null;
    return this.judge(event, definition).map((problem) => `when ${event.graphId}/${event.jobId} started: ${problem}`);
  }

  /** Takes an event that belongs to the namespace, and returns what is wrong with it. */
  take(event: RecordedEvent): readonly string[] {
    switch (event.type) {
      case 'LimitSet': {
        const { key, concurrency, starts, windowMs } = event.data;
        this.everSet.add(key);
        this.set.set(key, { concurrency, starts, windowMs });
        this.noteHeld();
        return [];
      }
      case 'LimitRemoved':
        this.set.delete(event.data.key);
        this.noteHeld();
        return [];
      case 'PlaceTaken': {
        const name = claimIn(event);
        this.places.set(name, [...(this.places.get(name) ?? []), event]);
        return [];
      }
      case 'PlaceGivenBack':
        return this.takeBack(event);
      default:
        return [];
    }
  }

  /** A job has started. @param definition of the job */
  start(event: Start, definition: JobDefinition): void {
    if (definition.limits !== undefined) this.last = { event, definition };
  }

  private judge(event: Start, definition: JobDefinition): readonly string[] {
    return (definition.limits ?? []).flatMap(({ key, units = 1 }) => {
      const claim = `limit/${key} ${event.graphId}/${event.jobId}@${event.revision - 1}`;
      const taken = this.places.get(claim) ?? [];
      // Only the first that was not void counts; that one must have been in order.
      const problems = taken.map((place) => this.whyWrong(key, place, event, units));
      const at = problems.indexOf(null);
      if (at < 0) {
        const knewOfNone = this.heldLately(key).some((setting) => setting === null);
        const none = this.given.has(claim)
          ? `its place under ${key} was given back before`
          : `it has no place under ${key}`;
        return knewOfNone ? [] : [problems.length === 0 ? none : `under ${key}: ${problems.at(-1)}`];
      }
      this.starts += 1;
      const { graphId, jobId } = event;
      this.started.set(key, [
        ...(this.started.get(key) ?? []),
        { graphId, jobId: jobId!, attempt: event.data.attempt, place: taken[at]! },
      ]);
      return [];
    });
  }

  private whyWrong(key: string, place: Taken, event: Start, units: number) {
    const { concurrency, starts, windowMs = 0, ...claim } = place.data;
    const known = this.heldLately(key);
    const isKnown = known.some(
      (each) => each?.concurrency === concurrency && each?.starts === starts && (each?.windowMs ?? 0) === windowMs,
    );
    if (!isKnown) return `it was judged by ${JSON.stringify(place.data)}, which did not hold`;
    if (claim.units !== units) return `it takes ${claim.units} units in place of ${units}`;
    if (claim.attempt !== event.data.attempt) return `its place is for attempt ${claim.attempt}`;
    return this.whyTooMany(key, place) ?? this.whyTooSoon(key, place);
  }

  private whyTooMany(key: string, place: Taken): string | null {
    const running = (this.started.get(key) ?? []).filter((each) =>
      this.attempts.runs(each.graphId, each.jobId, each.attempt),
    );
    const all = [...running.map((each) => each.place), place];
    const last = all.reduce((a, b) => (b.revision > a.revision ? b : a));
    const { concurrency = Infinity } = last.data;
    const units = all.reduce((sum, { data }) => sum + data.units, 0);
    return units <= concurrency ? null : `${units} run at once, and there are ${concurrency} places`;
  }

  /** Looks at every window that holds the new place, by the rate that it was judged by and by those of the places around it. */
  private whyTooSoon(key: string, place: Taken): string | null {
    const all = [...(this.started.get(key) ?? []).map((each) => each.place), place];
    const at = all.map(({ recordedAt }) => Date.parse(recordedAt));
    for (const { data, recordedAt, revision } of all) {
      const { starts, windowMs } = data;
      if (starts === undefined || windowMs === undefined) continue;
      const end = Date.parse(recordedAt);
      const inWindow = all.filter((each, index) => each.revision <= revision && at[index]! > end - windowMs).length;
      if (inWindow > starts) return `${inWindow} started within ${windowMs} ms, and ${starts} may`;
    }
    return null;
  }

  private takeBack(event: RecordedEvent & EventOf<'PlaceGivenBack'>): readonly string[] {
    const { graphId, jobId, attempt } = event.data;
    const name = claimIn(event);
    this.given.add(name);
    this.places.delete(name);
    // Once there was no limit, a worker may start the job without a place, and give back one that it took before.
    const knewOfNone = this.heldLately(event.jobId!.slice('limit/'.length)).some((setting) => setting === null);
    return this.attempts.runs(graphId, jobId, attempt) && this.isOfStarted(event) && !knewOfNone
      ? ['it gives back the place of an attempt that runs']
      : [];
  }

  /** The attempt may run by another claim than that of the place: one that was made behind another event. */
  private isOfStarted(event: RecordedEvent & EventOf<'PlaceGivenBack'>): boolean {
    const all = this.started.get(event.jobId!.slice('limit/'.length)) ?? [];
    return all.some(({ place }) => claimIn(place) === claimIn(event));
  }

  private noteHeld(): void {
    for (const [key, held] of this.held) held.push({ fromMs: this.elapsedMs(), setting: this.holdsFor(key) });
  }

  private holdsFor(key: string): Setting | null {
    const fitting = [...this.set].filter(
      ([pattern]) => pattern === key || (pattern.endsWith('*') && key.startsWith(pattern.slice(0, -1))),
    );
    const best = fitting.find(([pattern]) => pattern === key) ?? fitting.sort(([a], [b]) => b.length - a.length)[0];
    return best?.[1] ?? null;
  }

  /** What held at some moment of the last while. */
  private heldLately(key: string): readonly (Setting | null)[] {
    const all = this.held.get(key) ?? [];
    const since = this.elapsedMs() - heardWithinMs;
    return all.filter((_, index) => (all[index + 1]?.fromMs ?? Infinity) >= since).map(({ setting }) => setting);
  }
}

/** Names a claim under a key. */
function claimIn({ jobId, data }: RecordedEvent & EventOf<'PlaceTaken' | 'PlaceGivenBack'>): string {
  return `${jobId} ${data.graphId}/${data.jobId}@${data.after}`;
}
