import * as t from '../prelude/io.js';
import { intFrom, orNull, record, SafeInt } from '../prelude/codec.js';
import { E, type Either } from '../prelude/fp.js';
import type * as Cron from '../prelude/cron.js';
import { everyMs, type Recurrence } from '../prelude/recurrence.js';
import type { Position, RecordedEvent } from '../domain/events.js';
import { comparePositions } from '../domain/positions.js';
import type { ScheduleSetting } from '../domain/schedule-decisions.js';
import {
  evolveSchedule,
  initialSchedule,
  type ScheduledRun,
  type ScheduleDefinition,
  scheduleStream,
  type ScheduleState,
} from '../domain/schedules.js';
import type { EventLog } from '../log/event-log.js';
import { loadJson, saveJson } from './json-snapshot.js';
import { orThrow } from './or-throw.js';

/** A snapshot saves reading this many events; fewer are read in no time. */
const snapshotEvents = 500;

/**
 * @internal What is known of a schedule: its state, as far as its stream was read, and when what it is set to is due. It begins
 * at a snapshot, so that a schedule of many runs costs no more to look at than one of few.
 */
export class KnownSchedule {
  /** Of what it is set to; null if it is not there, or if this release cannot tell. */
  recurrence: Recurrence | null = null;
  /** Why this release cannot tell when it is due. */
  problem: string | null = null;
  private sinceSnapshot = 0;
  private position: Position | null = null;
  private understood: ScheduleDefinition | null = null;

  private constructor(
    private readonly log: EventLog,
    public state: ScheduleState,
  ) {}

  /** Reads a schedule, as it is now or was at a position. */
  static async load(log: EventLog, name: string, asOf: Position | null = null): Promise<KnownSchedule> {
    const kept = await loadState(log, name, asOf);
    const known = new KnownSchedule(log, kept ?? initialSchedule(name));
    const events = await orThrow(log.readStream(scheduleStream(name), { from: known.state.revision + 1 }));
    for (const event of events) {
      if (asOf === null || comparePositions(event.position, asOf) <= 0) known.take(event);
    }
    await known.understand();
    return known;
  }

  get name(): string {
    return this.state.name;
  }

  /** Reads on, and returns what was new. */
  async refresh(): Promise<readonly RecordedEvent[]> {
    const from = this.state.revision + 1;
    const events = await orThrow(this.log.readStream(scheduleStream(this.name), { from }));
    for (const event of events) this.take(event);
    await this.understand();
    return events;
  }

  /** Takes an event of its stream that was heard of, if it is the next one. */
  async hear(event: RecordedEvent): Promise<void> {
    if (event.revision !== this.state.revision + 1) return;
    this.take(event);
    await this.understand();
  }

  /** Saves a snapshot, if that is worth it. It is a cache: that it cannot be saved changes nothing. */
  async saveSnapshot(): Promise<void> {
    if (this.sinceSnapshot < snapshotEvents || this.position === null) return;
    this.sinceSnapshot = 0;
    await saveJson(this.log, snapshotName(this.name), this.position, snapshotOf(this.state))();
  }

  private take(event: RecordedEvent): void {
    this.state = evolveSchedule(this.state, event);
    this.position = event.position;
    this.sinceSnapshot += 1;
  }

  private async understand(): Promise<void> {
    const { definition } = this.state;
    if (definition === this.understood) return;
    this.understood = definition;
    const read = definition === null ? null : await recurrenceOf(definition);
    this.recurrence = read !== null && E.isRight(read) ? read.right : null;
    this.problem = read !== null && E.isLeft(read) ? read.left : null;
  }
}

let cronModule: Promise<typeof Cron> | null = null;

/** @internal When what is set is due, or one sentence that says what is wrong with it. */
export async function recurrenceOf({
  cron,
  timezone,
  everyMs: periodMs,
}: Pick<ScheduleSetting, 'cron' | 'timezone' | 'everyMs'>): Promise<Either<string, Recurrence>> {
  if (cron === undefined) return E.right(everyMs(periodMs!));
  // Only programs with such a schedule load what reads cron lines; once, since loading may take its time.
  cronModule ??= import('../prelude/cron.js');
  const { cronTimes } = await cronModule;
  return cronTimes(cron, timezone ?? 'UTC');
}

const Instants = orNull(SafeInt);
const Intervened = record('intervention', { by: t.string, reason: t.string, at: t.string });
const Revision = intFrom(0);

/** A state without what it was set to, which is read from the event that said so. */
const Snapshot = record('snapshot of a schedule', {
  definedBy: orNull(Revision),
  pause: orNull(Intervened),
  decidedUpTo: Instants,
  asked: t.readonlyArray(SafeInt),
  lastAsked: Instants,
  buffered: Instants,
  last: orNull(
    record('run', {
      instant: SafeInt,
      graphId: t.string,
      aborts: orNull(t.string),
      definedBy: Revision,
      revision: Revision,
    }),
  ),
  unreadable: orNull(t.string),
  revision: Revision,
  lastEventId: t.string,
});
type Snapshot = t.TypeOf<typeof Snapshot>;

function snapshotName(name: string): string {
  return `schedule.${name}`;
}

function snapshotOf({ definition, last, decidedUpTo, lastAsked, ...rest }: ScheduleState) {
  const finite = (instant: number) => (Number.isFinite(instant) ? instant : null);
  const run = last === null ? null : { ...last, definition: undefined, definedBy: last.definition.revision };
  return JSON.parse(
    JSON.stringify({
      ...rest,
      decidedUpTo: finite(decidedUpTo),
      lastAsked: finite(lastAsked),
      definedBy: definition?.revision ?? null,
      last: run,
    }),
  ) as Snapshot & { readonly name: string };
}

/** The state that a snapshot holds; null if there is none, or none from before a position. */
async function loadState(log: EventLog, name: string, asOf: Position | null): Promise<ScheduleState | null> {
  const read = (value: unknown) => {
    const decoded = Snapshot.decode(value);
    return E.isRight(decoded) ? decoded.right : null;
  };
  const kept = await loadJson(log, snapshotName(name), read);
  if (kept?.value == null || (asOf !== null && comparePositions(kept.position, asOf) > 0)) return null;
  const { definedBy, last, decidedUpTo, lastAsked, ...rest } = kept.value;
  const definition = definedBy === null ? null : await definitionAt(log, name, definedBy);
  const ofLast =
    last === null || last.definedBy === definedBy ? definition : await definitionAt(log, name, last.definedBy);
  const isLost = (definedBy !== null && definition === null) || (last !== null && ofLast === null);
  if (isLost) return null;
  const run: ScheduledRun | null = last === null ? null : { ...last, definition: ofLast! };
  return Object.freeze({
    ...rest,
    name,
    definition,
    last: run,
    decidedUpTo: decidedUpTo ?? -Infinity,
    lastAsked: lastAsked ?? -Infinity,
  });
}

/** What the event at a revision has set. */
async function definitionAt(log: EventLog, name: string, revision: number): Promise<ScheduleDefinition | null> {
  const [event] = await orThrow(log.readStream(scheduleStream(name), { from: revision, to: revision }));
  return event?.type === 'ScheduleSet' ? evolveSchedule(initialSchedule(name), event).definition : null;
}
