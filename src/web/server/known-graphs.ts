import type { Position, RecordedEvent } from '../../domain/events.js';
import { GraphState } from '../../domain/graph.js';
import { comparePositions } from '../../domain/positions.js';
import { LogError } from '../../log/event-log.js';
import { foldShown } from '../../store/all-graphs.js';
import type { UnreadableGraph } from '../../domain/listed.js';
import { type GraphSummary, toSummary } from '../../domain/graph-info.js';
import type { ListedGraph } from '../../store/listings.js';
import { orThrow } from '../../store/or-throw.js';
import { searchedTexts } from '../../store/search.js';
import type { Store } from '../../store/store.js';
import { RecentHistories } from './recent-histories.js';

/** How much is remembered: a job of a graph that goes on weighs one, and so do so many characters that can be searched. */
const weightMax = 500_000;
const charactersPerWeight = 100;
/** Nothing here needs results. */
const stateOptions = { resultBytesMax: 0 };

/** A graph as it was last folded. */
class KnownGraph implements ListedGraph {
  private summarised: GraphSummary | null = null;
  private searched: readonly string[] | null = null;

  constructor(
    /** To be folded on; null once the graph has ended, when only what is shown of it is kept. */
    private state: GraphState | null,
    readonly existsFrom: Position,
    /** Of its last event. */
    public last: Position,
  ) {}

  get summary(): GraphSummary {
    if (this.summarised !== null) return this.summarised;
    const { state } = this;
    this.summarised = toSummary(state!);
    if (state!.isSettled) {
      this.searched = searchedTexts(state!);
      this.state = null;
    }
    return this.summarised;
  }

  texts = (): readonly string[] => (this.searched ??= searchedTexts(this.state!));

  get weight(): number {
    const characters = this.searched?.reduce((sum, text) => sum + text.length, 0) ?? 0;
    return 1 + (this.state?.jobs.size ?? 0) + characters / charactersPerWeight;
  }

  /** Whether it has taken the event; else it has to be read again. */
  takes(event: RecordedEvent): boolean {
    if (comparePositions(event.position, this.last) <= 0) return true;
    if (this.state === null) return false;
    this.state.apply(event);
    this.last = event.position;
    this.summarised = this.searched = null;
    return true;
  }
}

type Read = ReadonlyMap<string, KnownGraph | UnreadableGraph>;

/** A graph that is being read, perhaps with others, and whether the log has gone on with it meanwhile. */
interface Reading {
  readonly graphs: Promise<Read>;
  isOvertaken: boolean;
}

/**
 * Graphs as lists show them. Each is read and folded once, and then folded on with its new events, which {@link note} is to be
 * given; those that were not asked for longest are forgotten first.
 */
export class KnownGraphs {
  /** The one that was asked for last comes last. */
  private readonly known = new Map<string, { readonly graph: KnownGraph; weight: number }>();
  private readonly reading = new Map<string, Reading>();
  private weight = 0;
  private recent: RecentHistories;

  constructor(private readonly store: Store) {
    this.recent = new RecentHistories(store.log);
  }

  /** Takes events that are new in the log. */
  note(event: RecordedEvent): void {
    const { graphId } = event;
    const reading = this.reading.get(graphId);
    if (reading !== undefined) reading.isOvertaken = true;
    if (this.known.get(graphId)?.graph.takes(event) === false) this.forget(graphId);
    this.recent.note(event);
  }

  forgetAll(): void {
    this.known.clear();
    this.weight = 0;
    this.recent = new RecentHistories(this.store.log);
    for (const reading of this.reading.values()) reading.isOvertaken = true;
  }

  /** A graph as it is now; or why it cannot be shown. */
  async graph(graphId: string): Promise<ListedGraph | UnreadableGraph> {
    const known = this.knownAt(graphId);
    return known ?? (await this.readOnce(new Set([graphId]), null)).get(graphId)!;
  }

  /**
   * Graphs as they are now, or were at a position; or why they cannot be shown; in the order of their ids. Those that have to
   * be read are read together, and where it can be, by one read of the log: see {@link RecentHistories}.
   */
  async graphs(graphIds: readonly string[], asOf?: Position): Promise<readonly (ListedGraph | UnreadableGraph)[]> {
    // Taken before the others are read: meanwhile, they may be forgotten.
    const known = graphIds.map((graphId) => this.knownAt(graphId, asOf));
    const others = new Set(graphIds.filter((_, index) => known[index] === null));
    const read = await (asOf === undefined ? this.readOnce(others, this.recent) : this.read([...others], asOf, null));
    return graphIds.map((graphId, index) => known[index] ?? read.get(graphId)!);
  }

  private knownAt(graphId: string, asOf?: Position): KnownGraph | null {
    const known = this.known.get(graphId)?.graph;
    if (known === undefined || (asOf !== undefined && comparePositions(known.last, asOf) > 0)) return null;
    this.keep(graphId, known);
    return known;
  }

  private async readOnce(graphIds: ReadonlySet<string>, recent: RecentHistories | null): Promise<Read> {
    const readings = new Map<string, Reading>();
    for (const graphId of graphIds) {
      const begun = this.reading.get(graphId);
      if (begun?.isOvertaken === false) readings.set(graphId, begun);
    }
    const own = [...graphIds].filter((graphId) => !readings.has(graphId));
    const graphs = this.read(own, null, recent);
    for (const graphId of own) {
      const reading = { graphs, isOvertaken: false };
      readings.set(graphId, reading);
      this.reading.set(graphId, reading);
    }
    try {
      await Promise.all([...readings.values()].map((reading) => reading.graphs));
      const read = await graphs;
      // If there were new events meanwhile, they may not be in it.
      for (const [graphId, graph] of read) {
        if (graph instanceof KnownGraph && !readings.get(graphId)!.isOvertaken) this.keep(graphId, graph);
      }
      const found = [...readings].map(
        async ([graphId, reading]) => [graphId, (await reading.graphs).get(graphId)!] as const,
      );
      return new Map(await Promise.all(found));
    } finally {
      for (const graphId of own) {
        if (this.reading.get(graphId) === readings.get(graphId)) this.reading.delete(graphId);
      }
    }
  }

  /** @param recent where it is looked for them first */
  private async read(
    graphIds: readonly string[],
    asOf: Position | null,
    recent: RecentHistories | null,
  ): Promise<Read> {
    const graphs = new Map<string, KnownGraph | UnreadableGraph>();
    const accept = (graphId: string, history: readonly RecordedEvent[] | LogError) => {
      const graph = foldShown(graphId, history, stateOptions);
      const last = history instanceof LogError ? undefined : history.at(-1);
      const isShown = graph instanceof GraphState;
      graphs.set(graphId, isShown ? new KnownGraph(graph, graph.existsFrom!, last!.position) : graph);
    };
    const histories = (await recent?.of(graphIds)) ?? [];
    for (const [graphId, history] of histories) accept(graphId, history);
    const others = graphIds.filter((graphId) => !graphs.has(graphId));
    if (others.length > 0) await orThrow(this.store.log.readGraphs(others, asOf, accept));
    return graphs;
  }

  private keep(graphId: string, graph: KnownGraph): void {
    this.forget(graphId);
    const { weight } = graph;
    this.known.set(graphId, { graph, weight });
    this.weight += weight;
    for (const oldest of this.known.keys()) {
      if (this.weight <= weightMax || oldest === graphId) break;
      this.forget(oldest);
    }
  }

  private forget(graphId: string): void {
    const known = this.known.get(graphId);
    if (known === undefined) return;
    this.known.delete(graphId);
    this.weight -= known.weight;
  }
}
