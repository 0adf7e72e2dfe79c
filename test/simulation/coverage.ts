import type { RecordedEvent } from '../../src/domain/events.js';
import type { FaultKind } from './fault-kinds.js';

/** How often each transition was written, in all and by a machine that a fault had struck a moment before, by kind of fault. */
export class Coverage {
  readonly counts: Record<string, Partial<Record<FaultKind | 'all', number>>> = {};

  note(event: RecordedEvent, circumstances: readonly FaultKind[]): void {
    const counts = (this.counts[transitionOf(event)] ??= {});
    for (const kind of ['all', ...circumstances] as const) counts[kind] = (counts[kind] ?? 0) + 1;
  }
}

function transitionOf(event: RecordedEvent): string {
  if (event.type === 'JobFaulted') return `JobFaulted ${event.data.cause} → ${event.data.next.kind}`;
  if (event.type === 'JobFinished' && event.data.memoized !== undefined) return 'JobFinished, remembered';
  return event.type;
}
