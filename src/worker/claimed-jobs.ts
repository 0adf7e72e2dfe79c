import type { RecordedEvent } from '../domain/events.js';
import type { JobNode } from '../domain/graph.js';
import type { LiveProjection } from '../domain/live-projection.js';
import { streamKey } from '../log/event-log.js';
import type { ClaimedJob } from './claimed-job.js';
import type { UnderWay } from './under-way.js';

/** After these events, no other job of their graph stands otherwise for the worker that runs it. */
const ofOneJob: readonly RecordedEvent['type'][] = [
  'JobStarted',
  'Heartbeat',
  'JobsSpawned',
  'JobFinished',
  'JobSkipped',
  'JobDeferred',
  'ClaimRevoked',
];

/** The jobs that run in this worker. Lets go of those that events of the log have taken from it. */
export class ClaimedJobs {
  private readonly jobs = new Map<string, ClaimedJob>();

  constructor(
    private readonly projection: LiveProjection,
    private readonly underWay: UnderWay,
  ) {}

  get size(): number {
    return this.jobs.size;
  }

  all(): readonly ClaimedJob[] {
    return [...this.jobs.values()];
  }

  has(job: JobNode): boolean {
    return this.get(job) !== undefined;
  }

  get(job: JobNode): ClaimedJob | undefined {
    return this.jobs.get(streamKey({ graphId: job.graph.id, jobId: job.id }));
  }

  /** The graphs of which it has a job; one may come several times. */
  *graphIds(): Generator<string> {
    for (const { graphId } of this.jobs.values()) yield graphId;
  }

  /** Adds a job, and lets it go at once if it has been taken already: the answer to its claim may have come that late. */
  add(claimed: ClaimedJob): void {
    const { key } = claimed;
    const known = this.jobs.get(key);
    if (known === undefined || known.attempt <= claimed.attempt) this.jobs.set(key, claimed);
    this.loseIfTaken(claimed);
  }

  remove(claimed: ClaimedJob): void {
    const { key } = claimed;
    if (this.jobs.get(key) === claimed) this.jobs.delete(key);
  }

  /**
   * Lets go of jobs that an event has taken away, through their own streams or through their graph.
   *
   * @param key the event's stream
   */
  loseTaken({ type, graphId }: RecordedEvent, key: string): void {
    const isAboutOne = ofOneJob.includes(type);
    const concerned = isAboutOne ? [this.jobs.get(key)] : this.jobs.values();
    for (const claimed of concerned) if (claimed?.graphId === graphId) this.loseIfTaken(claimed);
  }

  private loseIfTaken(claimed: ClaimedJob): void {
    const graph = this.projection.graphs.get(claimed.graphId);
    const job = graph?.jobs.get(claimed.id);
    const isBehind = job !== undefined && job.state.revision < claimed.state.revision;
    if (claimed.isOver || isBehind || (job?.status === 'started' && job.state.attempt === claimed.attempt)) return;
    if (claimed.isWriting) {
      // The event may be its own ending, on its way back through the log. The answer to the append tells.
      this.underWay.add(claimed.written().then(() => this.loseIfTaken(claimed)));
      return;
    }
    claimed.lose(graph === undefined ? 'its graph has ended' : `it is ${job?.status ?? 'gone'} by now`);
    if (graph === undefined) this.underWay.add(claimed.followGraphAbort());
  }
}
