import type { GraphState } from '../../domain/graph.js';
import { type EstimateBasis, medianOf, type NoEstimate, remainingOf, RunTimes, type TimeLeft } from './remaining.js';

/** Estimates how long one graph will still take, again and again, from what was read once. */
export class Estimator {
  private readonly times: RunTimes;

  /** @param basis what earlier runs tell, or why they tell nothing */
  constructor(private readonly basis: EstimateBasis | NoEstimate) {
    this.times = new RunTimes(typeof basis === 'string' ? [] : basis.runs);
  }

  /**
   * @param now milliseconds since the epoch
   * @param slots how many jobs run at once
   */
  timeLeft(graph: GraphState, now: number, slots: number): TimeLeft {
    const none = (reason: NoEstimate | null): TimeLeft => {
      const leftMs = reason === null ? 0 : null;
      return { graphId: graph.id, leftMs, reason, basedOn: [], labels: {}, slots, unknownJobs: 0 };
    };
    if (graph.isSettled) return none(null);
    if (!graph.isOpen) return none('unreadable');
    if (typeof this.basis === 'string') return none(this.basis);
    const { leftMs, jobs, unknownJobs } = remainingOf(graph, this.times, slots, now);
    if (unknownJobs === jobs) return none('no-known-job');
    const { runs, labels } = this.basis;
    const basedOn = runs.map(({ graphId }) => graphId);
    return { graphId: graph.id, leftMs: Math.round(leftMs), reason: null, basedOn, labels, slots, unknownJobs };
  }

  /** How many jobs earlier runs had running at once; 1 if there are none. */
  get usualSlots(): number {
    if (typeof this.basis === 'string') return 1;
    return Math.max(1, Math.round(medianOf(this.basis.runs.map(({ slots }) => slots))));
  }
}
