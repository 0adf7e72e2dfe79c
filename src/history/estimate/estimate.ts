import type { Position, RecordedEvent } from '../../domain/events.js';
import { GraphState } from '../../domain/graph.js';
import { OverseerError } from '../../prelude/errors.js';
import { E } from '../../prelude/fp.js';
import { assertOptions } from '../../prelude/known-names.js';
import { type AsOf, momentOf } from '../../store/graph-info.js';
import { existingGraph } from '../../store/load-graph.js';
import { orThrow } from '../../store/or-throw.js';
import type { Store } from '../../store/store.js';
import { Estimator } from './estimator.js';
import {
  type EarlierRun,
  earlierRunOf,
  type EstimateBasis,
  mostAtOnce,
  type NoEstimate,
  type TimeLeft,
} from './remaining.js';

export interface EstimateRequest extends AsOf {
  /**
   * How many jobs will run at once. Default: as many as the graph has had running at once so far, or as earlier runs had,
   * whichever is more.
   */
  readonly slots?: number;
}

/**
 * Estimates how long a graph will still take. It is judged by the last ten finished graphs that were submitted before it
 * and share the most labels with it: each job that is left is supposed to take as long as it took there in the median, or
 * else as jobs of its type took. What is looked through for them is bounded.
 *
 * @throws RejectedError `graph-not-found`; OverseerError `slots-invalid`
 */
export async function estimateTimeLeft(
  store: Store,
  graphId: string,
  request: EstimateRequest = {},
): Promise<TimeLeft> {
  assertOptions<EstimateRequest>('estimateTimeLeft', request, { slots: true, asOf: true });
  const { slots, asOf } = request;
  if (slots !== undefined && !(Number.isSafeInteger(slots) && slots >= 1)) {
    throw new OverseerError('slots-invalid', `slots is ${String(slots)}; it is a whole number from 1`);
  }
  const events = await orThrow(store.log.readGraph(graphId, asOf ?? null));
  const graph = await existingGraph(store, graphId, events);
  const estimator = await estimatorFor(store, graph, asOf);
  const atOnce = slots ?? Math.max(mostAtOnce(events), estimator.usualSlots);
  return estimator.timeLeft(graph, momentOf(store, events, asOf), atOnce);
}

/** @internal Reads what earlier runs tell of a graph. Nothing is read for a graph that has ended. */
export async function estimatorFor(store: Store, graph: GraphState, asOf?: Position): Promise<Estimator> {
  if (graph.isSettled) return new Estimator('no-earlier-run');
  return new Estimator(await new EarlierRuns(store, graph, asOf ?? null).find());
}

const runsMax = 10;
/** Bounds on what is looked at to answer a question at a prompt. */
const submissionsMax = 500;
const readsMax = 30;
const readBatch = 25;
const patienceMs = 1000;

/** A graph that shares labels with the one asked about. */
interface Candidate {
  readonly graphId: string;
  /** The keys of the labels they share. */
  readonly shared: readonly string[];
}

/** Finds the earlier runs that are most like a graph. */
class EarlierRuns {
  private readonly since: number;
  private readonly keys: readonly string[];
  private reads = 0;

  constructor(
    private readonly store: Store,
    private readonly graph: GraphState,
    private readonly asOf: Position | null,
  ) {
    this.since = store.environment.monotonic();
    this.keys = Object.keys(graph.labels);
  }

  async find(): Promise<EstimateBasis | NoEstimate> {
    if (this.keys.length === 0) return 'no-labels';
    const alike: EarlierRun[] = [];
    const others: Candidate[] = [];
    for await (const candidate of this.candidates()) {
      if (candidate.shared.length < this.keys.length) others.push(candidate);
      else alike.push(...(await this.read(candidate)));
      if (alike.length === runsMax) break;
    }
    if (alike.length > 0) return this.basis(alike, this.keys);
    return await this.amongOthers(others);
  }

  /** Of those that share only some of the labels, the latest of those that share the most decides by which. */
  private async amongOthers(candidates: readonly Candidate[]): Promise<EstimateBasis | NoEstimate> {
    const runs: EarlierRun[] = [];
    let keys: readonly string[] = [];
    for (const candidate of [...candidates].sort((a, b) => b.shared.length - a.shared.length)) {
      if (!keys.every((key) => candidate.shared.includes(key))) continue;
      const read = await this.read(candidate);
      if (runs.length === 0 && read.length > 0) keys = candidate.shared;
      runs.push(...read);
      if (runs.length === runsMax) break;
    }
    return runs.length === 0 ? 'no-earlier-run' : this.basis(runs, keys);
  }

  /** Graphs that were submitted before and share a label, the latest first. */
  private async *candidates(): AsyncGenerator<Candidate> {
    const filter = { types: ['GraphSubmitted'] };
    let after = this.graph.existsFrom;
    for (let seen = 0; seen < submissionsMax && !this.isOverdue; seen += readBatch) {
      const read = this.store.log.readAll({ after, direction: 'backwards', filter, limit: readBatch });
      const events: readonly RecordedEvent[] = await orThrow(read);
      for (const event of events) {
        // The first part has the labels.
        if (event.type !== 'GraphSubmitted' || event.data.part !== 1 || event.graphId === this.graph.id) continue;
        const shared = this.keys.filter((key) => event.data.labels[key] === this.graph.labels[key]);
        if (shared.length > 0) yield { graphId: event.graphId, shared };
      }
      if (events.length < readBatch) return;
      after = events.at(-1)!.position;
    }
  }

  /** The run, if it has finished and can be read. */
  private async read({ graphId }: Candidate): Promise<readonly EarlierRun[]> {
    if (this.reads >= readsMax || (this.reads > 0 && this.isOverdue)) return [];
    this.reads += 1;
    const events = await this.store.log.readGraph(graphId, this.asOf)();
    if (E.isLeft(events)) {
      if (events.left.code === 'store-history-missing') return [];
      throw events.left;
    }
    const graph = new GraphState(graphId);
    for (const event of events.right) graph.apply(event);
    const isRun = graph.existsFrom !== null && graph.unreadable === null && graph.status === 'finished';
    return isRun ? [earlierRunOf(graph, events.right)] : [];
  }

  private basis(runs: readonly EarlierRun[], keys: readonly string[]): EstimateBasis {
    const labels = Object.fromEntries(keys.map((key) => [key, this.graph.labels[key]!]));
    return { runs, labels };
  }

  private get isOverdue(): boolean {
    return this.store.environment.monotonic() - this.since > patienceMs;
  }
}
