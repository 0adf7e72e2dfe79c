import type { JobNode } from '../domain/graph.js';
import { OverseerError } from '../prelude/errors.js';
import type { ClaimedJob } from './claimed-job.js';
import type { ClaimedJobs } from './claimed-jobs.js';
import { JobRun, type RunDependencies, type RunEnding } from './job-run.js';
import type { Outage } from './retrying-log.js';
import type { RunningWorkerOptions } from './running-worker-options.js';
import type { Slots } from './slots.js';
import type { UnderWay } from './under-way.js';
import type { WorkerStatistics } from './worker.js';

/** What every run is given. */
type GivenToRuns = Pick<RunDependencies, 'environment' | 'retrying' | 'heartbeats' | 'isStopping' | 'alongWith'>;

export interface RunsDependencies {
  readonly workerId: string;
  readonly given: GivenToRuns;
  readonly health: Outage;
  readonly claimed: ClaimedJobs;
  readonly slots: Slots;
  readonly underWay: UnderWay;
  readonly statistics: WorkerStatistics;
  /** Called when a slot is free again. */
  readonly onSlotFree: () => void;
  /** Called when an attempt is over, or does not belong to this worker any more. */
  readonly onOver: (claimed: ClaimedJob) => void;
}

/** Runs the jobs that this worker has claimed, and hands back those that it does not run. */
export class Runs {
  lastEndedAt: number;
  private readonly byType = new Map<string, RunDependencies>();

  constructor(
    private readonly options: RunningWorkerOptions,
    private readonly dependencies: RunsDependencies,
  ) {
    this.lastEndedAt = dependencies.given.environment.monotonic();
  }

  /** Runs a job in a slot that is occupied already. A worker that stops meanwhile hands it back. */
  start(job: JobNode, claimed: ClaimedJob): void {
    const { given, underWay } = this.dependencies;
    this.dependencies.claimed.add(claimed);
    if (given.isStopping() && claimed.interruptedBy === null) {
      this.freeSlot(claimed.type);
      return underWay.add(this.handBack(claimed));
    }
    underWay.begin();
    new JobRun(job, claimed, this.ofType(claimed.type)).begin();
  }

  private ofType(type: string): RunDependencies {
    const known = this.byType.get(type);
    if (known !== undefined) return known;
    const { handlers, configuration, store, logger, reporter } = this.options;
    const made: RunDependencies = {
      handler: handlers[type]!,
      policyOfType: configuration.types[type]?.retry,
      ...this.dependencies.given,
      log: store.log,
      logger,
      reporter,
      onSlotFree: (ofType) => this.freeSlot(ofType),
      onOver: (claimed, ending) => this.over(claimed, ending),
    };
    this.byType.set(type, made);
    return made;
  }

  private freeSlot(type: string): void {
    this.dependencies.slots.release(type);
    this.dependencies.onSlotFree();
  }

  private over(run: ClaimedJob, ending: RunEnding): void {
    const { given, claimed, statistics, underWay, onOver } = this.dependencies;
    claimed.remove(run);
    onOver(run);
    statistics[ending] += 1;
    this.lastEndedAt = given.environment.monotonic();
    underWay.end();
  }

  /** Hands back all jobs that are still held. Resolves to how many could not be. */
  async handAllBack(): Promise<number> {
    const { claimed, underWay } = this.dependencies;
    const left = claimed.all().filter((each) => !each.isOver);
    const handedBack = left.map((each) => this.handBack(each));
    for (const each of handedBack) underWay.add(each);
    return (await Promise.all(handedBack)).filter((isBack) => !isBack).length;
  }

  /** Hands a job back for others to run. False if that could not be recorded. */
  private async handBack(claimed: ClaimedJob): Promise<boolean> {
    const { workerId, given, health } = this.dependencies;
    const message = `worker ${workerId} stops`;
    claimed.interrupt(new OverseerError('worker-stopping', message));
    const failure = { reason: 'system/released', exception: 'Released', message };
    const { attempt } = claimed;
    const now = given.environment.now();
    try {
      await claimed.write({ kind: 'fault', attempt, cause: 'released', failure, errorNames: [], now, random: 0 });
      this.dependencies.onOver(claimed);
      return true;
    } catch (error) {
      this.options.logger.warn({ err: error }, 'a job could not be handed back; its lease will end');
      return !health.isFailing('writing');
    }
  }
}

/** What a worker ends with that could not record for some jobs that they are handed back; null if it could for all. */
export function notHandedBack(workerId: string, jobs: number): OverseerError | null {
  if (jobs === 0) return null;
  const what = jobs === 1 ? 'a job' : `${jobs} jobs`;
  const message = `worker ${workerId} stopped, but could not record that ${what} was handed back; others will run ${jobs === 1 ? 'it' : 'them'} once the lease is over`;
  return new OverseerError('worker-failed', message);
}
