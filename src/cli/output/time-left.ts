import type { GraphState } from '../../domain/graph.js';
import { estimatorFor } from '../../history/estimate/estimate.js';
import type { Estimator } from '../../history/estimate/estimator.js';
import type { TimeLeft } from '../../history/estimate/remaining.js';
import type { Store } from '../../store/store.js';
import { plural } from '../../prelude/phrases.js';

/** `about 4 min`, in steps that say how little is known. */
export function aboutDuration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 1) return 'less than a second';
  if (seconds < 10) return `about ${Math.round(seconds)} s`;
  if (seconds < 57.5) return `about ${5 * Math.round(seconds / 5)} s`;
  const minutes = Math.max(1, Math.round(seconds / 60));
  if (minutes < 60) return `about ${minutes} min`;
  const hours = Math.floor(minutes / 60);
  const quarters = 15 * Math.floor((minutes % 60) / 15);
  if (hours < 10) return `about ${hours} h${quarters === 0 ? '' : ` ${quarters} min`}`;
  return hours < 48 ? `about ${Math.round(minutes / 60)} h` : `about ${Math.round(minutes / 1440)} d`;
}

/** How long, in a few words; null if there is no estimate, or nothing is left. */
export function timeLeftInShort({ leftMs, reason, basedOn, unknownJobs }: TimeLeft): string | null {
  if (leftMs === null || reason !== null || basedOn.length === 0) return null;
  return `${unknownJobs > 0 ? 'at least ' : ''}${aboutDuration(leftMs)}`;
}

/** How long, and how anybody could know: `about 4 min, from 6 earlier runs labelled team=billing`. */
export function timeLeftText(left: TimeLeft): string | null {
  const { basedOn, labels, unknownJobs } = left;
  const short = timeLeftInShort(left);
  if (short === null) return null;
  const labelled = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  const silent = unknownJobs === 0 ? '' : `, which tell nothing of ${plural(unknownJobs, 'job')}`;
  return `${short}, from ${plural(basedOn.length, 'earlier run')} labelled ${labelled.join(' ')}${silent}`;
}

/** An estimate is worked out anew at most this often, and takes at most this share of the time. */
const renewal = { everyMs: 1000, shareMax: 0.02 };

/** The time that is left of a graph that runs here, kept up to date with the graph's state, and never read again. */
export class LiveTimeLeft {
  private estimator: Estimator | null = null;
  private last: TimeLeft | null = null;
  private madeAt = -Infinity;
  private renewAt = -Infinity;

  /** @param slots how many jobs run at once */
  constructor(
    private readonly graph: GraphState,
    private readonly slots: number,
  ) {}

  /** Reads what earlier runs tell. Whatever goes wrong with that, there is no estimate, and the run goes on. */
  async read(store: Store): Promise<void> {
    this.estimator = await estimatorFor(store, this.graph).catch(() => null);
  }

  /** How long it takes from now on; null if that is not known, or not yet. */
  now(): TimeLeft | null {
    if (this.estimator === null) return null;
    const at = performance.now();
    if (at >= this.renewAt) {
      this.last = this.estimator.timeLeft(this.graph, Date.now(), this.slots);
      this.madeAt = at;
      this.renewAt = at + Math.max(renewal.everyMs, (performance.now() - at) / renewal.shareMax);
    }
    const { leftMs } = this.last!;
    return leftMs === null ? this.last : { ...this.last!, leftMs: Math.max(0, leftMs - (at - this.madeAt)) };
  }
}
