import { OverseerError } from '../../prelude/errors.js';
import type { Json } from '../../prelude/json.js';
import { type Fork, forkGraph, type ForkRequest } from '../../history/fork/fork.js';
import { abortGraph, abortJob, retryGraph, retryJob } from '../../store/operate.js';
import { failJob, finishJob } from '../../store/answer.js';
import { pause, type PauseTarget, resume } from '../../store/pause.js';
import { type Reason, stated } from '../../store/reason.js';
import { Store } from '../../store/store.js';

/** An answer from outside: the result of a job, or why it failed. */
interface GivenAnswer {
  readonly result?: Json;
  readonly fail?: string;
}

/** Everything that the web UI can change. A handler that only looks has none of this, and a log that refuses to be written to. */
export class Operations {
  constructor(
    private readonly store: Store,
    private readonly by: string | ((request: Request) => string),
  ) {}

  /** Who does something, and why, as it will stand in the history. @throws OverseerError `reason-invalid` */
  why(request: Request, reason: string): Required<Reason> {
    if (reason.trim() === '') throw new OverseerError('reason-invalid', 'the reason is empty; say why this is done');
    const by = typeof this.by === 'string' ? this.by : this.by(request);
    return stated(this.store, { by, reason }, reason);
  }

  async retryGraph(graphId: string, why: Reason): Promise<readonly string[]> {
    return await retryGraph(this.store, graphId, why);
  }

  async abortGraph(graphId: string, why: Reason): Promise<void> {
    await abortGraph(this.store, graphId, why);
  }

  async retryJob(graphId: string, jobId: string, why: Reason): Promise<void> {
    await retryJob(this.store, graphId, jobId, why);
  }

  async abortJob(graphId: string, jobId: string, why: Reason): Promise<void> {
    await abortJob(this.store, graphId, jobId, why);
  }

  async answerJob(graphId: string, jobId: string, answer: GivenAnswer, why: Reason): Promise<void> {
    const { result, fail } = answer;
    if (fail === undefined) await finishJob(this.store, graphId, jobId, result, why);
    else await failJob(this.store, graphId, jobId, fail, why);
  }

  /** Whether it was not paused before. */
  async pause(target: PauseTarget, why: Reason): Promise<boolean> {
    return await pause(this.store, target, why);
  }

  async resume(target: PauseTarget, why: Reason): Promise<void> {
    await resume(this.store, target, why);
  }

  /**
   * A submission names whoever made it, but has no place for a reason: that is kept as the label `reason` of the new graph.
   */
  async fork(graphId: string, request: ForkRequest, { by, reason }: Required<Reason>): Promise<Fork> {
    const environment = Object.create(this.store.environment, { host: { value: by } }) as Store['environment'];
    const labels = { reason, ...request.labels };
    return await forkGraph(new Store(this.store.log, environment), graphId, { ...request, labels });
  }

  async previewFork(graphId: string, request: ForkRequest): Promise<Fork> {
    return await forkGraph(this.store, graphId, { ...request, dryRun: true });
  }
}
