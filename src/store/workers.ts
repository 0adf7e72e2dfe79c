import type { HeldJob, WorkerInfo, WorkersPage } from '../domain/listed.js';
import { streamKey } from '../log/event-log.js';
import { attemptEnds, type Position, type RecordedEvent, type WorkerIdentity } from '../domain/events.js';
import type { JobNode } from '../domain/graph.js';
import { OverseerError } from '../prelude/errors.js';
import { assertOptions, shownName } from '../prelude/known-names.js';
import type { AsOf } from './graph-info.js';
import { typesInGraph } from './job-types.js';
import { oneOrSeveral } from './one-or-several.js';
import { limitOf, type PageRequest } from './pages.js';
import { openGraphs } from './queue-depths.js';
import { latestBatches } from './read-log.js';
import type { Store } from './store.js';

/** Which workers are asked for. Where several values are given, any of them will do. */
export interface WorkersRequest extends PageRequest, AsOf {
  /** Only workers that run a job, or only those that run none. */
  readonly running?: boolean;
  /** Only workers that took jobs of this type, as far as was looked. */
  readonly type?: string | readonly string[];
  readonly host?: string | readonly string[];
  /** How many of the latest events to look at. Default 20,000. */
  readonly eventsMax?: number;
}

const workersOptions = {
  limit: true,
  after: true,
  asOf: true,
  running: true,
  type: true,
  host: true,
  eventsMax: true,
} as const;

const eventsMaxUsual = 20_000;
const graphsMax = 200;
const eventTypes = ['JobStarted', 'Heartbeat', ...attemptEnds];

/**
 * Workers, those seen last first: all that run a job, and all others that wrote one of the latest events. A worker that
 * found nothing to do writes nothing, and so may be missing.
 *
 * @throws OverseerError `cursor-invalid` if `after` is no such worker, `limit-invalid`
 */
export async function workers(store: Store, request: WorkersRequest = {}): Promise<WorkersPage> {
  assertOptions<WorkersRequest>('workers', request, workersOptions);
  const { asOf, after, running } = request;
  const most = limitOf(request);
  const { projection, now } = await openGraphs(store, asOf === undefined ? {} : { asOf });
  const { events, isWhole } = await latestEvents(store, asOf, request.eventsMax ?? eventsMaxUsual);
  const tally = new Tally();
  for (const [job] of projection.started) tally.holds(job, now);
  for (const event of events) tally.count(event);
  await tally.addTypes(store);
  const [types, hosts] = [oneOrSeveral(request.type), oneOrSeveral(request.host)];
  const all = tally
    .workers()
    .filter(
      (worker) =>
        (running === undefined || running === worker.running.length > 0) &&
        (types === null || worker.types.some((type) => types.has(type))) &&
        (hosts === null || hosts.has(worker.host)),
    );
  const from = after === undefined ? 0 : all.findIndex(({ id }) => id === after) + 1;
  if (after !== undefined && from === 0) {
    const message = `${shownName(after)} is none of these workers; give the \`next\` of an earlier page`;
    throw new OverseerError('cursor-invalid', message);
  }
  const items = all.slice(from, from + most);
  const next = from + most < all.length ? items.at(-1)!.id : null;
  return { items, next, looked: { events: events.length, since: events[0]?.recordedAt ?? null, isWhole } };
}

/** The latest events of jobs, in log order. */
async function latestEvents(
  { log }: Store,
  upTo: Position | undefined,
  most: number,
): Promise<{ readonly events: readonly RecordedEvent[]; readonly isWhole: boolean }> {
  const found: RecordedEvent[] = [];
  for await (const batch of latestBatches(log, { upTo, types: eventTypes })) {
    found.push(...batch);
    if (found.length > most) break;
  }
  return { events: found.slice(0, most).reverse(), isWhole: found.length <= most };
}

type Writable<A> = { -readonly [Key in keyof A]: A[Key] };
type Counted = Writable<Omit<WorkerInfo, 'running' | 'types'>> & { running: HeldJob[]; types: Set<string> };

/** What is known of each worker, counted event by event. */
class Tally {
  private readonly known = new Map<string, Counted>();
  /** Who claimed a job last, by the job's stream. */
  private readonly ownerOf = new Map<string, Counted>();
  private readonly claimed = new Map<string, Map<string, Set<Counted>>>();

  holds(job: JobNode, now: number): void {
    const { worker, attempt, startedAt, heartbeatAt, leaseMs } = job.state;
    const leaseEndsAt = Date.parse(heartbeatAt!) + leaseMs!;
    const owner = this.of(worker!, heartbeatAt!);
    owner.types.add(job.definition.type);
    owner.running.push({
      graphId: job.graph.id,
      jobId: job.id,
      type: job.definition.type,
      attempt,
      startedAt: startedAt!,
      leaseEndsAt: new Date(leaseEndsAt).toISOString(),
      isLeaseOver: leaseEndsAt < now,
    });
  }

  count(event: RecordedEvent): void {
    if (event.type === 'JobStarted') this.claim(event, event.data.worker);
    const owner = this.ownerOf.get(streamKey(event));
    if (event.type === 'JobFaulted' && event.data.cause === 'lease-expired') {
      if (owner !== undefined) owner.leasesLost += 1;
      // Written by another worker, which is thereby seen.
      this.see(event);
      return;
    }
    const author = this.see(event);
    if (author === undefined) return;
    if (event.type === 'JobFinished') author.finished += 1;
    if (event.type === 'JobSkipped') author.skipped += 1;
    if (event.type === 'JobDeferred') author.deferred += 1;
    const isExpired = event.type === 'JobExpired' && event.data.attempt !== undefined;
    if (event.type === 'JobFaulted' || isExpired) author.faulted += 1;
    if (event.type === 'JobAborted') author.aborted += 1;
  }

  /** Which types of jobs were claimed is told by the submissions of their graphs. */
  async addTypes(store: Store): Promise<void> {
    for (const [graphId, jobs] of [...this.claimed].slice(-graphsMax)) {
      const types = await typesInGraph(store, graphId, jobs.keys());
      for (const [jobId, owners] of jobs) {
        const type = types.get(jobId);
        if (type !== undefined) for (const owner of owners) owner.types.add(type);
      }
    }
  }

  /** Those seen last first. */
  workers(): readonly WorkerInfo[] {
    const all = [...this.known.values()].map((worker) => ({ ...worker, types: [...worker.types].sort() }));
    return all.sort((a, b) => compareTexts(b.lastSeenAt, a.lastSeenAt) || compareTexts(a.id, b.id));
  }

  private claim(event: RecordedEvent, worker: WorkerIdentity): void {
    const owner = this.of(worker, event.recordedAt);
    owner.claims += 1;
    this.ownerOf.set(streamKey(event), owner);
    const jobs = this.claimed.get(event.graphId) ?? new Map<string, Set<Counted>>();
    this.claimed.set(event.graphId, jobs);
    const owners = jobs.get(event.jobId!) ?? new Set();
    jobs.set(event.jobId!, owners.add(owner));
  }

  private see({ actor, recordedAt }: RecordedEvent): Counted | undefined {
    const author = this.known.get(actor);
    if (author !== undefined && recordedAt > author.lastSeenAt) author.lastSeenAt = recordedAt;
    return author;
  }

  private of(identity: WorkerIdentity, seenAt: string): Counted {
    const known = this.known.get(identity.id);
    if (known !== undefined) {
      if (seenAt > known.lastSeenAt) known.lastSeenAt = seenAt;
      return known;
    }
    const counts = { claims: 0, finished: 0, skipped: 0, deferred: 0, faulted: 0, aborted: 0, leasesLost: 0 };
    const worker: Counted = { ...identity, lastSeenAt: seenAt, running: [], types: new Set(), ...counts };
    this.known.set(identity.id, worker);
    return worker;
  }
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
