import { askedOf } from '../../domain/answer-phrases.js';
import type { Failure } from '../../domain/events.js';
import type { DerivedStatus, JobNode } from '../../domain/graph.js';
import type { MomentShown } from '../../domain/graph-info.js';
import { pausesOf } from '../../domain/pauses.js';

/** A job in a line. */
export interface JobBrief {
  readonly id: string;
  readonly type: string;
  readonly status: DerivedStatus;
  readonly attempt: number;
  /** Who runs it, while it is started. */
  readonly worker: string | null;
  /** Whose answer it waits for, in words, while it waits for one. */
  readonly awaits: string | null;
  /** Why its handler put it off, while it waits for that. */
  readonly deferReason: string | null;
  readonly startedAt: string | null;
  readonly notBefore: string | null;
  readonly failure: Failure | null;
  /** Whether a pause holds it back. */
  readonly isPaused: boolean;
}

/** Whether it may start later: after an attempt that failed or put it off, or as its graph asks. */
export function isPutOff(status: DerivedStatus): boolean {
  return status === 'backing-off' || status === 'deferred' || status === 'delayed';
}

export function briefs(nodes: readonly JobNode[], { now, work }: MomentShown): readonly JobBrief[] {
  return nodes.map((node) => {
    const { attempt, worker, startedAt, failure, deferReason } = node.state;
    const status = node.derivedStatus(now);
    return {
      id: node.id,
      type: node.definition.type,
      status,
      attempt,
      worker: worker?.id ?? null,
      startedAt: status === 'started' ? startedAt : null,
      awaits: status === 'awaiting' ? askedOf(node.definition) : null,
      deferReason: status === 'deferred' ? deferReason : null,
      notBefore: isPutOff(status) ? node.notBefore : null,
      failure,
      isPaused: pausesOf(node, work).length > 0,
    };
  });
}
