import { allPartitions, partitionCount, partitionOf } from '../domain/share.js';
import type { Position, WorkerIdentity } from '../domain/events.js';
import type { EventLog } from '../log/event-log.js';
import { E } from '../prelude/fp.js';
import type { LiveFeed } from '../store/live-feed.js';
import type { OwnTimers } from './own-timers.js';
import { hashOf, mix } from './rendezvous-hash.js';
import { kindOf } from './worker-id.js';

/** For how long after its last claim a process counts as one that serves its share, in milliseconds. */
const servesMs = 10_000;
/** Partitions are assigned anew no more often than this: what a worker takes, it must read. */
const assignMs = 1000;
/** How often a worker that follows a share looks who else claims. */
const lookMs = 250;
/**
 * A worker follows more when it could have used more jobs at so many looks in a row. A look that comes late starts the row
 * anew: a process that does not even get the processor in time could not do more.
 */
const patience = { looks: 4, apartMs: 25, lateMs: 25 };
/** Deciding costs a little for each ready job, so it is not done more often than this. */
const decideMs = 10;
/** With how many partitions a worker begins that has seen nobody claim, and for how long. */
const beginning = { partitions: 2, ms: 250 };
const whole: ReadonlySet<number> = new Set(allPartitions);
/** A share is enough if this part of the slots could be filled from it at once, and at least so many of them. */
const enough = { ofSlots: 1 / 4, least: 2 };

export interface SharesOptions {
  readonly worker: WorkerIdentity;
  /** How many jobs the worker runs at a time. */
  readonly slots: number;
  readonly handles: (type: string) => boolean;
  readonly environment: OwnTimers;
  readonly log: EventLog;
  readonly feed: LiveFeed;
  /** How many claims have not come back through the log. */
  readonly claimsUnderWay: () => number;
  /** Called when the worker should follow other partitions than it does. */
  readonly onChange: () => void;
  readonly onDefect: (error: unknown) => void;
}

/**
 * Decides which partitions of the log a worker follows. Each of many workers that have more work than they can do costs less
 * if it folds only the graphs that it works on; one that has too little to do must see all there is.
 *
 * The partitions are assigned to the processes that were lately seen to claim and have workers with the same handlers, by a
 * rule that needs only their names. Nothing is agreed on: workers that see others than there are follow the same partition
 * twice, which costs time, or let one rest, until somebody has nothing to do. Every claim is judged by the log, as always.
 *
 * The modes:
 *
 * - beginning: it has just started and knows nobody. It follows a few partitions, so that many workers that begin on a long
 *   queue do not each read all of it. This ends when it knows of others, when it has too little to do, or after a moment.
 * - whole: it is alone, or has too little to do, or there are graphs with priorities, which go by all the ready jobs there are.
 * - share: it follows what is assigned to it, because that keeps it busy. Who claims elsewhere, it asks the log now and then.
 * - helping: what is assigned to it does not keep it busy. It follows twice as many partitions, and again, up to the whole.
 */
export class Shares {
  /** Other processes with workers of this kind, by name, and when one of them was last seen to claim, on the monotonic clock. */
  private readonly others = new Map<string, { readonly worker: WorkerIdentity; readonly seenAt: number }>();
  private readonly ownName: string;
  private readonly ownOrder: readonly number[];
  private wantedNow = whole;
  private own: ReadonlySet<number> = new Set();
  private assignedAt = -Infinity;
  private isBeginning = true;
  /** Whether it has had too little to do ever since the last look, and at how many looks in a row. */
  private couldUseMore = false;
  private looksInNeed = 0;
  private willLook = false;
  private decidedAt = -Infinity;
  private lookedUpTo: Position | null = null;

  constructor(private readonly options: SharesOptions) {
    this.ownName = processOf(options.worker);
    const own = hashOf(this.ownName);
    this.ownOrder = allPartitions.toSorted((a, b) => rankOf(own, b) - rankOf(own, a));
  }

  /** The partitions that it should follow. */
  get wanted(): ReadonlySet<number> {
    return this.wantedNow;
  }

  /** Resolves to the partitions to follow at first. */
  async begin(): Promise<ReadonlySet<number>> {
    const { log, environment, onDefect } = this.options;
    if (log.claimantsAfter === undefined) return this.wantedNow;
    const since = await log.positionAt(environment.now() - servesMs)();
    if (E.isRight(since)) {
      this.lookedUpTo = since.right;
      await this.look();
    }
    this.isBeginning = this.others.size === 0;
    if (this.isBeginning) this.own = new Set(this.ownOrder.slice(0, beginning.partitions));
    else this.assign(this.now());
    this.wantedNow = this.own;
    if (this.isBeginning)
      environment.setTimer(beginning.ms, () => void this.endBeginning().catch(onDefect), { isRoutine: true });
    environment.every(
      () => lookMs,
      () => (this.isWhole ? undefined : this.look()),
      onDefect,
    );
    return this.wantedNow;
  }

  /** Whether a graph is in a partition that is assigned to this worker, while others are left to others. */
  isOwn(graphId: string): boolean {
    return !this.isWhole && this.own.has(partitionOf(graphId));
  }

  sawClaim(worker: WorkerIdentity): void {
    const name = processOf(worker);
    if (name === this.ownName || kindOf(worker.id) !== kindOf(this.options.worker.id)) return;
    this.others.set(name, { worker, seenAt: this.now() });
  }

  /**
   * Is told, whenever the worker has claimed what it can, whether it could use more jobs than it knows of. If it can for a
   * while, it follows more.
   */
  tellUse(couldUseMore: boolean): void {
    this.couldUseMore = couldUseMore && !this.isWhole;
    if (!this.couldUseMore) this.looksInNeed = 0;
    else if (this.isBeginning) this.follow(whole);
    else this.lookLater();
  }

  /** Is told that the worker follows what it should: whether that is enough remains to be seen. */
  followsWanted(): void {
    this.looksInNeed = 0;
  }

  /** Decides anew, after events have come. */
  decide(): void {
    const now = this.now();
    const { log, feed } = this.options;
    if (log.claimantsAfter === undefined) return;
    if (feed.mayHavePriorities) return this.follow(whole);
    if (this.isBeginning || now - this.decidedAt < decideMs) return;
    this.decidedAt = now;
    if (now - this.assignedAt >= assignMs) this.assign(now);
    if (this.others.size === 0) return this.follow(whole);
    this.follow(this.isEnough(this.own) ? this.own : new Set([...this.wantedNow, ...this.own]));
  }

  private forgetGone(now: number): void {
    const { environment } = this.options;
    for (const [name, { worker, seenAt }] of this.others) {
      if (seenAt < now - servesMs || environment.isGone(worker)) this.others.delete(name);
    }
  }

  private get isWhole(): boolean {
    return this.wantedNow.size === partitionCount;
  }

  follow(wanted: ReadonlySet<number>): void {
    const isSame = wanted.size === this.wantedNow.size && [...wanted].every((each) => this.wantedNow.has(each));
    if (isSame) return;
    this.isBeginning = false;
    this.looksInNeed = 0;
    this.wantedNow = wanted;
    this.options.onChange();
  }

  private async endBeginning(): Promise<void> {
    if (!this.isBeginning) return;
    await this.look();
    this.isBeginning = false;
    this.decide();
  }

  private async look(): Promise<void> {
    const claimants = await this.options.log.claimantsAfter!(this.lookedUpTo)();
    // Reading the log has a subscription that says when it fails.
    if (E.isLeft(claimants)) return;
    for (const worker of claimants.right.workers) this.sawClaim(worker);
    this.lookedUpTo = claimants.right.upTo;
    this.decide();
  }

  private lookLater(): void {
    if (this.willLook) return;
    this.willLook = true;
    const dueAt = this.now() + patience.apartMs;
    const look = () => {
      this.willLook = false;
      if (!this.couldUseMore) return;
      const isLate = this.now() - dueAt > patience.lateMs;
      this.looksInNeed = isLate ? 0 : this.looksInNeed + 1;
      if (this.looksInNeed < patience.looks) this.lookLater();
      else this.followMore();
    };
    this.options.environment.setTimer(patience.apartMs, look, { isRoutine: true });
  }

  private followMore(): void {
    const { wantedNow } = this;
    const more = this.ownOrder.filter((partition) => !wantedNow.has(partition));
    this.follow(new Set([...wantedNow, ...more.slice(0, Math.max(1, wantedNow.size))]));
  }

  /** Each partition belongs to the process that ranks highest for it, among those that have not got their number yet. */
  private assign(now: number): void {
    this.forgetGone(now);
    const processes = [this.ownName, ...this.others.keys()].map((name) => ({ name, hash: hashOf(name), count: 0 }));
    const least = Math.floor(partitionCount / processes.length);
    let extra = partitionCount % processes.length;
    const own = new Set<number>();
    for (const partition of allPartitions) {
      const free = processes.filter(({ count }) => count < least || (count === least && extra > 0));
      const first = free.reduce((a, b) => (comesBefore(b, a, partition) ? b : a));
      if (first.count === least) extra -= 1;
      first.count += 1;
      if (first.name === this.ownName) own.add(partition);
    }
    this.own = own;
    this.assignedAt = now;
  }

  private isEnough(partitions: ReadonlySet<number>): boolean {
    const { slots, feed, handles, claimsUnderWay } = this.options;
    // A job whose claim has not come back through the log still counts as ready.
    let missing = claimsUnderWay() + Math.max(enough.least, slots * enough.ofSlots);
    for (const [type, jobs] of feed.projection.ready) {
      if (!handles(type) || !feed.projection.mayStart(type)) continue;
      for (const { graph } of jobs) {
        if (partitions.has(partitionOf(graph.id))) missing -= 1;
        if (missing <= 0) return true;
      }
    }
    return false;
  }

  private now(): number {
    return this.options.environment.monotonic();
  }
}

/** Which process a worker is in: several in one follow the same. */
function processOf({ host, pid, process = '' }: WorkerIdentity): string {
  return `${host} ${pid} ${process}`;
}

interface Ranked {
  readonly name: string;
  readonly hash: number;
}

function comesBefore(a: Ranked, b: Ranked, partition: number): boolean {
  const difference = rankOf(a.hash, partition) - rankOf(b.hash, partition);
  return difference === 0 ? a.name < b.name : difference > 0;
}

/** Rendezvous hashing: who comes or goes changes little for the others. */
function rankOf(processHash: number, partition: number): number {
  return mix(processHash ^ mix(partition + 1));
}
