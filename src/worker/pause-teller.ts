import { initialWork, isTypePaused, pausesOfWork, type WorkState } from '../domain/pauses.js';
import type { Logger } from './logger.js';

/** Logs which work of a worker is paused, and when it goes on: once each, so that a silent worker can be understood. */
export class PauseTeller {
  private told: WorkState = initialWork;

  constructor(
    private readonly types: readonly string[],
    private readonly logger: Logger,
  ) {}

  tell(work: WorkState): void {
    const before = this.told;
    // The state is immutable, and so another one whenever it has changed.
    if (work === before) return;
    this.told = work;
    const paused = this.types.filter((type) => isTypePaused(work, type));
    const begun = paused.filter((type) => !isTypePaused(before, type));
    const over = this.types.filter((type) => isTypePaused(before, type) && !isTypePaused(work, type));
    if (begun.length > 0) {
      const isAll = paused.length === this.types.length;
      const what = isAll ? 'everything this worker does is paused' : 'some types of job are paused';
      const pauses = pausesOfWork(work).filter(({ type }) => type === null || this.types.includes(type));
      this.logger.info({ types: begun, pauses }, `${what}; no such job is started until it is resumed`);
    }
    if (over.length > 0) this.logger.info({ types: over }, 'types of job that were paused go on');
  }
}
