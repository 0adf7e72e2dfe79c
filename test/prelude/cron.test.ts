/** When cron lines and periods are due: also where clocks are set. */
import { cronTimes } from '../../src/prelude/cron.js';
import { everyMs, instantsBetween, type Recurrence } from '../../src/prelude/recurrence.js';
import { left, right } from '../support/right.js';
import { assert, describe } from '../support/spec.js';

const spec = describe('recurrence');

const at = (time: string) => Date.parse(time);
const shown = (instants: readonly number[]) => instants.map((each) => new Date(each).toISOString().slice(5, 16));
const from = (recurrence: Recurrence, start: string, count: number) =>
  shown(instantsBetween(recurrence, at(start), Infinity, count));
const oslo = (line: string) => right(cronTimes(line, 'Europe/Oslo'));

spec.test(
  'given a line with one time of the day, when its hour is left out in spring, then it is due after the gap',
  () => {
    const times = from(oslo('30 2 * * *'), '2026-03-28T00:00:00Z', 3);
    assert.equal(times, ['03-28T01:30', '03-29T01:00', '03-30T00:30']);
  },
);

spec.test(
  'given a line with one time of the day, when its hour comes twice in autumn, then it is due the first time',
  () => {
    const times = from(oslo('30 2 * * *'), '2026-10-24T12:00:00Z', 2);
    assert.equal(times, ['10-25T00:30', '10-26T01:30']);
  },
);

spec.test(
  'given a line with several times, then what is left out is not due, and what comes twice is due twice',
  () => {
    const spring = from(oslo('*/30 1-3 * * *'), '2026-03-28T23:59:00Z', 4);
    // From 1:30 by winter time to 3:00 by summer time.
    assert.equal(spring, ['03-29T00:00', '03-29T00:30', '03-29T01:00', '03-29T01:30']);
    const autumn = from(oslo('*/30 2 * * *'), '2026-10-24T12:00:00Z', 5);
    assert.equal(autumn, ['10-25T00:00', '10-25T00:30', '10-25T01:00', '10-25T01:30', '10-26T01:00']);
  },
);

spec.test('given an hour of a working day, then it is the same on the wall in summer and winter', () => {
  const times = from(oslo('0 6 * * 1-5'), '2026-03-26T12:00:00Z', 3);
  assert.equal(times, ['03-27T05:00', '03-30T04:00', '03-31T04:00']);
  assert.equal(from(oslo('0 6 * * 1-5'), '2026-10-22T12:00:00Z', 2), ['10-23T04:00', '10-26T05:00']);
});

spec.test('given any instant of a line, then it is the last before the next', () => {
  for (const line of ['30 2 * * *', '*/30 1-3 * * *', '0 6 * * 1-5', '15 10 * * * *', '@weekly']) {
    for (const start of ['2026-03-28T20:00:00Z', '2026-10-24T20:00:00Z']) {
      const recurrence = oslo(line);
      const instants = instantsBetween(recurrence, at(start), Infinity, 30);
      for (const [index, instant] of instants.slice(1).entries()) {
        assert.is(recurrence.previous(instant), instants[index], `${line} before ${new Date(instant).toISOString()}`);
        assert.is(recurrence.previous(instant + 1), instant);
        assert.is(recurrence.next(instant - 1), instant);
      }
    }
  }
});

spec.test('given a period, then it is counted from the epoch, whoever asks', () => {
  const quarter = everyMs(900_000);
  assert.equal(from(quarter, '2026-01-01T00:07:00Z', 2), ['01-01T00:15', '01-01T00:30']);
  assert.is(quarter.next(at('2026-01-01T00:15:00Z')), at('2026-01-01T00:30:00Z'));
  assert.is(quarter.previous(at('2026-01-01T00:15:00Z')), at('2026-01-01T00:00:00Z'));
  assert.is(quarter.previous(at('2026-01-01T00:15:00.001Z')), at('2026-01-01T00:15:00Z'));
});

const wrong: readonly (readonly [line: string, zone: string, sentence: RegExp])[] = [
  ['', 'UTC', /^the cron line "" cannot be read: it needs five fields/],
  ['0 6 * *', 'UTC', /it needs five fields/],
  ['0 6 * * * * 2027', 'UTC', /it needs five fields/],
  ['61 * * * *', 'UTC', /^the cron line "61 \* \* \* \*" cannot be read: invalid value for minute: 61$/],
  ['0 6 * * MON-FIR', 'UTC', /contains illegal characters$/],
  ['2026-03-01T06:00:00', 'UTC', /^the cron line ".*" cannot be read: it is a date; give five fields/],
  ['0 6 * * *', 'Europe/Olso', /^there is no time zone "Europe\/Olso"; did you mean Europe\/Oslo\?$/],
  ['0 6 * * *', 'somewhere', /^there is no time zone "somewhere"; give one such as Europe\/Oslo, or UTC$/],
  ['@reboot', 'UTC', /cannot be read/],
];

for (const [line, zone, sentence] of wrong) {
  spec.test(`given ${JSON.stringify(line)} in ${zone}, then one sentence says what is wrong`, () => {
    const said = left(cronTimes(line, zone));
    assert.match(said, sentence);
    assert.not.match(said, /\n/);
  });
}

spec.run();
