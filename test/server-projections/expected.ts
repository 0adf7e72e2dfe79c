/** The expected results of the projections, worked out by the engine's own reducers, in a form that fits both. */
import type { RecordedEvent } from '../../src/domain/events.js';
import { GraphState, type JobNode } from '../../src/domain/graph.js';
import { streamName } from '../../src/log/event-log.js';

type Counts = Readonly<Record<string, number>>;

/** The state of one graph. */
export interface Standing {
  readonly status: string;
  /** By status; statuses of no job are left out. */
  readonly counts: Counts;
  readonly labels: Readonly<Record<string, string>>;
  readonly priority: number;
  /** By job id. */
  readonly statuses: Readonly<Record<string, string>>;
}

/** What all the projections together say. */
export interface Outcome {
  readonly graphs: Readonly<Record<string, Standing | null>>;
  /** By type of job and status. */
  readonly counts: Readonly<Record<string, Counts>>;
  /** Jobs that may be claimed, by type: `graph/job`, sorted. */
  readonly ready: Readonly<Record<string, readonly string[]>>;
  /** Ids of events, by graph. */
  readonly history: Readonly<Record<string, readonly string[]>>;
}

function foldGraphs(events: Iterable<RecordedEvent>): ReadonlyMap<string, GraphState> {
  const graphs = new Map<string, GraphState>();
  for (const event of events) {
    const graph = graphs.get(event.graphId) ?? new GraphState(event.graphId);
    graphs.set(event.graphId, graph);
    graph.apply(event);
  }
  return graphs;
}

/** A projection has no clock: to it, a job that backs off is ready. It also says when a ready job may not be claimed. */
function statusOf(job: JobNode): string {
  const status = job.derivedStatus(Infinity);
  return status === 'ready' && !job.isReady ? 'withheld' : status;
}

export function expectedOutcome(events: readonly RecordedEvent[]): Outcome {
  const graphs = foldGraphs(events);
  const there = [...graphs.values()].filter((graph) => graph.existsFrom !== null);
  const jobs = there.flatMap((graph) => [...graph.jobs.values()]);
  const counts = new Map<string, Record<string, number>>();
  const ready = new Map<string, string[]>();
  for (const job of jobs) {
    const { type } = job.definition;
    const ofType = counts.get(type) ?? {};
    counts.set(type, { ...ofType, [statusOf(job)]: (ofType[statusOf(job)] ?? 0) + 1 });
    if (job.isReady) ready.set(type, [...(ready.get(type) ?? []), `${job.graph.id}/${job.id}`].sort());
  }
  const ofGraph = (graphId: string) => events.filter((event) => event.graphId === graphId).map((event) => event.id);
  return {
    graphs: Object.fromEntries([...graphs].map(([id, graph]) => [id, standingOf(graph)])),
    counts: Object.fromEntries(counts),
    ready: Object.fromEntries(ready),
    history: Object.fromEntries([...graphs.keys()].map((id) => [id, ofGraph(id)])),
  };
}

function standingOf(graph: GraphState): Standing | null {
  if (graph.existsFrom === null) return null;
  const { status, labels, priority } = graph;
  const statuses = Object.fromEntries([...graph.jobs.values()].map((job) => [job.id, statusOf(job)]));
  return { status, labels, priority, counts: withoutZeros(graph.countByStatus()), statuses };
}

/** The state of graph-progress, of one partition. */
export interface ProgressState {
  /** Missing where there is no state at all. */
  readonly status?: string | null;
  readonly counts: Counts;
  readonly labels: Readonly<Record<string, string>>;
  readonly priority: number;
  readonly jobs: readonly string[];
  readonly types: readonly string[];
  readonly statuses: readonly string[];
}

export function standingIn({ status, counts, labels, priority, jobs, statuses }: ProgressState): Standing | null {
  if (status === null || status === undefined) return null;
  const { unstarted, started, finished, skipped, failed, aborted, ...told } = counts;
  const sum = Object.values(told).reduce((all, each) => all + each, 0);
  if (sum !== unstarted) throw new Error(`${unstarted} jobs are unstarted, but ${sum} are told apart`);
  return {
    status,
    labels,
    priority,
    counts: withoutZeros({ unstarted, started, finished, skipped, failed, aborted } as Counts),
    statuses: Object.fromEntries(jobs.map((id, index) => [id, statuses[index]!])),
  };
}

/** From the state of job-counts. */
export function countsIn({ types = {} }: { readonly types?: Readonly<Record<string, Counts>> }): Outcome['counts'] {
  const told = Object.entries(types).map(([type, counts]) => [type, withoutZeros(counts)] as const);
  return Object.fromEntries(told.filter(([, counts]) => Object.keys(counts).length > 0));
}

/** From the events of the streams of ready jobs. */
export function readyIn(
  streams: Readonly<Record<string, readonly { readonly eventType: string; readonly data: unknown }[]>>,
): Outcome['ready'] {
  const ready: Record<string, string[]> = {};
  for (const [type, events] of Object.entries(streams)) {
    const jobs = new Set<string>();
    for (const { eventType, data } of events) {
      const { graphId, jobId } = data as { graphId: string; jobId: string };
      const name = `${graphId}/${jobId}`;
      if (jobs.has(name) === (eventType === 'JobReady')) throw new Error(`${name}: ${eventType} twice`);
      if (eventType === 'JobReady') jobs.add(name);
      else jobs.delete(name);
    }
    if (jobs.size > 0) ready[type] = [...jobs].sort();
  }
  return ready;
}

/** An event as EventStoreDB keeps it. */
export function storedForm(namespace: string, event: RecordedEvent) {
  const { graphId, schemaVersion, causationId, actor } = event;
  const isReadable = event.type !== 'Unreadable';
  return {
    streamId: streamName(namespace, event),
    eventId: event.id,
    eventType: isReadable ? event.type : event.data.storedType,
    data: isReadable ? event.data : event.data.stored,
    metadata: {
      schemaVersion,
      $correlationId: graphId,
      ...(causationId === null ? {} : { $causationId: causationId }),
      actor,
    },
  };
}

function withoutZeros(counts: Counts): Counts {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));
}
