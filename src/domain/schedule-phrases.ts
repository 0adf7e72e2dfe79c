/** How schedules are written for people. */
import { duration, inShort, plural, thousands } from '../prelude/phrases.js';
import type { RecordedEvent, ScheduleEvent } from './events.js';
import { type ScheduleDefinition, shownInstant } from './schedules.js';

/** `0 6 * * 1-5 in Europe/Oslo`, `every 15 min` */
export function recurrenceInWords({
  cron,
  timezone,
  everyMs,
}: Pick<ScheduleDefinition, 'cron' | 'timezone' | 'everyMs'>): string {
  return cron === undefined ? `every ${duration(everyMs ?? 0)}` : `${cron} in ${timezone}`;
}

export function isOfSchedule(event: RecordedEvent): event is RecordedEvent & ScheduleEvent {
  return event.type.startsWith('Schedule') && event.type !== 'ScheduleNamed';
}

/** What an event of a schedule's stream says. */
export function scheduleEventText({ type, data }: ScheduleEvent, textMax: number): string {
  const shown = (instant: string) => shownInstant(Date.parse(instant));
  switch (type) {
    case 'ScheduleSet': {
      const when = inShort(recurrenceInWords(data), textMax);
      return `${when}, ${plural(data.jobs.length, 'job')}, overlap ${data.overlap}, catch-up ${duration(data.catchUpMs)}, by ${data.by}: ${inShort(data.reason, textMax)}`;
    }
    case 'SchedulePaused':
    case 'ScheduleResumed':
    case 'ScheduleRemoved':
      return `by ${data.by}: ${inShort(data.reason, textMax)}`;
    case 'ScheduleTriggered': {
      const { instants, backfill, by, reason } = data;
      const [first] = instants;
      const stretch = backfill === undefined ? '' : ` from ${shown(backfill.from)} to ${shown(backfill.to)}`;
      const what = instants.length === 1 && first !== undefined ? shown(first) : `${plural(instants.length, 'run')}`;
      return `${what}${stretch}, by ${by}: ${inShort(reason, textMax)}`;
    }
    case 'ScheduleFired': {
      const aborts = data.aborts === undefined ? '' : `, aborting ${data.aborts}`;
      const why = { due: '', asked: ', which was asked for', buffered: ', which has waited' }[data.kind];
      return `${data.graphId}${why}${aborts}`;
    }
    case 'ScheduleBuffered':
      return `${shown(data.instant)} waits for the run before it`;
    case 'ScheduleSkipped':
      return `${skippedInWords(data)}: ${whySkipped(data.why)}`;
  }
}

/** A time on the clocks of a zone, with their distance to UTC: `2026-03-30 06:00:00 +02:00`. */
export function zoneTime(at: number, timeZone: string): string {
  const numbers = { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit' } as const;
  const format = new Intl.DateTimeFormat('en-GB', {
    ...numbers,
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZone,
    timeZoneName: 'longOffset',
  });
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
  const { year, month, day, hour, minute, second, timeZoneName } = parts;
  const offset = timeZoneName === 'GMT' ? '+00:00' : timeZoneName?.replace('GMT', '');
  return `${year}-${month}-${day} ${hour}:${minute}:${second} ${offset}`;
}

interface Skipped {
  readonly from: string;
  readonly to: string;
  readonly count?: number | undefined;
}

/** `2026-03-01T05:00:00Z`, or `12 from 2026-03-01T05:00:00Z to 2026-03-01T16:00:00Z` */
export function skippedInWords({ from, to, count }: Skipped): string {
  const [first, last] = [from, to].map((instant) => shownInstant(Date.parse(instant)));
  if (from === to) return first!;
  return `${count === undefined ? 'more than a thousand' : thousands(count)} from ${first} to ${last}`;
}

export function whySkipped(why: 'overlap' | 'missed'): string {
  return why === 'overlap' ? 'the run before it had not ended' : 'nobody was there in time';
}
