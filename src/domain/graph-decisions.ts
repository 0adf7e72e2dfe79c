import { defined } from '../prelude/defined.js';
import { E, type Either } from '../prelude/fp.js';
import { absurd } from '../prelude/absurd.js';
import type { GraphEvent } from './events.js';
import type { GraphState } from './graph.js';
import type { Rejection } from './rejection.js';
import { cutMessage } from './limits.js';

export interface GraphCommand {
  readonly kind: 'abort' | 'reset' | 'pause' | 'resume';
  readonly by: string;
  readonly reason: string;
  /** Of an abort: the deadline that has passed, if that is why. */
  readonly deadline?: string;
}

/** What a command does to a graph's own stream. */
export function decideGraph(graph: GraphState, command: GraphCommand): Either<Rejection, readonly GraphEvent[]> {
  const { kind, by } = command;
  const data = { by, reason: cutMessage(command.reason) };
  switch (kind) {
    case 'abort': {
      if (graph.abort !== null) return E.right([]);
      if (isBeyond(graph)) return E.left(beyondThisRelease(graph));
      const { finished, failed, skipped } = graph.countByStatus();
      if (finished + failed + skipped === graph.jobs.size) return E.left(hasEnded(graph));
      return E.right([{ type: 'GraphAborted', data: defined({ ...data, deadline: command.deadline }) }]);
    }
    case 'reset':
      if (graph.unreadable !== null) return E.left(beyondThisRelease(graph));
      return E.right(graph.abort === null ? [] : [{ type: 'GraphReset', data }]);
    case 'pause':
      if (graph.unreadable !== null) return E.left(beyondThisRelease(graph));
      if (graph.pause !== null) return E.right([]);
      return graph.isSettled ? E.left(hasEnded(graph)) : E.right([{ type: 'GraphPaused', data }]);
    case 'resume':
      if (graph.unreadable !== null) return E.left(beyondThisRelease(graph));
      if (graph.pause !== null) return E.right([{ type: 'GraphResumed', data }]);
      return E.left({ code: 'not-paused', message: `graph ${graph.id} is not paused` });
    default:
      return absurd(kind);
  }
}

function hasEnded({ id, status }: GraphState): Rejection {
  return { code: 'graph-already-ended', message: `graph ${id} has ended already: it is ${status}` };
}

/**
 * Whether only a newer release may be able to read what happened in a graph: then nobody here can say whether the graph has
 * ended. A graph with an event that no release can read can at least be aborted.
 */
function isBeyond({ unreadable }: GraphState): boolean {
  return unreadable !== null && (unreadable.why === 'event-from-the-future' || unreadable.why === 'unknown-event-type');
}

/** Why nothing can be decided about a graph with an event that this release cannot read. */
export function beyondThisRelease(graph: GraphState): Rejection {
  const { position, problem } = graph.unreadable!;
  const instead = isBeyond(graph)
    ? 'do it with the release that wrote that event'
    : 'it can be aborted as a whole, and submitted again under another id';
  return {
    code: 'graph-unreadable',
    message: `graph ${graph.id} is left alone, since its event @${position} cannot be read: ${problem}; ${instead}`,
  };
}
