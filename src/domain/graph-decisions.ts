import { E, type Either } from '../prelude/fp.js';
import { absurd } from '../prelude/absurd.js';
import type { GraphEvent } from './events.js';
import type { GraphState } from './graph.js';
import type { Rejection } from './job-decisions.js';
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
      return E.right(graph.abort === null ? [] : [{ type: 'GraphReset', data: { by, reason } }]);
    default:
      return absurd(command);
  }
}
