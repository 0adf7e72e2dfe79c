import { setTimeout as delay } from 'node:timers/promises';
import type { Position, RecordedEvent } from '../../../domain/events.js';
import type { GraphState } from '../../../domain/graph.js';
import { comparePositions } from '../../../log/event-log.js';
import { orThrow } from '../../../store/or-throw.js';
import { isAtEnd, liveEvents } from '../../../store/event-history.js';
import type { Store } from '../../../store/store.js';
import { foldGraph } from '../../../store/load-graph.js';

/** The pause after each batch of events: a worker in the same process has better use for the time. */
const pauseMs = 15;

/** Follows one graph while it is worked on. */
export class GraphWatch {
  private constructor(
    private readonly store: Store,
    readonly graph: GraphState,
    /** Where the log ended when the graph was read. */
    readonly after: Position | null,
  ) {}

  /** Reads the graph as it is now. */
  static async begin(store: Store, graphId: string): Promise<GraphWatch> {
    // All that is in the log up to this event is in the read of the graph that follows: the watch may begin after it.
    const [last] = await orThrow(store.log.readAll({ direction: 'backwards', limit: 1 }));
    const events = await orThrow(store.log.readGraph(graphId));
    const graph = foldGraph(graphId, events);
    const own = events.at(-1)!.position;
    return new GraphWatch(
      store,
      graph,
      last !== undefined && comparePositions(last.position, own) > 0 ? last.position : own,
    );
  }

  /** Follows the graph until nothing in it can run any more, or the signal aborts. */
  async untilSettled(signal: AbortSignal, onEvent: (event: RecordedEvent, graph: GraphState) => void): Promise<void> {
    const { graph, store, after } = this;
    if (isAtEnd(graph)) return;
    for await (const batch of liveEvents(store, { after, graphId: graph.id, signal })) {
      for (const event of batch) {
        graph.apply(event);
        onEvent(event, graph);
      }
      if (isAtEnd(graph)) return;
      await delay(pauseMs, undefined, { signal }).catch(() => {});
    }
  }
}
