import { allPartitions, partitionCount, partitionOf } from '../domain/share.js';
import type { Position } from '../domain/events.js';
import type { EventLog } from '../log/event-log.js';
import { E } from '../prelude/fp.js';
import type { LiveFeed } from '../store/live-feed.js';
import type { OwnTimers } from './own-timers.js';
import { hashOf, mix } from './rendezvous-hash.js';
import { kindOf } from './worker-id.js';

/** For how long after its last claim a worker counts as one that serves its share, in milliseconds. */
const servesMs = 1000;
/** How often a worker that follows a share looks who else claims. */
const lookMs = 250;
/** How long a worker can use more jobs than it knows of before it follows more. */
const patienceMs = 100;
/** Deciding costs a little for each ready job, so it is not done more often than this. */
const decideMs = 10;
/** With how many partitions a worker begins that has seen nobody claim, and for how long. */
const beginning = { partitions: 2, ms: 250 };
/** A share is enough if this part of the slots could be filled from it at once, and at least so many of them. */
const enough = { ofSlots: 1 / 4, least: 2 };

export interface SharesOptions {
  readonly workerId: string;
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
 * The partitions are assigned to the workers with the same handlers that were seen to claim lately, by a rule that needs
 * only their ids. Nothing is agreed on: workers that see others than there are follow the same partition twice, which costs
 * time, or let one rest, until somebody has nothing to do. Every claim is judged by the log, as always.
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
  /** When others were last seen to claim, on the monotonic clock. */
  private readonly others = new Map<string, number>();
  private readonly ownOrder: readonly number[];
  private wantedNow: ReadonlySet<number> = new Set(allPartitions);
  private own: ReadonlySet<number> = new Set();
  private isBeginning = true;
  /** Since when it has had too little to do, on the monotonic clock. */
  private idleSince: number | null = null;
  private isPatient = false;
  private decidedAt = -Infinity;
  private lookedUpTo: Position | null = null;

  constructor(private readonly options: SharesOptions) {
    const own = hashOf(options.workerId);
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
    this.own = this.isBeginning ? new Set(this.ownOrder.slice(0, beginning.partitions)) : this.assigned();
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

  sawClaim(workerId: string): void {
    const { workerId: own } = this.options;
    if (workerId !== own && kindOf(workerId) === kindOf(own)) this.others.set(workerId, this.now());
  }

  /**
   * Is told, whenever the worker has claimed what it can, whether it could use more jobs than it knows of. If it can for a
   * while, it follows more.
   */
  tellUse(couldUseMore: boolean): void {
    if (!couldUseMore || this.isWhole) this.idleSince = null;
    else if (this.isBeginning) this.follow(new Set(allPartitions));
    else {
      this.idleSince ??= this.now();
      this.waitPatiently(patienceMs);
    }
  }

  /** Is told that the worker follows what it should: whether that is enough remains to be seen. */
  followsWanted(): void {
    this.idleSince = null;
  }

  /** Decides anew, after events have come. */
  decide(): void {
    const now = this.now();
    const { log, feed } = this.options;
    if (log.claimantsAfter === undefined) return;
    if (feed.mayHavePriorities) return this.follow(new Set(allPartitions));
    if (this.isBeginning || now - this.decidedAt < decideMs) return;
    this.decidedAt = now;
    for (const [id, seenAt] of this.others) if (seenAt < now - servesMs) this.others.delete(id);
    if (this.others.size === 0) return this.follow(new Set(allPartitions));
    this.own = this.assigned();
    this.follow(this.isEnough(this.own) ? this.own : new Set([...this.wantedNow, ...this.own]));
  }

  private get isWhole(): boolean {
    return this.wantedNow.size === partitionCount;
  }

  follow(wanted: ReadonlySet<number>): void {
    const isSame = wanted.size === this.wantedNow.size && [...wanted].every((each) => this.wantedNow.has(each));
    if (isSame) return;
    this.isBeginning = false;
    this.idleSince = null;
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
    for (const workerId of claimants.right.workerIds) this.sawClaim(workerId);
    this.lookedUpTo = claimants.right.upTo;
    this.decide();
  }

  private waitPatiently(ms: number): void {
    if (this.isPatient) return;
    this.isPatient = true;
    this.options.environment.setTimer(Math.ceil(ms), () => {
      this.isPatient = false;
      if (this.idleSince === null) return;
      const leftMs = patienceMs - (this.now() - this.idleSince);
      if (leftMs > 0) this.waitPatiently(leftMs);
      else this.followMore();
    });
  }

  private followMore(): void {
    const { wantedNow } = this;
    const more = this.ownOrder.filter((partition) => !wantedNow.has(partition));
    this.follow(new Set([...wantedNow, ...more.slice(0, Math.max(1, wantedNow.size))]));
  }

  /** Each partition belongs to the worker that ranks highest for it, among those that have not got their number yet. */
  private assigned(): ReadonlySet<number> {
    const { workerId } = this.options;
    const workers = [workerId, ...this.others.keys()].map((id) => ({ id, hash: hashOf(id), count: 0 }));
    const least = Math.floor(partitionCount / workers.length);
    let extra = partitionCount % workers.length;
    const own = new Set<number>();
    for (const partition of allPartitions) {
      const free = workers.filter(({ count }) => count < least || (count === least && extra > 0));
      const first = free.reduce((a, b) => (comesBefore(b, a, partition) ? b : a));
      if (first.count === least) extra -= 1;
      first.count += 1;
      if (first.id === workerId) own.add(partition);
    }
    return own;
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

interface Ranked {
  readonly id: string;
  readonly hash: number;
}

function comesBefore(a: Ranked, b: Ranked, partition: number): boolean {
  const difference = rankOf(a.hash, partition) - rankOf(b.hash, partition);
  return difference === 0 ? a.id < b.id : difference > 0;
}

/** Rendezvous hashing: who comes or goes changes little for the others. */
function rankOf(workerHash: number, partition: number): number {
  return mix(workerHash ^ mix(partition + 1));
}
