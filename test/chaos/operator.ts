/** Submits graphs and intervenes, as programs and people do. The log may fail meanwhile: what matters is tried again. */
import { setTimeout as delay } from 'node:timers/promises';
import {
  abortGraph,
  abortJob,
  graphInfo,
  type GraphInfo,
  type JobGraph,
  LogError,
  OverseerError,
  pause,
  pauses,
  RejectedError,
  resume,
  retryGraph,
  retryJob,
  type Store,
  transactGraph,
} from '../../src/index.js';
import type { Chance } from './chance.js';
import { graphOf, jobTypes } from './workload.js';

const againAfterMs = 50;

/** What the rules of the log refuse at the moment, or what fails for a reason that may pass. */
function mayPass(error: unknown): boolean {
  if (error instanceof LogError) return !['store-gone', 'store-damaged', 'store-closed'].includes(error.code);
  return error instanceof RejectedError || (error instanceof OverseerError && error.code === 'stream-unreadable');
}

export class Operator {
  /** What was submitted, and acknowledged. */
  readonly submitted = new Map<string, JobGraph>();
  private isOver = false;

  constructor(
    readonly db: Store,
    private readonly chance: Chance,
  ) {}

  /** Gives up whatever is still being tried. */
  end(): void {
    this.isOver = true;
  }

  /** Submits a few graphs, and tries until the log has acknowledged them. */
  async submit(count: number): Promise<void> {
    const graphs = Array.from({ length: count }, (_, n) => graphOf(this.chance, `g-${this.submitted.size + n}`));
    for (const graph of graphs) {
      const isIn = await this.persist(async () => {
        await transactGraph(this.db, graph);
        return true;
      });
      if (isIn === true) this.submitted.set(graph.id, graph);
    }
  }

  async info(graphId: string): Promise<GraphInfo | null> {
    return await this.persist(() => graphInfo(this.db, graphId));
  }

  /** One thing that a person might do, to any graph, at any moment. It is not tried twice. */
  async intervene(): Promise<void> {
    const ids = [...this.submitted.keys()];
    if (ids.length === 0) return;
    const graphId = this.chance.one(ids);
    const jobId = this.chance.one(Object.keys(this.submitted.get(graphId)!.jobs));
    const type = this.chance.one(jobTypes);
    const deeds: readonly (() => Promise<unknown>)[] = [
      () => abortGraph(this.db, graphId),
      () => abortJob(this.db, graphId, jobId),
      () => abortJob(this.db, graphId, jobId),
      () => retryGraph(this.db, graphId),
      () => retryGraph(this.db, graphId),
      () => retryJob(this.db, graphId, jobId),
      () => pause(this.db, { graphId }),
      () => pause(this.db, { type }),
      () => pause(this.db, 'namespace'),
      () => this.resumeAll(),
    ];
    await this.tryOnce(this.chance.one(deeds));
  }

  /** Ends every pause. */
  async settle(): Promise<void> {
    await this.persist(() => this.resumeAll());
  }

  /** Makes what an operator has aborted run again. */
  async retry(graphId: string): Promise<void> {
    await this.tryOnce(() => retryGraph(this.db, graphId));
  }

  private async resumeAll(): Promise<void> {
    for (const { type, graphId } of await pauses(this.db)) {
      const target = graphId !== null ? { graphId } : type !== null ? { type } : ('namespace' as const);
      await resume(this.db, target).catch((error: unknown) => {
        if (!(error instanceof RejectedError)) throw error;
      });
    }
  }

  private async tryOnce(deed: () => Promise<unknown>): Promise<void> {
    try {
      await deed();
    } catch (error) {
      if (!mayPass(error)) throw error;
    }
  }

  private async persist<A>(deed: () => Promise<A>): Promise<A | null> {
    while (!this.isOver) {
      try {
        return await deed();
      } catch (error) {
        if (!mayPass(error) || error instanceof RejectedError) throw error;
        await delay(againAfterMs);
      }
    }
    return null;
  }
}
