// takes: 11s
// time-limit: 300s
/** The projections say the same as the engine's own reducers, whatever the log holds. */
import fc from 'fast-check';
import { LiveProjection } from '../../src/domain/live-projection.js';
import type { DomainEvent, EventOf, RecordedEvent } from '../../src/domain/events.js';
import { readEvent } from '../../src/domain/read-event.js';
import { install, retryGraph, start, store, transactGraph, waitForGraph } from '../../src/index.js';
import { orThrow } from '../../src/store/or-throw.js';
import {
  answered,
  answeredFailed,
  carried,
  deferred,
  failed,
  faulted,
  finished,
  forked,
  graphAborted,
  graphPaused,
  graphReset,
  graphResumed,
  Recorder,
  reset,
  skipped,
  started,
  submitted,
} from '../support/given.js';
import { foreignEvent, graphShape, jobId, simulate, steps } from '../support/simulate.js';
import { assert, describe } from '../support/spec.js';
import { whyNoInstances, workflowInstances } from '../support/workflow-instances.js';
import type { Outcome } from './expected.js';
import { assertParity, namespace, Projected } from './projected.js';

const spec = describe('parity of the projections with the reducers', { timeoutMs: 120_000 });

const runs = {
  numRuns: Number(process.env['PROPERTY_RUNS'] ?? 150),
  // A failure is made as small as that time allows.
  interruptAfterTimeLimit: 60_000,
  markInterruptAsFailure: true,
};

const historiesOf = (shape: typeof graphShape) =>
  fc
    .record({
      shapes: fc.array(shape, { minLength: 1, maxLength: 3 }),
      taken: steps(),
      areReversed: fc.boolean(),
    })
    .map(({ shapes, taken, areReversed }) => {
      const events = simulate(shapes, taken);
      return areReversed ? events.map(withChildrenFirst) : events;
    });
const histories = historiesOf(graphShape);

/** A graph's jobs may stand in any order; those of the simulation stand behind their parents. */
function withChildrenFirst(event: RecordedEvent): RecordedEvent {
  if (event.type !== 'GraphSubmitted') return event;
  return { ...event, data: { ...event.data, jobs: [...event.data.jobs].reverse() } };
}

spec.test('on whatever workers and operators may do, also through restarts of the server', () => {
  fc.assert(
    fc.property(histories, fc.array(fc.nat(), { maxLength: 4 }), (events, restarts) => {
      const projected = new Projected();
      const cuts = restarts.map((each) => each % (events.length + 1)).sort((a, b) => a - b);
      let from = 0;
      for (const cut of cuts) {
        projected.take(events.slice(from, cut)).restart();
        assertParity(projected, events.slice(0, cut));
        from = cut;
      }
      projected.take(events.slice(from));
      assertParity(projected, events);
      assert.equal(projected.outcome([]).ready, readyInLiveProjection(events));
    }),
    runs,
  );
});

function readyInLiveProjection(events: readonly RecordedEvent[]): Outcome['ready'] {
  const live = new LiveProjection();
  events.forEach((event, index) => {
    live.apply(event);
    for (const graphId of [...live.reopened]) {
      const past = events.slice(0, index + 1).filter((each) => each.graphId === graphId);
      live.restore(graphId, past);
    }
  });
  const ready = [...live.ready].map(([type, jobs]) => {
    return [type, [...jobs].map((job) => `${job.graph.id}/${job.id}`).sort()] as const;
  });
  return Object.fromEntries(ready);
}

/** Events as a newer release, or somebody else's program, may have written them. */
const oddEvent = fc.record({
  type: fc.constantFrom('JobPaused', 'GraphSubmitted', 'JobFinished', 'Heartbeat', 'toString'),
  version: fc.constantFrom(1, 2),
  data: fc.constantFrom<unknown>({}, { attempt: 0 }, { part: 1 }, [], 'text', 7, null),
});

const strangeEvent: fc.Arbitrary<(recorder: Recorder) => RecordedEvent> = fc
  .record({
    graph: fc.nat({ max: 3 }),
    foreign: foreignEvent.filter(({ event }) => !needsClock(event)),
    odd: fc.oneof({ weight: 24, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: oddEvent }),
  })
  .map(({ graph, foreign: { job, event }, odd }) => (recorder) => {
    const recorded = recorder.record({ graphId: `graph ${graph}`, jobId: job === null ? null : jobId(job) }, event);
    if (odd === null) return recorded;
    return { ...recorded, schemaVersion: odd.version, ...readEvent(odd.type, odd.version, odd.data) };
  });

/** There is no clock in a server: what is written too early is believed until something shows otherwise. */
const needsClock = ({ type, data }: DomainEvent) =>
  type === 'JobExpired' || (type === 'GraphAborted' && 'deadline' in data);

spec.test('on events that cannot follow, that nobody can read, and that are none of ours', () => {
  const untimed = historiesOf(graphShape.map((shape) => ({ ...shape, timed: [] })));
  const strange = fc.array(fc.record({ at: fc.nat(), make: strangeEvent }), { maxLength: 60, size: 'max' });
  fc.assert(
    fc.property(untimed, strange, histories, fc.nat(), (legal, mixedIn, ofOthers, look) => {
      const recorder = new Recorder();
      const events = [...legal];
      for (const { at, make } of mixedIn) events.splice(at % (events.length + 1), 0, make(recorder));
      const projected = new Projected().take(ofOthers, 'tenant').take(ofOthers.slice(0, 9), `${namespace}.graph`);
      events.forEach((event, index) => {
        if (index < ofOthers.length) projected.take([ofOthers[index]!], `${namespace}1`);
        projected.take([event]);
        if (index === look % events.length) assertParity(projected, events.slice(0, index + 1));
      });
      assertParity(projected, events);
    }),
    runs,
  );
});

const from = { graphId: 'g', jobId: 'a', attempt: 1, eventId: '00000000-0000-4000-8000-00000000000f' };

const at = '2026-03-01T05:00:00.000Z';
const said = { by: 'me', reason: 'no' };
const { jobs } = (submitted({ a: [] }) as EventOf<'GraphSubmitted'>).data;
const ofSchedules: readonly DomainEvent[] = [
  { type: 'ScheduleNamed', data: { name: 'n' } },
  {
    type: 'ScheduleSet',
    data: {
      ...{ jobs, args: {}, labels: { x: 'y' }, priority: 1, overlap: 'buffer-one', catchUpMs: 1, ...said },
      ...{ cron: '0 6 * * *', timezone: 'UTC', everyMs: 1 },
    },
  },
  { type: 'SchedulePaused', data: said },
  { type: 'ScheduleResumed', data: said },
  { type: 'ScheduleRemoved', data: said },
  { type: 'ScheduleTriggered', data: { instants: [at], ...said, backfill: { from: at, to: at } } },
  { type: 'ScheduleFired', data: { instant: at, kind: 'buffered', graphId: 'n@2026-03-01T05:00:00Z', aborts: 'n' } },
  { type: 'ScheduleBuffered', data: { instant: at } },
  { type: 'ScheduleSkipped', data: { from: at, to: at, why: 'missed', count: 1 } },
];

const readable: readonly DomainEvent[] = [
  submitted({ a: [], b: ['a'] }),
  forked({ a: [], b: ['a'] }, { a: { rows: [1, null] } }),
  submitted({ a: [] }, { when: 'any-failed', optional: ['b'], carried: carried(), carriedStatus: 'skipped' }),
  submitted({ a: [] }, { external: { for: 'x' }, carried: { ...carried(), attempt: 0 } }),
  submitted({ a: [] }, { memoize: { key: 'k', maxAgeMs: 1, fresh: true } }),
  submitted(
    { a: [] },
    {
      args: { x: 1 },
      retry: { maximumAttempts: 3, initialIntervalMs: 0, backoffCoefficient: 2, jitter: 0.5, nonRetryable: ['E'] },
      timeoutMs: 5,
      maximumLostLeases: 0,
    },
  ),
  graphAborted,
  graphReset,
  graphPaused,
  graphResumed,
  { type: 'WorkPaused', data: { jobType: null, by: 'me', reason: 'no' } },
  { type: 'WorkResumed', data: { jobType: 'a', by: 'me', reason: 'go' } },
  started(),
  { type: 'Heartbeat', data: { attempt: 1, progress: 0.5, details: { x: 1 } } },
  finished(),
  { type: 'JobFinished', data: { attempt: 1, result: null, memoized: { ...from, finishedAt: carried().finishedAt } } },
  { type: 'ResultMemoized', data: { ...from, revision: 0 } },
  ...ofSchedules,
  skipped(),
  deferred(),
  answered(),
  answeredFailed(),
  failed(),
  faulted(),
  { type: 'JobAborted', data: { by: 'w', message: '', silent: false, attempt: 1 } },
  reset(),
];

const values = [undefined, null, 0, 1, -1, 1.5, 2 ** 60, '', 'text', true, [], ['x'], [3], {}, { x: 1 }];

/** A value, and its variants: in each, one thing inside has another type or is missing. */
function* spoilt(value: unknown): Generator {
  yield* values;
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    for (const other of spoilt(inner)) {
      yield Array.isArray(value)
        ? Object.assign([...(value as unknown[])], { [key]: other })
        : { ...value, [key]: other };
    }
  }
}

spec.test('on which events can be read', () => {
  const projected = new Projected();
  let number = 0;
  for (const { type, data } of readable) {
    for (const version of [1, 0, 1.5, 2, 3, 4]) {
      for (const each of version === 1 || version === 2 || version === 3 ? [data, ...spoilt(data)] : [data]) {
        if (each === undefined) continue;
        const stored = JSON.parse(JSON.stringify(each)) as unknown;
        const graphId = `graph ${number++}`;
        const event = readEvent(type, version, stored);
        projected.take([{ ...recordedIn(graphId), schemaVersion: version, ...event }]);
        const { isUnreadable } = projected.progress.state<{ readonly isUnreadable: boolean }>(graphId);
        assert.is(isUnreadable, event.type === 'Unreadable', `${type} ${version} ${JSON.stringify(stored)}`);
      }
    }
  }
});

function recordedIn(graphId: string): RecordedEvent {
  return new Recorder().record({ graphId, jobId: null }, graphReset);
}

if (whyNoInstances !== null) spec.skip('on runs of recorded production workflows', whyNoInstances);
else {
  for (const name of ['blast-chameleon-small-001', 'rnaseq-dirt02-001', 'bwa-chameleon-large-001']) {
    spec.test(`on a run of the recorded workflow ${name}, some of whose jobs fail and are retried`, async () => {
      const events = await run(name);
      assert.ok(events.some((event) => event.type === 'JobReset'));
      const projected = new Projected();
      for (let from = 0; from < events.length; from += 211) projected.take(events.slice(from, from + 211)).restart();
      assertParity(projected, events);
    });
  }
}

/** Runs a recorded workflow and returns the whole log, which is the history of its one graph. */
async function run(name: string): Promise<readonly RecordedEvent[]> {
  const { graph } = workflowInstances().find((each) => each.name === name)!;
  const db = await store('memory:', { namespace });
  await install(db);
  await transactGraph(db, graph);
  let begun = 0;
  const task = () => {
    begun += 1;
    if (begun % 37 === 0) throw new RangeError('every so often');
  };
  const worker = await start({ concurrency: 16 }, db, { task });
  while ((await waitForGraph(db, graph.id)).status === 'failed') await retryGraph(db, graph.id);
  await worker.stop();
  const all = await orThrow(db.log.readAll({ limit: 1_000_000 }));
  assert.equal(await orThrow(db.log.readGraph(graph.id)), all);
  await db.close();
  return all;
}

spec.run();
