import type { Position, RecordedEvent } from '../../domain/events.js';
import { GraphState } from '../../domain/graph.js';
import { comparePositions } from '../../domain/positions.js';
import { foldShown } from '../../store/all-graphs.js';
import type { UnreadableGraph } from '../../domain/listed.js';
import { type GraphSummary, toSummary } from '../../domain/graph-info.js';
import type { ListedGraph } from '../../store/listings.js';
import { orThrow } from '../../store/or-throw.js';
import { searchedTexts } from '../../store/search.js';
import type { Store } from '../../store/store.js';

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

/** A graph that is being read, and whether the log has gone on with it meanwhile. */
interface Reading {
  readonly graph: Promise<KnownGraph | UnreadableGraph>;
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

  constructor(private readonly store: Store) {}

  /** Takes events that are new in the log. */
  note(event: RecordedEvent): void {
    const { graphId } = event;
    const reading = this.reading.get(graphId);
    if (reading !== undefined) reading.isOvertaken = true;
    if (this.known.get(graphId)?.graph.takes(event) === false) this.forget(graphId);
  }

  forgetAll(): void {
    this.known.clear();
    this.weight = 0;
    for (const reading of this.reading.values()) reading.isOvertaken = true;
  }

  /** A graph as it is now, or was at a position; or why it cannot be shown. */
  async graph(graphId: string, asOf?: Position): Promise<ListedGraph | UnreadableGraph> {
    const known = this.known.get(graphId)?.graph;
    const isSame = asOf === undefined || (known !== undefined && comparePositions(known.last, asOf) <= 0);
    if (!isSame) return await this.read(graphId, asOf);
    if (known === undefined) return await this.readOnce(graphId);
    this.keep(graphId, known);
    return known;
  }

  private async readOnce(graphId: string): Promise<KnownGraph | UnreadableGraph> {
    const begun = this.reading.get(graphId);
    if (begun !== undefined && !begun.isOvertaken) return await begun.graph;
    const reading: Reading = { graph: this.read(graphId), isOvertaken: false };
    this.reading.set(graphId, reading);
    try {
      const graph = await reading.graph;
      // If there were new events meanwhile, they may not be in it.
      if (graph instanceof KnownGraph && !reading.isOvertaken) this.keep(graphId, graph);
      return graph;
    } finally {
      if (this.reading.get(graphId) === reading) this.reading.delete(graphId);
    }
  }

  private async read(graphId: string, asOf?: Position): Promise<KnownGraph | UnreadableGraph> {
    let last: Position | undefined;
    const read = async () => {
      const events = await orThrow(this.store.log.readGraph(graphId, asOf));
      last = events.at(-1)?.position;
      return events;
    };
    const graph = await foldShown(graphId, read, stateOptions);
    return graph instanceof GraphState ? new KnownGraph(graph, graph.existsFrom!, last!) : graph;
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
