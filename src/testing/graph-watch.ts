import { GraphState } from '../domain/graph.js';
import type { Position, RecordedEvent } from '../domain/events.js';
import { graphNotFound } from '../domain/not-found.js';
import { orThrow, RejectedError } from '../store/or-throw.js';
import type { Store } from '../store/store.js';
import type { LogTraffic } from './log-traffic.js';

/** A graph as it is in a test's log, brought up to date by each look. */
export class GraphWatch {
  readonly events: RecordedEvent[] = [];
  private readonly graph: GraphState;
  private position: Position | null = null;
  private seen = -1;

  constructor(
    private readonly store: Store,
    graphId: string,
    private readonly traffic: LogTraffic,
  ) {
    this.graph = new GraphState(graphId);
  }

  /** @throws RejectedError `graph-not-found` */
  async look(): Promise<GraphState> {
    const { store, graph, traffic } = this;
    if (this.seen === traffic.changes) return graph;
    this.seen = traffic.changes;
    const request = { after: this.position, filter: { graphId: graph.id }, limit: Number.MAX_SAFE_INTEGER };
    const events = await orThrow(store.log.readAll(request));
    for (const event of events) {
      graph.apply(event);
      this.events.push(event);
      this.position = event.position;
    }
    if (graph.existsFrom === null) throw new RejectedError(graphNotFound(graph.id));
    return graph;
  }
}
