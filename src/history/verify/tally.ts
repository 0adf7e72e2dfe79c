import type { Problem } from './invariants.js';

/** More problems are counted but not kept: a log that is wrong throughout must not fill the memory. */
const problemsMax = 1000;

/** How far a verification has come. */
export interface VerifyProgress {
  readonly events: number;
  readonly graphs: number;
  readonly jobs: number;
  readonly problems: number;
}

/** What a verification counts, and the problems it finds, of which the first are kept. */
export class Tally {
  events = 0;
  graphs = 0;
  jobs = 0;
  readonly problems: Problem[] = [];
  private problemCount = 0;

  get progress(): VerifyProgress {
    const { events, graphs, jobs, problemCount } = this;
    return { events, graphs, jobs, problems: problemCount };
  }

  /** Adds problems after those it has. */
  found(problems: readonly Problem[]): void {
    this.problemCount += problems.length;
    for (const problem of problems) if (this.problems.length < problemsMax) this.problems.push(problem);
  }

  /** Adds problems of the log as a whole: they come first, and are always kept. */
  foundFirst(problems: readonly Problem[]): void {
    this.problemCount += problems.length;
    this.problems.unshift(...problems);
  }

  /** Adds what was counted and found elsewhere. */
  add({ events, graphs, jobs, problems }: VerifyProgress, kept: readonly Problem[]): void {
    this.events += events;
    this.graphs += graphs;
    this.jobs += jobs;
    this.found(kept);
    this.problemCount += problems - kept.length;
  }
}
