import { setTimeout as delay } from 'node:timers/promises';
import type { Position, RecordedEvent } from '../../../domain/events.js';
import type { GraphState } from '../../../domain/graph.js';
import { whenAborted } from '../../../prelude/when-aborted.js';
import { orThrow } from '../../../store/or-throw.js';
import { isAtEnd } from '../../../store/event-history.js';
import type { FollowedGraph } from '../../../store/graph-follower.js';
import type { Store } from '../../../store/store.js';
import { foldGraph } from '../../../store/load-graph.js';

/** The pause after each batch of events: a worker in the same process has better use for the time. */
const pauseMs = 15;

/** Follows one graph while it is worked on. */
export class GraphWatch {
  private constructor(
    readonly graph: GraphState,
    /** Where the log ended when the graph was read, or a little before. */
    readonly after: Position | null,
    private readonly live: FollowedGraph['live'],
  ) {}

  /** Reads the graph as it is now. */
  static async begin(store: Store, graphId: string): Promise<GraphWatch> {
    const [last] = await orThrow(store.log.readAll({ direction: 'backwards', limit: 1 }));
    const { events, live } = await store.follower.follow(graphId);
    return new GraphWatch(foldGraph(graphId, events), last?.position ?? null, live);
  }

  /** Follows the graph until nothing in it can run any more, or the signal aborts. */
  async untilSettled(signal: AbortSignal, onEvent: (event: RecordedEvent, graph: GraphState) => void): Promise<void> {
    const { graph, live } = this;
    const unlisten = whenAborted(signal, () => void live.return(undefined));
    try {
      if (isAtEnd(graph)) return;
      for await (const batch of live) {
        for (const event of batch) {
          graph.apply(event);
          onEvent(event, graph);
        }
        if (isAtEnd(graph)) return;
        await delay(pauseMs, undefined, { signal }).catch(() => {});
      }
    } finally {
      unlisten();
      await live.return(undefined);
    }
  }
}
