import type { GraphStatus } from '../../domain/graph.js';

/** The whole log as a question about it sees it. */
export interface LogView {
  /** How many events had happened. */
  readonly number: number;
  /** When the last of them was recorded: ISO 8601, UTC. */
  readonly at: string;
  readonly event: {
    readonly type: string;
    readonly graphId: string;
    readonly jobId: string | null;
    readonly actor: string;
  };
  /** Graphs by status. */
  readonly graphs: Readonly<Record<GraphStatus, number>>;
  /** Jobs that are started. */
  readonly started: number;
  /** Jobs that may be claimed, or are backing off, by type; without those that a pause holds back. */
  readonly ready: Readonly<Record<string, number>>;
}
