import { jobsIn, type RecordedEvent } from '../../domain/events.js';
import type { GraphState, GraphStatus } from '../../domain/graph.js';
import { LiveFeed } from '../../store/live-feed.js';
import type { Store } from '../../store/store.js';
import type { LogView } from './log-view.js';

/** The states of the whole log, event by event. */
export class LogStates {
  private readonly feed: LiveFeed;
  private readonly counts: Record<GraphStatus, number> = { running: 0, finished: 0, failed: 0, aborted: 0 };
  /** Of graphs that have ended. */
  private readonly ended = new Map<string, GraphStatus>();
  private readonly types = new Set<string>();

  constructor(store: Store) {
    this.feed = new LiveFeed(store.log);
  }

  async apply(event: RecordedEvent): Promise<void> {
    const { graphId } = event;
    for (const { type } of jobsIn(event)) this.types.add(type);
    const { graphs } = this.feed.projection;
    const known = graphs.get(graphId);
    const before = this.ended.get(graphId) ?? (known === undefined ? null : statusOf(known));
    await this.feed.apply([event]);
    const graph = graphs.get(graphId) ?? known;
    // A graph that is no longer in memory has ended, and stays as it is.
    const after = graph === undefined ? before : statusOf(graph);
    if (after === before) return;
    if (before !== null) this.counts[before] -= 1;
    if (after !== null) this.counts[after] += 1;
    if (after === null || after === 'running') this.ended.delete(graphId);
    else this.ended.set(graphId, after);
  }

  /** The types of jobs and the graphs there have been so far. */
  there(): { readonly types: readonly string[]; readonly graphIds: readonly string[] } {
    return { types: [...this.types], graphIds: [...this.ended.keys(), ...this.feed.projection.graphs.keys()] };
  }

  view(event: RecordedEvent, number: number): LogView {
    const { projection } = this.feed;
    const { type, graphId, jobId, actor } = event;
    return {
      number,
      at: event.recordedAt,
      event: { type, graphId, jobId, actor },
      graphs: this.counts,
      started: projection.started.size,
      ready: Object.fromEntries(
        [...projection.ready]
          .filter(([jobType]) => projection.mayStart(jobType))
          .map(([jobType, jobs]) => [jobType, jobs.size]),
      ),
    };
  }
}

/** Null for a graph that does not exist yet. */
function statusOf(graph: GraphState): GraphStatus | null {
  return graph.existsFrom === null ? null : graph.status;
}
