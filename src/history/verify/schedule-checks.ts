import type { EventOf, RecordedEvent } from '../../domain/events.js';
import { comparePositions } from '../../domain/positions.js';
import {
  evolveSchedule,
  initialSchedule,
  scheduleLabel,
  type ScheduleState,
  whyNoEffect,
} from '../../domain/schedules.js';
import { keptData, type StoredEvent } from '../../evidence/canonical-event.js';
import type { EventLog } from '../../log/event-log.js';
import { E } from '../../prelude/fp.js';

/** Events by whose content it goes on: where part of that is redacted, what follows cannot be judged. */
const decisions: readonly RecordedEvent['type'][] = ['ScheduleFired', 'ScheduleBuffered', 'ScheduleSkipped'];

/**
 * Checks the streams of schedules: each event follows from those before it, no instant is decided twice, and the graph of every
 * run that was decided is there. Each run's is, before anything is decided after it; that of the last may still be on its way. A
 * decision that a clock took too early has no effect, and is no problem.
 */
export class ScheduleChecks {
  /** By name. Null for one that cannot be judged any more. */
  private readonly states = new Map<string, ScheduleState | null>();

  constructor(private readonly log: EventLog) {}

  /** What is wrong with an event of a schedule's stream, given in log order. @param stored the same event, as it is stored */
  async check(name: string, event: RecordedEvent, stored: StoredEvent): Promise<readonly string[]> {
    const state = this.states.has(name) ? this.states.get(name)! : await this.stateBefore(name, event);
    if (state === null) return [];
    if (keptData(stored.data) === null && (decisions.includes(event.type) || event.type === 'ScheduleTriggered')) {
      this.states.set(name, null);
      return [];
    }
    const next = evolveSchedule(state, event);
    this.states.set(name, next);
    const wrong = whyNoEffect(state, event);
    const found = wrong === null || wrong.isEarly ? [] : [wrong.problem];
    const { causationId } = event;
    if (causationId !== null && causationId !== state.lastEventId) {
      found.push(`its cause ${causationId} is not the event before it`);
    }
    if (next.last !== state.last && event.type === 'ScheduleFired') found.push(...(await this.whyTwice(name, event)));
    if (decisions.includes(event.type)) found.push(...(await this.whyNoRun(state, event)));
    return found;
  }

  /** The last run that was decided before an event is there. */
  private async whyNoRun({ last }: ScheduleState, { position }: RecordedEvent): Promise<readonly string[]> {
    if (last === null) return [];
    const first = await this.firstOf(last.graphId);
    if (first === 'lost' || (first !== null && comparePositions(first.position, position) < 0)) return [];
    return [`it comes after run ${last.graphId} was decided, whose graph was not there by then`];
  }

  private async whyTwice(
    name: string,
    { data, position }: RecordedEvent & EventOf<'ScheduleFired'>,
  ): Promise<readonly string[]> {
    const first = await this.firstOf(data.graphId);
    const isThere = first !== null && first !== 'lost' && comparePositions(first.position, position) < 0;
    // A graph that somebody has submitted under this id stays as it is.
    const isRun = isThere && first.type === 'GraphSubmitted' && first.data.labels[scheduleLabel] === name;
    return isRun ? [`its graph ${data.graphId} was there before: the run is decided a second time`] : [];
  }

  private async firstOf(graphId: string): Promise<RecordedEvent | 'lost' | null> {
    const read = await this.log.readStream({ graphId, jobId: null }, { from: 0, to: 0 })();
    if (E.isRight(read)) return read.right[0] ?? null;
    if (read.left.code === 'store-history-missing') return 'lost';
    throw read.left;
  }

  private async stateBefore(name: string, event: RecordedEvent): Promise<ScheduleState | null> {
    if (event.revision === 0) return initialSchedule(name);
    const read = await this.log.readStream(event, { from: 0, to: event.revision - 1 })();
    if (E.isRight(read)) return read.right.reduce(evolveSchedule, initialSchedule(name));
    if (read.left.code === 'store-history-missing') return null;
    throw read.left;
  }
}
