/** Bugs in schedules: what is decided, by whom, and what a worker that dies or whose clock is wrong makes of it. */
import type { Mutation } from './mutation.js';

const rules = ['test/domain/schedules.test.ts', 'test/domain/schedule-laws.test.ts'];
const time = ['test/worker/schedules.test.ts'];
const engines = ['test/history/schedules.test.ts'];

export const scheduleMutations: readonly Mutation[] = [
  {
    name: 'a schedule decides an instant again after its run',
    file: 'domain/schedules.ts',
    find: 'return { ...state, last, decidedUpTo: instant };',
    replace: 'return { ...state, last };',
    tests: rules,
  },
  {
    name: 'a schedule takes the word of a clock that is ahead of the log',
    file: 'domain/schedules.ts',
    find: 'return early === null ? null : { problem: early, isEarly: true };',
    replace: 'return null;',
    tests: rules,
  },
  {
    name: 'a schedule lets a fast clock say what was missed',
    file: 'domain/schedules.ts',
    find: "const lateMs = why === 'missed' ? definition!.catchUpMs : 0;",
    replace: 'const lateMs = 0 * definition!.catchUpMs;',
    tests: rules,
  },
  {
    name: 'a schedule that is resumed makes what fell due while it was paused',
    file: 'domain/schedules.ts',
    find: 'return { ...state, pause: null, decidedUpTo: Math.max(state.decidedUpTo, at) };',
    replace: 'return { ...state, pause: null };',
    tests: rules,
  },
  {
    name: 'a schedule that is set again decides anew what was decided a moment ahead',
    file: 'domain/schedules.ts',
    find: 'unreadable: null, decidedUpTo: Math.max(state.decidedUpTo, at) };',
    replace: 'unreadable: null, decidedUpTo: at - 60_000 };',
    tests: rules,
  },
  {
    name: 'a schedule makes what is too late',
    file: 'domain/schedule-runs.ts',
    find: 'if (due !== null && now - due > definition.catchUpMs)',
    replace: 'if (due !== null && now - due > 2 * definition.catchUpMs)',
    tests: rules,
  },
  {
    name: 'a schedule skips the last instant that could still be made',
    file: 'domain/schedule-runs.ts',
    find: 'return { upTo: now - catchUpMs - 1, why:',
    replace: 'return { upTo: now - catchUpMs, why:',
    tests: rules,
  },
  {
    name: 'a schedule begins a run beside the one before it',
    file: 'domain/schedule-runs.ts',
    find: "const isAlone = last === null || definition.overlap === 'allow';",
    replace: "const isAlone = last === null || definition.overlap !== 'skip';",
    tests: rules,
  },
  {
    name: 'a schedule that is paused does not make what is asked for',
    file: 'domain/schedule-runs.ts',
    find: 'const waiting = buffered ?? asked[0] ?? null;',
    replace: 'const waiting = pause === null ? (buffered ?? asked[0] ?? null) : null;',
    tests: rules,
  },
  {
    name: 'a schedule makes a run from what was set after it was decided',
    file: 'domain/schedules.ts',
    find: 'const definition = { ...data, revision: event.revision, set: { by, reason, at: event.recordedAt } };',
    replace:
      'const definition = { ...data, revision: event.revision, set: { by, reason, at: event.recordedAt } };\n      if (state.last !== null) state = { ...state, last: { ...state.last, definition } };',
    tests: rules,
  },
  {
    name: 'a schedule goes on without looking whether the graph of its last run is there',
    file: 'store/advance-schedule.ts',
    find: 'if (given.isSubmitted?.(last) !== true) await submitRun(store, schedule.name, last, given);',
    replace: 'if (last.revision === schedule.state.revision) await submitRun(store, schedule.name, last, given);',
    tests: [...engines, ...time],
  },
  {
    name: 'a worker takes a run of a schedule for submitted that another has decided',
    file: 'worker/schedule-watch.ts',
    find: 'const isToBeSubmitted = last !== null && last.revision !== watched.submitted;',
    replace: 'const isToBeSubmitted = false && last !== null && last.revision !== watched.submitted;',
    tests: ['test/worker/schedule-watch.test.ts'],
  },
  {
    name: 'a worker decides schedules by a log that is ahead of its clock',
    file: 'store/schedule-clock.ts',
    find: 'this.aheadMs = Math.max(0, began - recordedAt);',
    replace: 'this.aheadMs = began - recordedAt;',
    tests: ['test/store/schedule-clock.test.ts'],
  },
  {
    name: 'a worker with a full hand does not hear that a schedule was set',
    file: 'worker/schedule-watch.ts',
    find: 'if (name !== null) this.hearOf(this.watched.get(name) ?? this.add(name), event);',
    replace: 'if (name !== null && this.watched.has(name)) this.hearOf(this.watched.get(name)!, event);',
    tests: time,
  },
  {
    name: 'the run before is not aborted for the next one of its schedule',
    file: 'store/advance-schedule.ts',
    find: 'if (aborts !== null && !(await isThere(store, graphId)))',
    replace: 'if (aborts !== null && (await isThere(store, graphId)))',
    tests: engines,
  },
  {
    name: 'a backfill makes runs of a schedule a second time',
    file: 'store/operate-schedule.ts',
    find: 'if (!spoken.has(instant) && !(await isRun(store, name, instant))) missing.push(instant);',
    replace: 'if (!spoken.has(instant)) missing.push(instant);',
    tests: engines,
  },
  {
    name: 'a check of the log does not miss the graph of a run of a schedule',
    file: 'history/verify/schedule-checks.ts',
    find: "if (first === 'lost' || (first !== null && comparePositions(first.position, position) < 0)) return [];",
    replace: "if (first === 'lost' || first === null || comparePositions(first.position, position) < 0) return [];",
    tests: ['test/history/verify-schedules.test.ts'],
  },
];
