import type { Position, RecordedEvent } from '../domain/events.js';
import { LiveProjection, type ReadinessListener } from '../domain/live-projection.js';
import { isOfNamespace } from '../domain/namespace-stream.js';
import { givesPriority } from '../domain/priorities.js';
import { allPartitions, partitionCount, partitionOf } from '../domain/share.js';
import { type EventFilter, type EventLog, LogError, onlyAfter } from '../log/event-log.js';
import { comparePositions } from '../domain/positions.js';
import { E } from '../prelude/fp.js';
import { readWorkEvents } from './load-work.js';
import { earliest, KnownGraphs, type OpenGraphs, saveOpenGraphs } from './open-graphs.js';
import { orThrow } from './or-throw.js';

const readBatch = 5000;
/** Results with a larger event are read from the log when a child starts, so that memory does not grow with them. */
const resultBytesMax = 1024;

/** What must be known of a graph before its events are followed. */
interface Histories {
  readonly ofGraphs: ReadonlyMap<string, readonly RecordedEvent[] | LogError>;
  /** Of other graphs, in log order. */
  readonly events: readonly RecordedEvent[];
}

/**
 * Keeps a {@link LiveProjection} up to date with the log. It begins at the last snapshot, so that a start costs no more than
 * reading the unfinished graphs and the namespace's own stream, and reads a graph again when an operator reopens it.
 *
 * It follows all graphs, or only those of some partitions. It may {@link take} more and {@link leave} some at any position:
 * the graphs of a partition that is taken are read up to there, from the partition's last snapshot on.
 *
 * What is known of open graphs may be later than the position. So a graph may be missing that has ended by the end of the log:
 * none of its jobs could be claimed anyway, and should it be reopened, it is read.
 */
export class LiveFeed {
  readonly projection: LiveProjection;
  /**
   * Graphs of which a part is missing, or cannot be read by this release. They stay in every snapshot, whatever their state looks
   * like: what is missing may be repaired, and what cannot be read may be an event of a newer release that goes on with them.
   */
  private readonly lost = new Set<string>();
  private readonly followed = new Set(allPartitions);
  /** Graphs of other partitions that are folded on, until nothing of them is held here. */
  private readonly left = new Set<string>();
  private readonly known: KnownGraphs;
  /** Partitions that are not followed and may have graphs with a priority of their own. */
  private readonly priorities = new Set<number>();
  private isStarted = false;
  private sinceSnapshot = 0;
  private savedAt: Position | null = null;
  private catchingUp: Promise<void> | null = null;

  /** @param readGraph how to read a graph again; a worker gives one that keeps trying, since no event may be applied twice */
  constructor(
    private readonly log: EventLog,
    listener: ReadinessListener | null = null,
    private readonly readGraph: EventLog['readGraph'] = (graphId, upTo) => log.readGraph(graphId, upTo),
    /** Called for a graph that cannot be worked on, since part of its history is missing. */
    private readonly onLost: (graphId: string, error: LogError) => void = () => {},
  ) {
    this.projection = new LiveProjection(listener, { resultBytesMax });
    this.known = new KnownGraphs(log);
  }

  get partitions(): ReadonlySet<number> {
    return this.followed;
  }

  get followsAll(): boolean {
    return this.followed.size === partitionCount;
  }

  /** Whether a graph is followed, and has not ended. False also where that is not known here. */
  isOpen(graphId: string): boolean {
    return this.followed.has(partitionOf(graphId)) && this.projection.graphs.get(graphId)?.isSettled === false;
  }

  /** What of the log is to be applied. */
  get filter(): EventFilter {
    if (this.followsAll) return {};
    return { share: { partitions: new Set(this.followed), graphIds: new Set(this.left) } };
  }

  /** Whether there may be open graphs with a priority of their own, in any partition. */
  get mayHavePriorities(): boolean {
    return this.projection.prioritised.size > 0 || this.priorities.size > 0;
  }

  /** Loads the snapshot, if there is one. Call once, before the first event. */
  async start(partitions: Iterable<number> = allPartitions): Promise<void> {
    if (this.isStarted) return;
    this.isStarted = true;
    const isWanted = new Set(partitions);
    for (const partition of allPartitions) if (!isWanted.has(partition)) this.followed.delete(partition);
    const savedAt = await this.known.learn(new Set(allPartitions), isWanted);
    const known = [...isWanted].map((partition) => this.known.of(partition));
    const position = earliest(known);
    if (position === null) return;
    const open = known.flatMap((each) => each!.graphIds);
    this.restore(await this.historiesOf(open, position));
    this.projection.restoreWork(await readWorkEvents(this.log, position));
    this.projection.position = position;
    this.savedAt = savedAt;
    const others = new Set(allPartitions.filter((partition) => !isWanted.has(partition)));
    for (const partition of await this.known.withPriorities(others, position)) this.priorities.add(partition);
  }

  /** Returns those that were new. */
  async apply(given: readonly RecordedEvent[]): Promise<readonly RecordedEvent[]> {
    const events = onlyAfter(given, this.projection.position);
    for (const event of events) {
      if (!this.follows(event)) {
        this.projection.position = event.position;
        continue;
      }
      this.projection.apply(event);
      if (event.type === 'Unreadable' && !isOfNamespace(event)) this.lost.add(event.graphId);
      for (const graphId of this.projection.reopened) await this.reopen(graphId, event.position);
    }
    this.sinceSnapshot += events.length;
    return events;
  }

  private follows(event: RecordedEvent): boolean {
    const { graphId } = event;
    if (this.followsAll || isOfNamespace(event)) return true;
    const partition = partitionOf(graphId);
    if (this.followed.has(partition) || this.left.has(graphId)) return true;
    if (givesPriority(event)) this.priorities.add(partition);
    return false;
  }

  /** Follows further partitions from the present position on. If that fails, nothing has changed. */
  async take(partitions: Iterable<number>): Promise<void> {
    const taken = new Set([...partitions].filter((partition) => !this.followed.has(partition)));
    const { position } = this.projection;
    // At the start of the log, all of it is still to come.
    const histories = position === null ? null : await this.read(taken, position);
    for (const partition of taken) {
      this.followed.add(partition);
      this.priorities.delete(partition);
    }
    // Those among them that were left are known anew, or are over.
    this.forgetLeft((graphId) => !taken.has(partitionOf(graphId)));
    if (histories === null) return;
    this.restore(histories.ofGraphs);
    for (const event of histories.events) this.projection.fold(event);
  }

  /**
   * Leaves partitions to others. A graph that something is held of is folded on, but none of its jobs is ready any more, until
   * {@link forgetLeft}.
   */
  leave(partitions: Iterable<number>, isHeld: (graphId: string) => boolean): void {
    const left = new Set([...partitions].filter((partition) => this.followed.has(partition)));
    const { position } = this.projection;
    if (position !== null) for (const partition of left) this.known.note(partition, this.open(position, partition));
    for (const partition of left) this.followed.delete(partition);
    for (const graph of [...this.projection.graphs.values()]) {
      const partition = partitionOf(graph.id);
      if (!left.has(partition)) continue;
      if (graph.hasPriorities) this.priorities.add(partition);
      if (isHeld(graph.id)) {
        this.left.add(graph.id);
        this.projection.leave(graph);
      } else this.projection.forget(graph);
    }
    for (const graphId of this.lost) if (left.has(partitionOf(graphId))) this.lost.delete(graphId);
  }

  /** Drops the graphs that were left and of which nothing is held any more. */
  forgetLeft(isHeld: (graphId: string) => boolean): void {
    for (const graphId of this.left) {
      if (isHeld(graphId)) continue;
      this.left.delete(graphId);
      const graph = this.projection.graphs.get(graphId);
      if (graph !== undefined) this.projection.forget(graph);
    }
  }

  get hasLeft(): boolean {
    return this.left.size > 0;
  }

  /** All of some partitions up to a position: the graphs that were open when they were last known, and what has come since. */
  private async read(partitions: ReadonlySet<number>, upTo: Position): Promise<Histories> {
    // Of all that is not followed: whoever takes some of it will soon take more.
    await this.known.learn(new Set(allPartitions.filter((partition) => !this.followed.has(partition))));
    const taken = [...partitions].map((partition) => this.known.of(partition));
    const open = new Set(taken.flatMap((known) => known?.graphIds ?? []));
    const after = earliest(taken);
    if (after !== null && comparePositions(after, upTo) >= 0) {
      return { ofGraphs: await this.historiesOf([...open], upTo), events: [] };
    }
    const events = await this.eventsOf(partitions, after, upTo);
    // A graph that was reopened may have been submitted long before.
    for (const { type, graphId } of events) if (type === 'JobReset' || type === 'GraphReset') open.add(graphId);
    const ofGraphs = await this.historiesOf([...open], upTo);
    return { ofGraphs, events: events.filter((event) => !open.has(event.graphId)) };
  }

  private async eventsOf(partitions: ReadonlySet<number>, from: Position | null, upTo: Position) {
    const filter = { share: { partitions, graphIds: new Set<string>() } };
    const events: RecordedEvent[] = [];
    for (let after = from; ;) {
      const batch = await orThrow(this.log.readAll({ after, filter, limit: readBatch }));
      const due = batch.filter(({ position }) => comparePositions(position, upTo) <= 0);
      // The filter also lets through what concerns all.
      events.push(...due.filter((event) => !isOfNamespace(event) && partitions.has(partitionOf(event.graphId))));
      if (due.length < readBatch) return events;
      after = due.at(-1)!.position;
    }
  }

  private async historiesOf(graphIds: readonly string[], upTo: Position): Promise<Histories['ofGraphs']> {
    const ofGraphs = new Map<string, readonly RecordedEvent[] | LogError>();
    await orThrow(this.log.readGraphs(graphIds, upTo, (graphId, history) => ofGraphs.set(graphId, history)));
    return ofGraphs;
  }

  private restore(ofGraphs: Histories['ofGraphs']): void {
    const read: (readonly [graphId: string, history: readonly RecordedEvent[], first: Position])[] = [];
    for (const [graphId, history] of ofGraphs) {
      if (history instanceof LogError) this.lose(graphId, history);
      // One that was submitted after the position is still to come.
      else if (history.length > 0) read.push([graphId, history, history[0]!.position]);
    }
    // In the order in which they would have come.
    for (const [graphId, history] of read.sort((a, b) => comparePositions(a[2], b[2]))) {
      this.projection.restore(graphId, history);
      if (history.some(({ type }) => type === 'Unreadable')) this.lost.add(graphId);
    }
  }

  private async reopen(graphId: string, upTo: Position): Promise<void> {
    const history = await this.readGraph(graphId, upTo)();
    if (E.isRight(history)) return this.projection.restore(graphId, history.right);
    if (history.left.code !== 'store-history-missing') throw history.left;
    this.projection.reopened.delete(graphId);
    this.lose(graphId, history.left);
  }

  private lose(graphId: string, error: LogError): void {
    this.lost.add(graphId);
    this.onLost(graphId, error);
  }

  /** Moves the position on, because the log holds no further event of this namespace up to there. */
  passOver(upTo: Position | null): void {
    this.projection.position = upTo ?? this.projection.position;
  }

  /** Reads on to the end of the log. Calls at the same time share one read. */
  async catchUp(): Promise<void> {
    this.catchingUp ??= this.readOn().finally(() => (this.catchingUp = null));
    await this.catchingUp;
  }

  /**
   * Saves a snapshot if at least this many events have come since the last one; for 0, if any has. It costs the more, the more
   * graphs are open, so by default that many events are waited for too.
   */
  async saveSnapshot(worthIt = Math.max(10_000, this.projection.graphs.size)): Promise<void> {
    const { position } = this.projection;
    if (position === null || position === this.savedAt || this.sinceSnapshot < worthIt) return;
    this.sinceSnapshot = 0;
    this.savedAt = position;
    if (this.followsAll) return await saveOpenGraphs(this.log, null, this.open(position, null));
    // What is to be saved is fixed before the first is: the position moves on meanwhile.
    const snapshots = [...this.followed].map((partition) => ({ partition, open: this.open(position, partition) }));
    for (const { partition, open } of snapshots) await saveOpenGraphs(this.log, partition, open);
  }

  private open(position: Position, partition: number | null): OpenGraphs {
    const isOf = (graphId: string) => partition === null || partitionOf(graphId) === partition;
    const { graphs, reopened, prioritised } = this.projection;
    const open = new Set([...graphs.keys(), ...reopened, ...this.lost]);
    const mayHavePriorities = [...prioritised].some(({ id }) => isOf(id)) || [...this.lost].some(isOf);
    return { position, graphIds: [...open].filter(isOf), mayHavePriorities };
  }

  private async readOn(): Promise<void> {
    await this.start();
    for (;;) {
      const events = await orThrow(this.log.readAll({ after: this.projection.position, limit: readBatch }));
      await this.apply(events);
      if (events.length < readBatch) return;
    }
  }
}
