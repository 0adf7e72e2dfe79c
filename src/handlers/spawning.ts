import type { Spawned } from '../domain/events.js';
import type { Job, SpawnedJobs } from '../domain/job-graph.js';
import { readSpawned, type Spawner } from '../domain/spawn.js';
import { definitionsInParts } from '../domain/submission.js';
import { OverseerError } from '../prelude/errors.js';
import { E } from '../prelude/fp.js';

/** A handler has spawned jobs that cannot be. Nothing was added to its graph by that call. */
export class InvalidSpawnError extends OverseerError {
  override readonly name = 'InvalidSpawnError';
  declare readonly code: 'spawn-invalid';
  constructor(message: string) {
    super('spawn-invalid', message);
  }
}

/** What one attempt spawns. */
export class Spawning {
  private readonly jobs = new Map<string, Job>();

  /** @param isRunning whether the attempt has not ended yet */
  constructor(
    private readonly spawner: Omit<Spawner, 'spawned'>,
    private readonly isRunning: () => boolean,
  ) {}

  /** @throws InvalidSpawnError */
  readonly spawn = (definition: SpawnedJobs): readonly string[] => {
    if (!this.isRunning()) throw new InvalidSpawnError('the attempt has ended; a job spawns others before it ends');
    const read = readSpawned(definition, { ...this.spawner, spawned: this.jobs });
    if (E.isLeft(read)) throw new InvalidSpawnError(read.left);
    for (const job of read.right) this.jobs.set(job.id, job);
    return read.right.map(({ id }) => id);
  };

  /** All that was spawned, in parts of bounded size; none if nothing was. */
  parts(): readonly Spawned[] {
    if (this.jobs.size === 0) return [];
    const { args } = this.spawner;
    return definitionsInParts([...this.jobs.values()], args).map((jobs) => ({ jobs, args }));
  }
}
