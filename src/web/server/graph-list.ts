import type { Position } from '../../domain/events.js';
import { comparePositions } from '../../domain/positions.js';
import type { UnreadableGraph } from '../../domain/listed.js';
import type { GraphSummary } from '../../domain/graph-info.js';
import type { GraphsPage } from '../../domain/listed.js';
import { type GraphsRequest, type ListedGraph, pageOfGraphs } from '../../store/listings.js';
import { missingGraph } from '../../store/load-graph.js';
import { orThrow } from '../../store/or-throw.js';
import { readCursor, writeCursor } from '../../store/pages.js';
import { lastPosition } from '../../store/read-log.js';
import type { Store } from '../../store/store.js';
import { BatchSize } from './batch-size.js';
import { KnownGraphs } from './known-graphs.js';
import { type Submission, Submissions } from './submissions.js';

const eventsAtOnce = 2000;
/** After more new events than that, it is less to begin anew. */
const newEventsMax = 50_000;
/** A page is cut short rather than be looked for any longer: a text that hardly any graph contains may be in none. */
const lookedMs = 3000;
/** Graphs that are read together, and their jobs. */
const atOnce = { first: 4, most: 512, wanted: 5000 };

/**
 * The list of graphs, as `graphs()` gives it, for one who asks again and again while graphs go on. What was found out is kept, and
 * brought up to date by the events that have come since: so an event is read once, however often the list is asked for.
 */
export class GraphList {
  private readonly known: KnownGraphs;
  private submissions: Submissions | null = null;
  /** Up to where the log's events are in all this. */
  private position: Position | null = null;
  private catchingUp: Promise<Submissions> | null = null;

  constructor(private readonly store: Store) {
    this.known = new KnownGraphs(store);
  }

  /**
   * A page of the list. It may be short though more follow: see {@link lookedMs}.
   *
   * @throws as `graphs` does
   */
  async page(request: GraphsRequest, ended: AbortSignal): Promise<GraphsPage> {
    const { after, asOf } = request;
    const submissions = await this.caughtUp();
    const from = after === undefined ? await this.behind(asOf) : readCursor(after).position;
    const walk = new Walk(this.known, this.store, ended);
    const page = await pageOfGraphs(walk.through(submissions.before(from), asOf), request);
    return page.next === null && walk.cutAt !== null ? { ...page, next: writeCursor(walk.cutAt) } : page;
  }

  /** @throws RejectedError `graph-not-found` */
  async summary(graphId: string): Promise<GraphSummary> {
    await this.caughtUp();
    const graph = await this.known.graph(graphId);
    if ('reason' in graph) throw await missingGraph(this.store, graphId);
    return graph.summary;
  }

  /** The position right behind another one; null for the end of the log. */
  private async behind(position: Position | undefined): Promise<Position | null> {
    if (position === undefined) return null;
    const [next] = await orThrow(this.store.log.readAll({ after: position, limit: 1 }));
    return next?.position ?? null;
  }

  /** Calls at the same time share one read. */
  private async caughtUp(): Promise<Submissions> {
    return await (this.catchingUp ??= this.catchUp().finally(() => (this.catchingUp = null)));
  }

  private async catchUp(): Promise<Submissions> {
    const { log } = this.store;
    const submissions = this.submissions ?? (await this.begin());
    for (let count = 0; count < newEventsMax; count += eventsAtOnce) {
      const events = await orThrow(log.readAll({ after: this.position, limit: eventsAtOnce }));
      for (const event of events) this.known.note(event);
      submissions.note(events);
      this.position = events.at(-1)?.position ?? this.position;
      if (events.length < eventsAtOnce) return submissions;
    }
    return await this.begin();
  }

  private async begin(): Promise<Submissions> {
    this.known.forgetAll();
    this.position = await lastPosition(this.store.log);
    this.submissions = new Submissions(this.store.log, this.position);
    return this.submissions;
  }
}

/** A walk through graphs that ends when it has taken too long, or when nobody waits for it any more. */
class Walk {
  /** Where it was ended. */
  cutAt: { readonly position: Position; readonly graphId: string; readonly index: number } | null = null;

  constructor(
    private readonly known: KnownGraphs,
    private readonly store: Store,
    private readonly ended: AbortSignal,
  ) {}

  async *through(
    submissions: AsyncGenerator<Submission>,
    asOf: Position | undefined,
  ): AsyncGenerator<ListedGraph | UnreadableGraph> {
    const { environment } = this.store;
    const endsAt = environment.monotonic() + lookedMs;
    const isThere = ({ position }: Submission) => asOf === undefined || comparePositions(position, asOf) <= 0;
    const size = new BatchSize(atOnce);
    for await (const group of inGroups(submissions, isThere, () => size.limit)) {
      const graphs = await this.known.graphs(
        group.map(({ graphId }) => graphId),
        asOf,
      );
      for (const [index, graph] of graphs.entries()) {
        // A submission that was written a second time adds no graph.
        if ('reason' in graph || graph.existsFrom === group[index]!.position) yield graph;
      }
      if (environment.monotonic() >= endsAt || this.ended.aborted) {
        this.cutAt = { ...group.at(-1)!, index: 0 };
        return;
      }
      size.note(group.length, jobsIn(graphs));
    }
  }
}

/** Those of some items that are asked for, in groups of as many as `limit` says when each begins. */
async function* inGroups<A>(
  items: AsyncIterable<A>,
  isAsked: (item: A) => boolean,
  limit: () => number,
): AsyncGenerator<readonly A[]> {
  let group: A[] = [];
  for await (const item of items) {
    if (!isAsked(item)) continue;
    group.push(item);
    if (group.length < limit()) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

function jobsIn(graphs: readonly (ListedGraph | UnreadableGraph)[]): number {
  const each = graphs.map((graph) => ('reason' in graph ? [1] : Object.values(graph.summary.counts)));
  return each.flat().reduce((sum, count) => sum + count, 0);
}
