/** The door to the library that reads cron lines. It is large, so this file is imported where there is a line to read. */
import { Cron } from 'croner';
import { E, type Either } from './fp.js';
import { shownName } from './known-names.js';
import { closeTo } from './nearest.js';
import type { Recurrence } from './recurrence.js';

/**
 * The instants of a cron line in a time zone, or one sentence that says what is wrong. The line has five fields, or six with
 * seconds in front, or is a name such as `@daily`.
 *
 * Where clocks are set: a line with one time of the day is due once a day, whatever the clocks do. If its hour is left out, that
 * is at the first moment after the gap; if it comes twice, the first time. A line with several times (a list, a range, a step,
 * `*`) goes by the clock on the wall: what is left out is not due, and what comes twice is due twice.
 */
export function cronTimes(line: string, timezone: string): Either<string, Recurrence> {
  const unknown = unknownZone(timezone);
  if (unknown !== null) return E.left(unknown);
  const cron = read(line, timezone);
  if (typeof cron === 'string') return E.left(`the cron line ${shownName(line)} cannot be read: ${cron}`);
  return E.right({
    next: (after) => cron.nextRun(new Date(after))?.getTime() ?? null,
    previous: (before) => cron.previousRuns(1, new Date(before))[0]?.getTime() ?? null,
  });
}

function read(line: string, timezone: string): Cron | string {
  try {
    const cron = new Cron(line, { timezone, mode: '5-or-6-parts' });
    // The library takes a date for a line that is due once.
    if (cron.getOnce() === null) return cron;
    return 'it is a date; give five fields (minute, hour, day of the month, month, day of the week), such as "0 6 * * 1-5"';
  } catch (thrown) {
    const said = thrown instanceof Error ? thrown.message.replace(/^CronPattern: /, '') : '';
    const isForm = /\bparts\b|configuration format/.test(said);
    return isForm
      ? 'it needs five fields (minute, hour, day of the month, month, day of the week), or six with seconds in front, such as "0 6 * * 1-5"'
      : said.replace(/\.$/, '').replace(/^[A-Z]/, (letter) => letter.toLowerCase());
  }
}

function unknownZone(timezone: string): string | null {
  try {
    new Intl.DateTimeFormat('en', { timeZone: timezone });
    return null;
  } catch {
    const near = closeTo(timezone, ['UTC', ...Intl.supportedValuesOf('timeZone')]);
    const meant = near === null ? 'give one such as Europe/Oslo, or UTC' : `did you mean ${near}?`;
    return `there is no time zone ${shownName(timezone)}; ${meant}`;
  }
}
