import type { DomainEvent, NewEvent } from '../domain/events.js';
import type { Environment } from './environment.js';

/** @internal Events about to be appended. Each has its own id, which stays the same when the append is tried again. */
export function newEvents(
  environment: Environment,
  events: readonly DomainEvent[],
  causationId: string | null,
  actor: string,
): readonly NewEvent[] {
  return events.map((event) => ({ id: environment.newId(), event, causationId, actor }));
}
