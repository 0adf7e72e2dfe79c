import { E, type Either } from '../prelude/fp.js';
import { absurd } from '../prelude/absurd.js';
import type { GraphEvent } from './events.js';
import type { GraphState } from './graph.js';
import type { Rejection } from './rejection.js';
import { cutMessage } from './limits.js';

export type GraphCommand =
  | { readonly kind: 'abort'; readonly by: string; readonly reason: string }
  | { readonly kind: 'reset'; readonly by: string; readonly reason: string };

/** What a command does to a graph's own stream. */
export function decideGraph(graph: GraphState, command: GraphCommand): Either<Rejection, readonly GraphEvent[]> {
  const { by } = command;
  const reason = cutMessage(command.reason);
  switch (command.kind) {
    case 'abort': {
      if (graph.abort !== null) return E.right([]);
      if (isBeyond(graph)) return E.left(beyondThisRelease(graph));
      const { finished, failed } = graph.countByStatus();
      if (finished + failed === graph.jobs.size) {
        return E.left({
          code: 'graph-already-ended',
          message: `graph ${graph.id} has ended already: it is ${graph.status}`,
        });
      }
      return E.right([{ type: 'GraphAborted', data: { by, reason } }]);
    }
    case 'reset':
      if (graph.unreadable !== null) return E.left(beyondThisRelease(graph));
      return E.right(graph.abort === null ? [] : [{ type: 'GraphReset', data: { by, reason } }]);
    default:
      return absurd(command);
  }
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
