import type { RecordedEvent } from '../../../domain/events.js';
import { liveEvents } from '../../../store/event-history.js';
import { orThrow } from '../../../store/or-throw.js';
import { eventLine, idWidth } from '../../output/event-line.js';
import type { Invocation } from '../../call/invocation.js';
import { resolveReference } from '../../input/reference.js';
import type { CommonOptions } from '../../call/settings.js';
import { jobIn, loadGraph } from '../../../store/load-graph.js';

export interface HistoryOptions extends CommonOptions {
  readonly follow?: boolean;
}

/** Events keep their number in the graph when only one job's are shown: `#N` is a moment for `show --at`. */
export async function historyCommand(invocation: Invocation<HistoryOptions>, text: string): Promise<void> {
  const { options, terminal } = invocation;
  await invocation.withStore(async (store) => {
    const { graphId, jobId } = await resolveReference(store, text);
    const graph = await loadGraph(store, graphId);
    if (jobId !== null) jobIn(graph, jobId);
    const width = jobId === null ? idWidth(graph.jobs.keys()) : 0;
    let number = 0;
    const show = (events: readonly RecordedEvent[]) => {
      const numbered = events.map((event) => ({ number: ++number, ...event }));
      const asked = numbered.filter((event) => jobId === null || event.jobId === jobId);
      terminal.items(asked);
      terminal.say(
        ...asked.map((event) => {
          const place = (event.jobId ?? '').padEnd(width);
          return eventLine(event, { place, front: `#${event.number}`.padEnd(5), paint: terminal.paint });
        }),
      );
    };
    const events = await orThrow(store.log.readGraph(graphId));
    show(events);
    if (options.follow !== true) return;
    for await (const batch of liveEvents(store, { graphId, after: events.at(-1)!.position })) show(batch);
  });
}
