/**
 * Schedules, decided by several workers whose clocks are wrong, which see the stream late and die between two steps: whatever
 * they do, each instant is decided once, in order, and none is lost that could be made in time.
 */
import fc from 'fast-check';
import type { DomainEvent, RecordedEvent, ScheduleEvent } from '../../src/domain/events.js';
import { nextStep } from '../../src/domain/schedule-runs.js';
import {
  aheadMsMax,
  evolveSchedule,
  initialSchedule,
  scheduleStream,
  type ScheduleState,
  whyNoEffect,
} from '../../src/domain/schedules.js';
import { cronTimes } from '../../src/prelude/cron.js';
import { everyMs, instantsBetween, type Recurrence } from '../../src/prelude/recurrence.js';
import { Recorder } from '../support/given.js';
import { right } from '../support/right.js';
import { assert, describe } from '../support/spec.js';

const spec = describe('laws of schedules', { timeoutMs: 120_000 });

const start = Date.parse('2026-03-28T22:00:00.000Z');
const minute = 60_000;
const recurrences: readonly Recurrence[] = [
  everyMs(60_000),
  everyMs(7001),
  right(cronTimes('*/5 * * * *', 'Europe/Oslo')),
  right(cronTimes('30 1-3 * * *', 'Europe/Oslo')),
];
const overlaps = ['skip', 'buffer-one', 'allow', 'abort-earlier'] as const;
const ann = { by: 'ann', reason: 'x' };

interface Settings {
  readonly due: number;
  readonly overlap: (typeof overlaps)[number];
  readonly catchUpMs: number;
  /** By how much the clock of each worker is ahead. */
  readonly clocks: readonly number[];
}

type Action =
  | { readonly kind: 'time'; readonly ms: number }
  /** A worker takes one step: it reads on, submits a graph, or appends a decision. Before the next, it may die. */
  | { readonly kind: 'step'; readonly worker: number }
  | { readonly kind: 'read'; readonly worker: number }
  | { readonly kind: 'end' }
  | { readonly kind: 'pause' | 'resume' | 'trigger' };

interface Worker {
  readonly clock: number;
  aheadMs: number;
  state: ScheduleState;
  hasLastEnded: boolean | null;
}

/** The log, the graphs, and the workers. */
class World {
  now = start;
  readonly events: RecordedEvent[] = [];
  readonly submitted = new Map<string, number>();
  readonly ended = new Set<string>();
  readonly workers: readonly Worker[];
  readonly recurrence: Recurrence;
  private readonly recorder = new Recorder();

  constructor(readonly settings: Settings) {
    this.recurrence = recurrences[settings.due]!;
    const { overlap, catchUpMs } = settings;
    this.append({
      type: 'ScheduleSet',
      data: { jobs: [], args: {}, labels: {}, priority: 0, overlap, catchUpMs, everyMs: 1, ...ann },
    });
    const fresh = () => ({ aheadMs: 0, state: initialSchedule('tick'), hasLastEnded: null });
    this.workers = settings.clocks.map((clock) => ({ clock, ...fresh() }));
  }

  get state(): ScheduleState {
    return this.events.reduce(evolveSchedule, initialSchedule('tick'));
  }

  append(event: DomainEvent): RecordedEvent {
    const recorded = this.recorder.record(scheduleStream('tick'), event);
    this.events.push({ ...recorded, recordedAt: new Date(this.now).toISOString() });
    return this.events.at(-1)!;
  }

  act(action: Action): void {
    const { state } = this;
    if (action.kind === 'time') this.now += action.ms;
    else if (action.kind === 'step') this.step(this.workers[action.worker % this.workers.length]!);
    else if (action.kind === 'read') this.read(this.workers[action.worker % this.workers.length]!);
    else if (action.kind === 'end') for (const id of this.submitted.keys()) this.ended.add(id);
    else if (action.kind === 'pause' && state.pause === null) this.append({ type: 'SchedulePaused', data: ann });
    else if (action.kind === 'resume' && state.pause !== null) this.append({ type: 'ScheduleResumed', data: ann });
    else if (action.kind === 'trigger') {
      const instant = Math.max(this.now, state.lastAsked + 1);
      if (this.recurrence.next(instant - 1) === instant) return;
      this.append({ type: 'ScheduleTriggered', data: { instants: [new Date(instant).toISOString()], ...ann } });
    }
  }

  /** False when it has nothing to do. */
  step(worker: Worker): boolean {
    const { state } = worker;
    const { last } = state;
    if (last !== null && !this.submitted.has(last.graphId)) {
      if (last.aborts !== null) this.ended.add(last.aborts);
      this.submitted.set(last.graphId, this.events.length);
      return true;
    }
    const now = this.now + worker.clock - worker.aheadMs;
    const next = nextStep(state, { now, recurrence: this.recurrence, hasLastEnded: worker.hasLastEnded });
    if (next.kind === 'wait') return this.read(worker);
    if (next.kind === 'look') worker.hasLastEnded = this.ended.has(next.graphId);
    else if (state.revision !== this.events.length - 1) this.read(worker);
    else {
      const written = this.append(next.event);
      worker.aheadMs = Math.max(0, this.now + worker.clock - Date.parse(written.recordedAt));
      this.read(worker);
    }
    return true;
  }

  read(worker: Worker): boolean {
    const fresh = this.events.slice(worker.state.revision + 1);
    worker.state = fresh.reduce(evolveSchedule, worker.state);
    worker.hasLastEnded = null;
    return fresh.length > 0;
  }

  /** One good worker does what there is to do. */
  settle(): void {
    const good: Worker = { clock: 0, aheadMs: 0, state: initialSchedule('tick'), hasLastEnded: null };
    this.read(good);
    for (let steps = 0; this.step(good); steps++) assert.ok(steps < 20_000, 'it comes to rest');
  }
}

const settings: fc.Arbitrary<Settings> = fc.record({
  due: fc.nat(recurrences.length - 1),
  overlap: fc.constantFrom(...overlaps),
  catchUpMs: fc.constantFrom(1000, 30_000, 10 * minute, 120 * minute),
  clocks: fc.array(fc.constantFrom(0, 0, 300, -4000, 90_000, -20 * minute, 45 * minute, 400 * 86_400_000), {
    minLength: 1,
    maxLength: 4,
  }),
});

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('time' as const),
      ms: fc.constantFrom(1, 900, 6000, minute, 9 * minute, 60 * minute),
    }),
  },
  { weight: 12, arbitrary: fc.record({ kind: fc.constant('step' as const), worker: fc.nat(3) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('read' as const), worker: fc.nat(3) }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'end' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('pause' as const, 'resume' as const, 'trigger' as const) }),
  },
);

function played(given: Settings, actions: readonly Action[]): World {
  const world = new World(given);
  for (const each of actions) world.act(each);
  world.settle();
  return world;
}

/** The decisions that count, each with the state before it. */
function decisions(world: World) {
  const found: { readonly event: RecordedEvent & ScheduleEvent; readonly before: ScheduleState }[] = [];
  let state = initialSchedule('tick');
  for (const event of world.events) {
    if (whyNoEffect(state, event) === null)
      found.push({ event: event as RecordedEvent & ScheduleEvent, before: state });
    state = evolveSchedule(state, event);
  }
  return found;
}

const runs = { numRuns: 400 };
const law = (holds: (world: World) => void) =>
  fc.assert(
    fc.property(settings, fc.array(action, { maxLength: 120 }), (given, actions) => holds(played(given, actions))),
    runs,
  );

spec.test('every instant that falls due is decided once, in order, or lies in a pause', () => {
  law((world) => {
    let upTo = start;
    for (const { event } of decisions(world)) {
      const { type, data } = event;
      if (type === 'ScheduleResumed') upTo = Math.max(upTo, Date.parse(event.recordedAt));
      const isDue = type === 'ScheduleBuffered' || (type === 'ScheduleFired' && data.kind === 'due');
      if (!isDue && type !== 'ScheduleSkipped') continue;
      const [from, to] = type === 'ScheduleSkipped' ? [data.from, data.to] : [data.instant, data.instant];
      assert.is(
        world.recurrence.next(upTo),
        Date.parse(from),
        `${type} is the next after ${new Date(upTo).toISOString()}`,
      );
      upTo = Date.parse(to);
      if (type !== 'ScheduleSkipped' || data.count === undefined) continue;
      assert.is(instantsBetween(world.recurrence, Date.parse(from) - 1, upTo, 2000).length, data.count);
    }
    const { state } = world;
    if (state.pause !== null) return;
    const next = world.recurrence.next(upTo);
    assert.ok(next === null || next > world.now, 'nothing that is due is left');
  });
});

spec.test('nothing is made before it is due, and nothing is missed that could be made in time', () => {
  law((world) => {
    for (const { event } of decisions(world)) {
      const at = Date.parse(event.recordedAt);
      if (event.type === 'ScheduleFired' && event.data.kind === 'due')
        assert.ok(Date.parse(event.data.instant) <= at + aheadMsMax);
      if (event.type !== 'ScheduleSkipped') continue;
      const { to, why } = event.data;
      const lateMs = why === 'missed' ? world.settings.catchUpMs : 0;
      assert.ok(Date.parse(to) + lateMs <= at + aheadMsMax, `${to} is skipped (${why}) at ${event.recordedAt}`);
    }
  });
});

spec.test('every run that was decided has its graph, and none is decided twice', () => {
  law((world) => {
    const fired = decisions(world).flatMap(({ event }) => (event.type === 'ScheduleFired' ? [event.data.graphId] : []));
    assert.is(new Set(fired).size, fired.length);
    assert.equal([...world.submitted.keys()].sort(), [...fired].sort());
  });
});

spec.test('what was asked for is made, in order, and none of it is skipped', () => {
  law((world) => {
    const asked = world.events.flatMap((event) => (event.type === 'ScheduleTriggered' ? event.data.instants : []));
    const made = decisions(world).flatMap(({ event }) =>
      event.type === 'ScheduleFired' && event.data.kind === 'asked' ? [event.data.instant] : [],
    );
    assert.equal(made, asked.slice(0, made.length));
    assert.equal(
      asked.slice(made.length).map((each) => Date.parse(each)),
      [...world.state.asked],
    );
  });
});

spec.test('a run begins only when the one before it has ended, unless the rule says otherwise', () => {
  law((world) => {
    if (world.settings.overlap === 'allow') return assert.ok(true);
    for (const { event, before } of decisions(world)) {
      if (event.type !== 'ScheduleFired' || before.last === null) continue;
      assert.ok(world.ended.has(before.last.graphId) || event.data.aborts === before.last.graphId);
    }
  });
});

spec.test('a worker whose clock is ahead learns it at its first decision, and waits like the others', () => {
  law((world) => {
    const early = world.events.length - decisions(world).length;
    const ahead = world.settings.clocks.filter((clock) => clock > aheadMsMax).length;
    // It may write some at once: as long as others step in between, nobody has told it.
    assert.ok(early <= ahead * 2, `${early} decisions too early by ${ahead} clocks`);
  });
});

spec.run();
