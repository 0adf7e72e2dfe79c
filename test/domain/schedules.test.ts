import type { DomainEvent, EventOf, RecordedEvent, ScheduleEvent } from '../../src/domain/events.js';
import { submissionOf } from '../../src/domain/submission.js';
import { decideSchedule, type ScheduleCommand } from '../../src/domain/schedule-decisions.js';
import { graphOfRun, type NextStep, nextInstants, nextStep } from '../../src/domain/schedule-runs.js';
import {
  evolveSchedule,
  initialSchedule,
  runId,
  scheduledRunOf,
  scheduleNameOf,
  scheduleStream,
  type ScheduleState,
  whyNoEffect,
} from '../../src/domain/schedules.js';
import { memoStream } from '../../src/domain/memoized-results.js';
import { everyMs, type Recurrence } from '../../src/prelude/recurrence.js';
import { Recorder } from '../support/given.js';
import { left, right } from '../support/right.js';
import { assert, describe } from '../support/spec.js';

const spec = describe('schedules');

const day = Date.parse('2026-03-01T00:00:00.000Z');
const minute = 60_000;
/** Minutes after the start, as an instant and as text. */
const at = (minutes: number) => day + minutes * minute;
const iso = (minutes: number) => new Date(at(minutes)).toISOString();
const quarter = everyMs(15 * minute);

const ann = { by: 'ann', reason: 'x' };
type Overlap = 'skip' | 'buffer-one' | 'allow' | 'abort-earlier';
const set = (overlap: Overlap = 'skip', catchUpMs = 10 * minute): ScheduleEvent => ({
  type: 'ScheduleSet',
  data: {
    ...{ jobs: [{ id: 'a', type: 'a', parents: [] }], args: { x: 1 }, labels: { team: 'b' }, priority: 2 },
    ...{ overlap, catchUpMs, everyMs: 15 * minute, ...ann },
  },
});
const paused: ScheduleEvent = { type: 'SchedulePaused', data: ann };
const resumed: ScheduleEvent = { type: 'ScheduleResumed', data: ann };
const removed: ScheduleEvent = { type: 'ScheduleRemoved', data: ann };
const asked = (...minutes: readonly number[]): ScheduleEvent => ({
  type: 'ScheduleTriggered',
  data: { instants: minutes.map(iso), ...ann },
});
const fired = (minutes: number, kind: 'due' | 'asked' | 'buffered' = 'due', aborts?: number): ScheduleEvent => ({
  type: 'ScheduleFired',
  data: {
    ...{ instant: iso(minutes), kind, graphId: runId('tick', at(minutes)) },
    ...(aborts === undefined ? {} : { aborts: runId('tick', at(aborts)) }),
  },
});
const buffered = (minutes: number): ScheduleEvent => ({ type: 'ScheduleBuffered', data: { instant: iso(minutes) } });
const skipped = (from: number, to: number, why: 'overlap' | 'missed', count: number): ScheduleEvent => ({
  type: 'ScheduleSkipped',
  data: { from: iso(from), to: iso(to), why, count },
});

/** Events and the minute at which the log recorded each. */
function given(...events: readonly (readonly [minutes: number, event: DomainEvent])[]): ScheduleState {
  return recorded(...events).reduce(evolveSchedule, initialSchedule('tick'));
}

function recorded(...events: readonly (readonly [minutes: number, event: DomainEvent])[]): readonly RecordedEvent[] {
  const recorder = new Recorder();
  return events.map(([minutes, event]) => ({
    ...recorder.record(scheduleStream('tick'), event),
    recordedAt: iso(minutes),
  }));
}

const step = (state: ScheduleState, minutes: number, hasLastEnded: boolean | null = null, due: Recurrence = quarter) =>
  nextStep(state, { now: at(minutes), recurrence: due, hasLastEnded });
const append = (event: ScheduleEvent): NextStep => ({ kind: 'append', event });
const wait = (until: number | null, waitsFor: number | null = null): NextStep => ({
  kind: 'wait',
  until: until === null ? null : at(until),
  waitsFor: waitsFor === null ? null : runId('tick', at(waitsFor)),
});
const look = (minutes: number): NextStep => ({ kind: 'look', graphId: runId('tick', at(minutes)) });

spec.test(
  'given a schedule that was just set, when nothing is due, then it waits for the first instant after that',
  () => {
    const state = given([1, set()]);
    assert.equal(step(state, 2), wait(15));
    // Set at an instant, the next one is the first.
    assert.equal(step(given([15, set()]), 16), wait(30));
  },
);

spec.test('given an instant that is due and no run before it, then it is fired', () => {
  assert.equal(step(given([1, set()]), 15), append(fired(15)));
});

spec.test('given a run before it, then whether that has ended must be known first', () => {
  const state = given([1, set()], [15, fired(15)]);
  assert.equal(step(state, 29), wait(30));
  assert.equal(step(state, 30), look(15));
  assert.equal(step(state, 30, true), append(fired(30)));
});

spec.test(
  'given a run that has not ended, when the next is due, then the rule of overlaps says what becomes of it',
  () => {
    const after = (overlap: Overlap) => given([1, set(overlap)], [15, fired(15)]);
    assert.equal(step(after('skip'), 30, false), append(skipped(30, 30, 'overlap', 1)));
    assert.equal(step(after('buffer-one'), 30, false), append(buffered(30)));
    assert.equal(step(after('allow'), 30), append(fired(30)));
    assert.equal(step(after('abort-earlier'), 30, false), append(fired(30, 'due', 15)));
  },
);

spec.test(
  'given buffer-one, then one waits, the next is skipped, and the one that waits begins when the run has ended',
  () => {
    const state = given([1, set('buffer-one')], [15, fired(15)], [30, buffered(30)]);
    assert.equal(step(state, 31, false), wait(45, 15));
    assert.equal(step(state, 45, false), append(skipped(45, 45, 'overlap', 1)));
    assert.equal(step(state, 31, true), append(fired(30, 'buffered')));
    // First what has waited, then what is due.
    const began = given([1, set('buffer-one')], [15, fired(15)], [30, buffered(30)], [46, fired(30, 'buffered')]);
    assert.equal(step(began, 46, false), append(buffered(45)));
  },
);

spec.test('given an outage, then what is too late is skipped together, and what is within catch-up is made', () => {
  const state = given([1, set('allow', 20 * minute)]);
  // At minute 95 the instants 15 to 60 and 75 are 35 minutes late or more, and exactly 20.
  assert.equal(step(state, 95), append(skipped(15, 60, 'missed', 4)));
  const later = given([1, set('allow', 20 * minute)], [95, skipped(15, 60, 'missed', 4)]);
  assert.equal(step(later, 95), append(fired(75)));
  assert.equal(step(evolveSchedule(later, recorded([95, fired(75)])[0]!), 95), append(fired(90)));
});

spec.test('given an instant a little later than is caught up with, then it is missed', () => {
  assert.equal(step(given([1, set('allow')]), 26), append(skipped(15, 15, 'missed', 1)));
  assert.equal(step(given([1, set('allow')]), 25), append(fired(15)));
});

spec.test('given abort-earlier and several that are due, then all but the last are skipped', () => {
  const state = given([1, set('abort-earlier', 60 * minute)], [15, fired(15)]);
  assert.equal(step(state, 62, false), append(skipped(30, 45, 'overlap', 2)));
});

spec.test('given more instants than are counted, then the count is left out', () => {
  const state = given([1, set()]);
  const second = everyMs(1000);
  const skip = step(state, 60, null, second);
  assert.ok(skip.kind === 'append' && skip.event.type === 'ScheduleSkipped' && skip.event.data.count === undefined);
});

spec.test('given a pause, then nothing that is due is made, and nothing of its time afterwards', () => {
  const state = given([1, set()], [16, paused]);
  assert.equal(step(state, 100), wait(null));
  assert.equal(nextInstants(state, { recurrence: quarter, now: at(100) }, 5), []);
  const after = given([1, set()], [16, paused], [50, resumed]);
  assert.equal(step(after, 50), wait(60));
});

spec.test('given a pause, then what an operator asks for is made, and what waits is not', () => {
  const state = given([1, set('buffer-one')], [15, fired(15)], [30, buffered(30)], [31, paused], [32, asked(5)]);
  assert.equal(step(state, 33, true), append(fired(5, 'asked')));
  const done = given([1, set('buffer-one')], [15, fired(15)], [30, buffered(30)], [31, paused]);
  assert.equal(step(done, 33, true), wait(null));
});

spec.test(
  'given runs that were asked for, then they begin one after another, whatever the rule, or at once under allow',
  () => {
    for (const overlap of ['skip', 'buffer-one', 'abort-earlier'] as const) {
      const state = given([1, set(overlap)], [2, asked(-30, -15)]);
      assert.equal(step(state, 3), append(fired(-30, 'asked')), overlap);
      const next = given([1, set(overlap)], [2, asked(-30, -15)], [3, fired(-30, 'asked')]);
      assert.equal(step(next, 3), look(-30));
      assert.equal(step(next, 3, false), wait(15, -30));
      assert.equal(step(next, 3, true), append(fired(-15, 'asked')));
    }
    const state = given([1, set('allow')], [2, asked(-30, -15)], [3, fired(-30, 'asked')]);
    assert.equal(step(state, 3), append(fired(-15, 'asked')));
  },
);

spec.test('given another setting, then only what falls due after it is made', () => {
  const state = given([1, set()], [40, set('allow')]);
  assert.equal(step(state, 41), wait(45));
});

spec.test('given a schedule that was removed, then nothing is made, until it is set again', () => {
  const state = given([1, set()], [2, asked(-15)], [3, removed]);
  assert.equal(step(state, 100), wait(null));
  assert.equal([state.definition, state.asked], [null, []]);
  assert.equal(step(given([1, set()], [3, removed], [50, set()]), 51), wait(60));
});

spec.test('given a decision that the log recorded before its instant, then it has no effect, and is no problem', () => {
  for (const event of [fired(30), buffered(30), skipped(30, 30, 'overlap', 1)]) {
    const [setting, early] = recorded([1, set()], [20, event]);
    const state = evolveSchedule(initialSchedule('tick'), setting!);
    assert.is(whyNoEffect(state, early!)?.isEarly, true);
    const after = evolveSchedule(state, early!);
    assert.equal([after.decidedUpTo, after.last, after.buffered], [at(1), null, null]);
    assert.is(after.revision, 1);
    // Clocks that differ by a little are good clocks.
    const [, good] = recorded([1, set()], [30 - 1 / 120, event]);
    assert.is(whyNoEffect(state, good!), null);
  }
});

spec.test('given an instant that a fast clock takes for missed, then it is still to be made', () => {
  const [setting, early, late] = recorded(
    [1, set()],
    [16, skipped(15, 15, 'missed', 1)],
    [25, skipped(15, 15, 'missed', 1)],
  );
  const state = evolveSchedule(initialSchedule('tick'), setting!);
  assert.is(whyNoEffect(state, early!)?.isEarly, true);
  assert.equal(step(evolveSchedule(state, early!), 16), append(fired(15)));
  assert.is(whyNoEffect(state, late!), null);
});

const impossible: readonly (readonly [title: string, event: DomainEvent, problem: RegExp])[] = [
  ['an instant twice', fired(15), /was decided already/],
  ['what nobody asked for', fired(7, 'asked'), /nobody has asked for/],
  ['what does not wait', fired(15, 'buffered'), /does not wait/],
  [
    'a graph of another name',
    { type: 'ScheduleFired', data: { instant: iso(30), kind: 'due', graphId: 'x' } },
    /it names/,
  ],
  ['a stretch that was decided', skipped(15, 30, 'overlap', 2), /was decided already/],
  ['a stretch that ends first', skipped(45, 30, 'overlap', 2), /ends before it begins/],
  ['an end of no pause', resumed, /is not paused/],
  ['an event of another stream', { type: 'ScheduleNamed', data: { name: 'tick' } }, /does not belong/],
  ['an event of a graph', { type: 'GraphAborted', data: ann }, /does not belong/],
];

for (const [title, event, problem] of impossible) {
  spec.test(`given ${title}, then it has no effect, and is a problem`, () => {
    const [first, second, third] = recorded([1, set()], [15, fired(15)], [60, event]);
    const state = [first!, second!].reduce(evolveSchedule, initialSchedule('tick'));
    const why = whyNoEffect(state, third!);
    assert.is(why?.isEarly, false);
    assert.match(why!.problem, problem);
    const { revision: _, lastEventId: __, ...after } = evolveSchedule(state, third!);
    const { revision: ___, lastEventId: ____, ...before } = state;
    assert.equal(after, before);
  });
}

spec.test('given something that this release cannot read, then it is left alone until it is set again', () => {
  const recorder = new Recorder();
  const stream = scheduleStream('tick');
  const unreadable = {
    ...recorder.record(stream, set()),
    type: 'Unreadable',
    data: { storedType: 'ScheduleSet', problem: 'event-from-the-future', explanation: 'newer', stored: {} },
  } as RecordedEvent;
  const state = evolveSchedule(given([1, set()]), unreadable);
  assert.is(state.unreadable, 'newer');
  assert.equal(step(state, 100), wait(null));
  const [again] = recorded([50, set()]);
  assert.is(evolveSchedule(state, again!).unreadable, null);
  const command = { kind: 'trigger', instants: [1], ...ann } as const;
  assert.is(left(decideSchedule(state, command)).code, 'schedule-unreadable');
});

spec.test('given commands, then each appends what it says, or nothing, or is refused', () => {
  const { by: _by, reason: _reason, ...setting } = (set() as EventOf<'ScheduleSet'>).data;
  const decide = (state: ScheduleState, command: ScheduleCommand) => decideSchedule(state, command);
  const known = given([1, set()]);
  assert.equal(right(decide(initialSchedule('tick'), { kind: 'set', setting, ...ann })), [set()]);
  assert.equal(right(decide(known, { kind: 'set', setting, by: 'bob', reason: 'y' })), []);
  assert.equal(right(decide(known, { kind: 'pause', ...ann })), [paused]);
  const held = given([1, set()], [2, paused]);
  assert.equal(right(decide(held, { kind: 'pause', ...ann })), []);
  assert.equal(right(decide(held, { kind: 'resume', ...ann })), [resumed]);
  assert.is(left(decide(known, { kind: 'resume', ...ann })).code, 'not-paused');
  assert.equal(right(decide(known, { kind: 'remove', ...ann })), [removed]);
  assert.is(left(decide(initialSchedule('tick'), { kind: 'remove', ...ann })).code, 'schedule-not-found');
  const many = Array.from({ length: 1001 }, (_, index) => index);
  assert.is(left(decide(known, { kind: 'trigger', instants: many, ...ann })).code, 'too-many-runs');
});

spec.test('given a run, then its graph follows from what was set before it, whoever makes it', () => {
  const later = set('allow') as EventOf<'ScheduleSet'>;
  const other = { ...later, data: { ...later.data, jobs: [], labels: {}, args: {} } };
  const state = given([1, set()], [15, fired(15)], [16, other]);
  const graph = graphOfRun('tick', state.last!);
  assert.equal(graph.labels, { team: 'b', schedule: 'tick' });
  assert.equal([graph.id, graph.priority], ['tick@2026-03-01T00:15:00Z', 2]);
  assert.equal(graph.jobs['a']!.args, { x: 1 });
  assert.is(submissionOf(graph).text, submissionOf(graphOfRun('tick', state.last!)).text);
  assert.equal(scheduledRunOf(graph), { schedule: 'tick', instant: '2026-03-01T00:15:00Z' });
  assert.is(scheduledRunOf({ id: 'tick@x', labels: { schedule: 'tick' } }), null);
  assert.is(scheduledRunOf({ id: graph.id, labels: {} }), null);
});

spec.test('given the stream of a schedule, then it is told from that of a remembered result', () => {
  assert.is(scheduleNameOf(scheduleStream('a/b')), 'a/b');
  assert.is(scheduleNameOf(memoStream('schedule/a')), null);
  assert.is(scheduleNameOf({ graphId: 'g', jobId: 'schedule/a' }), null);
  assert.is(scheduleNameOf({ graphId: '', jobId: null }), null);
});

spec.run();
