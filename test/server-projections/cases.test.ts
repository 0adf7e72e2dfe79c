/** The projections on histories written by hand. */
import { randomUUID } from 'node:crypto';
import type { DomainEvent, JobEvent } from '../../src/domain/events.js';
import { readEvent } from '../../src/domain/read-event.js';
import {
  aborted,
  carried,
  failed,
  faulted,
  finished,
  forked,
  graphAborted,
  graphReset,
  type Happening,
  heartbeat,
  Recorder,
  reset,
  skipped,
  started,
  submitted,
} from '../support/given.js';
import { canonicalJson, type JsonObject } from '../../src/prelude/json.js';
import { assert, describe } from '../support/spec.js';
import { expectedOutcome } from './expected.js';
import { type Case, external, withRules } from './external-cases.js';
import { timed } from './timed-cases.js';
import { growthCases } from './growth-cases.js';
import { assertParity, namespace, Projected } from './projected.js';

const spec = describe('projections, case by case', { timeoutMs: 30_000 });

/** A job under each rule, below the same two. */
const each = withRules(
  { a: [], b: [], all: ['a', 'b'], none: ['a', 'b'], ended: ['a', 'b'], one: ['a', 'b'], alarm: ['a', 'b'] },
  {
    none: { when: 'none-failed' },
    ended: { when: 'all-ended' },
    one: { when: 'any-finished' },
    alarm: { when: 'any-failed' },
  },
);

/** Job b is told of the abort of a twice: by a itself, and through c. */
const underAnAbort: readonly Happening[] = [
  withRules({ d: [], a: [], b: ['a', 'c'], c: ['a', 'd'], e: ['b'] }, { b: { when: 'any-finished' } }),
  ['d', started()],
  ['d', failed()],
];

const cases: Readonly<Record<string, Case>> = {
  ...growthCases,
  'a graph aborted while a job runs, and taken back before its owner has heard of it': {
    given: [submitted({ a: [], b: ['a'] }), ['a', started()], graphAborted, graphReset, ['a', finished()]],
    then: { a: 'ready', b: 'waiting' },
  },
  'an owner that goes on with its heartbeats after the abort of its graph': {
    given: [submitted({ a: [] }), ['a', started()], graphAborted, ['a', heartbeat()], graphReset, ['a', heartbeat()]],
    then: { a: 'ready' },
  },
  'a claim that comes after the abort of its graph, and counts as an attempt': {
    given: [submitted({ a: [] }), graphAborted, ['a', started()], graphReset, ['a', started(2)], ['a', finished(2)]],
    then: { a: 'finished' },
  },
  'a job under two aborted parents, one of which is reset': {
    given: [submitted({ a: [], b: [], c: ['a', 'b'] }), ['a', aborted()], ['b', aborted()], ['a', reset()]],
    then: { a: 'ready', b: 'aborted', c: 'aborted' },
  },
  'a job under two failed ancestors, one of which is reset': {
    given: [
      submitted({ a: [], b: [], c: ['a'], d: ['b', 'c'] }),
      ['a', started()],
      ['a', failed()],
      ['b', started()],
      ['b', failed()],
      ['a', reset()],
    ],
    then: { a: 'ready', b: 'failed', c: 'waiting', d: 'blocked' },
  },
  'a job that has killed its workers until it failed': {
    given: [
      submitted({ a: [], b: ['a'] }),
      ...[1, 2, 3].flatMap((attempt): Happening[] => [
        ['a', started(attempt)],
        ['a', leaseLost(attempt, attempt === 3)],
      ]),
    ],
    then: { a: 'failed', b: 'blocked' },
  },
  'a job that is tried again': {
    given: [submitted({ a: [] }), ['a', started()], ['a', faulted(1, 1_000_000)]],
    then: { a: 'ready' },
  },
  'a fork, in which parents and children stand in any order': {
    given: [forked({ d: ['c', 'a'], b: ['a'], a: [], c: ['b'] }, { a: 1, b: 2 }), ['c', started()], ['c', finished()]],
    then: { d: 'ready', b: 'finished', a: 'finished', c: 'finished' },
  },
  'a fork whose carried job is claimed, aborted and reset all the same': {
    given: [forked({ a: [], b: ['a'] }, { a: 1 }), ['a', started()], ['a', aborted()], ['a', reset()]],
    then: { a: 'finished', b: 'ready' },
  },
  'a fork that is aborted': {
    given: [forked({ a: [], b: ['a'] }, { a: 1 }), graphAborted],
    then: { a: 'finished', b: 'aborted' },
  },
  'a fork in which everything is carried over': {
    given: [forked({ a: [], b: ['a'] }, { a: 1, b: 2 })],
    then: { a: 'finished', b: 'finished' },
  },
  'an end of another attempt than the one that runs': {
    given: [submitted({ a: [] }), ['a', started()], ['a', finished(2)], ['a', started(3)]],
    then: { a: 'started' },
  },
  'a start of an attempt that is not the next': {
    given: [submitted({ a: [], b: [] }), ['a', started(2)], ['b', started()], ['b', faulted()], ['b', started()]],
    then: { a: 'ready', b: 'ready' },
  },
  'a start before the parents are finished': {
    given: [submitted({ a: [], b: ['a'] }), ['b', started()]],
    then: { a: 'ready', b: 'waiting' },
  },
  'a job that depends on one that does not exist, on itself, and on one twice': {
    given: [submitted({ a: ['nobody'], b: ['b'], c: ['d', 'd'], d: [] }), ['d', started()], ['d', finished()]],
    then: { a: 'waiting', b: 'waiting', c: 'ready', d: 'finished' },
  },
  'jobs that depend on each other in a circle, one of them aborted': {
    given: [submitted({ a: ['c'], b: ['a'], c: ['b'] }), ['a', aborted()], ['a', reset()], ['b', aborted()]],
    then: { a: 'aborted', b: 'aborted', c: 'aborted' },
  },
  'ids that every object knows, with slashes, and in other scripts': {
    given: [
      submitted({ constructor: [], 'a/b': ['constructor'], 'é 😀': ['a/b'], '1': ['é 😀'] }),
      ['constructor', started()],
      ['constructor', finished()],
      ['a/b', started()],
      ['a/b', finished()],
    ],
    then: { constructor: 'finished', 'a/b': 'finished', 'é 😀': 'ready', '1': 'waiting' },
  },
  'a claim of a failed job after the abort of its graph': {
    given: [
      submitted({ a: [] }),
      ['a', started()],
      ['a', failed()],
      graphAborted,
      ['a', started(7)],
      graphReset,
      ['a', reset()],
      ['a', started(2)],
    ],
    then: { a: 'started' },
  },
  'a graph in parts, in which one comes twice and one too early': {
    given: [
      part(1, 3, { b: ['a'] }),
      part(1, 3, { x: [] }),
      part(3, 3, { y: [] }),
      part(2, 3, { a: [] }),
      graphAborted,
      part(3, 3, { b: [], c: ['b'] }),
      part(1, 1, { z: [] }),
      part(4, 4, { z: [] }),
    ],
    then: { b: 'waiting', a: 'ready', c: 'waiting' },
  },
};

const ruled: Readonly<Record<string, Case>> = {
  'a job that skips itself, and those below it': {
    given: [
      withRules({ a: [], b: ['a'], c: ['b'], d: ['a'] }, { d: { optional: ['a'] } }),
      ['a', started()],
      ['a', skipped()],
    ],
    then: { a: 'skipped', b: 'skipped', c: 'skipped', d: 'ready' },
  },
  'a graph of which everything is skipped': {
    given: [submitted({ a: [], b: ['a'] }), ['a', started()], ['a', skipped()]],
    then: { a: 'skipped', b: 'skipped' },
  },
  'a job that is skipped, reset and run': {
    given: [
      submitted({ a: [], b: ['a'] }),
      ['a', started()],
      ['a', skipped()],
      ['a', reset()],
      ['a', started(2)],
      ['a', skipped(1)],
      ['a', finished(2)],
    ],
    then: { a: 'finished', b: 'ready' },
  },
  'each rule after a failure': { given: [each, ['a', started()], ['a', failed()]], then: afterOne('failed') },
  'each rule after an abort': { given: [each, ['a', aborted()]], then: afterOne('aborted') },
  'each rule after a skip': { given: [each, ['a', started()], ['a', skipped()]], then: afterOne('skipped') },
  'each rule after two successes': {
    given: [each, ...both(finished(), finished())],
    then: { a: 'finished', b: 'finished', all: 'ready', none: 'ready', ended: 'ready', one: 'ready', alarm: 'skipped' },
  },
  'each rule after a success and a skip': {
    given: [each, ...both(finished(), skipped())],
    then: {
      a: 'finished',
      b: 'skipped',
      all: 'skipped',
      none: 'ready',
      ended: 'ready',
      one: 'ready',
      alarm: 'skipped',
    },
  },
  'each rule after two skips': {
    given: [each, ...both(skipped(), skipped())],
    then: {
      a: 'skipped',
      b: 'skipped',
      all: 'skipped',
      none: 'ready',
      ended: 'ready',
      one: 'skipped',
      alarm: 'skipped',
    },
  },
  'each rule after a failure and an abort': {
    given: [each, ['a', started()], ['a', failed()], ['b', aborted()]],
    then: {
      a: 'failed',
      b: 'aborted',
      all: 'aborted',
      none: 'aborted',
      ended: 'ready',
      one: 'blocked',
      alarm: 'ready',
    },
  },
  'a job with a rule and no parents': {
    given: [withRules({ a: [], b: [], c: ['a'] }, { a: { when: 'any-finished' }, b: { when: 'any-failed' } })],
    then: { a: 'skipped', b: 'skipped', c: 'skipped' },
  },
  'a claim that was made before the reset of a parent': {
    given: [
      withRules({ a: [], b: ['a'] }, { b: { when: 'all-ended' } }),
      ['a', started()],
      ['a', failed()],
      ['a', reset()],
      ['b', started()],
      ['b', finished()],
    ],
    then: { a: 'ready', b: 'finished' },
  },
  'a claim that was made before a parent that may be skipped was reset': {
    given: [
      withRules({ a: [], b: ['a'] }, { b: { optional: ['a'] } }),
      ['a', started()],
      ['a', skipped()],
      ['a', reset()],
      ['b', started()],
    ],
    then: { a: 'ready', b: 'started' },
  },
  'a job that runs though its parents have failed since, and the abort of its graph, which takes it back': {
    given: [
      withRules({ a: [], b: [], c: ['a', 'b'], d: ['c'] }, { c: { optional: ['b'] } }),
      ...both(finished(), skipped()),
      ['b', reset()],
      ['c', started()],
      ['b', started(2)],
      ['b', failed(2)],
      graphAborted,
      graphReset,
    ],
    then: { a: 'finished', b: 'failed', c: 'blocked', d: 'blocked' },
  },
  'a graph that is aborted while some of its jobs are skipped': {
    given: [submitted({ a: [], b: ['a'], c: [] }), ['a', started()], ['a', skipped()], graphAborted],
    then: { a: 'skipped', b: 'skipped', c: 'aborted' },
  },
  'a job that is reset while its graph is aborted': {
    given: [submitted({ a: [], b: ['a'], c: [] }), ['a', started()], ['a', skipped()], graphAborted, ['a', reset()]],
    then: { a: 'aborted', b: 'aborted', c: 'aborted' },
  },
  'a fork that carries over what skipped itself': {
    given: [
      withRules(
        { c: ['b'], b: ['a'], a: [], d: ['a'] },
        { a: { carried: carried(), carriedStatus: 'skipped' }, d: { optional: ['a'] } },
      ),
    ],
    then: { c: 'skipped', b: 'skipped', a: 'skipped', d: 'ready' },
  },
  'an abort that turns what is blocked into what is aborted, in a graph whose jobs stand in any order': {
    given: [...underAnAbort, ['a', aborted()]],
    then: { d: 'failed', a: 'aborted', b: 'aborted', c: 'aborted', e: 'aborted' },
  },
  'the same, when the abort is reset': {
    given: [...underAnAbort, ['a', aborted()], ['a', reset()]],
    then: { d: 'failed', a: 'ready', b: 'waiting', c: 'blocked', e: 'waiting' },
  },
  'parents that may be skipped and come in a later part': {
    given: [
      ruledPart(1, 2, { c: ['a', 'b'] }, { c: { optional: ['a', 'x'] } }),
      ruledPart(2, 2, { a: [], b: [] }, {}),
      ...both(skipped(), finished()),
    ],
    then: { c: 'ready', a: 'skipped', b: 'finished' },
  },
};

function part(number: number, of: number, jobs: Readonly<Record<string, readonly string[]>>): DomainEvent {
  const event = submitted(jobs) as Extract<DomainEvent, { type: 'GraphSubmitted' }>;
  return { type: event.type, data: { ...event.data, part: number, parts: of, labels: { part: String(number) } } };
}

function ruledPart(number: number, of: number, ...[jobs, rules]: Parameters<typeof withRules>): DomainEvent {
  const event = withRules(jobs, rules) as Extract<DomainEvent, { type: 'GraphSubmitted' }>;
  return { ...event, data: { ...event.data, part: number, parts: of } };
}

function both(ofA: JobEvent, ofB: JobEvent): readonly Happening[] {
  return [
    ['a', started()],
    ['a', ofA],
    ['b', started()],
    ['b', ofB],
  ];
}

/** What the jobs under each rule come to when `a` ends so while `b` goes on. */
function afterOne(a: 'failed' | 'aborted' | 'skipped'): Readonly<Record<string, string>> {
  const success = { failed: 'blocked', aborted: 'aborted', skipped: 'waiting' }[a];
  const alarm = a === 'skipped' ? 'waiting' : 'ready';
  return { a, b: 'ready', all: success, none: success, ended: 'waiting', one: 'waiting', alarm };
}

function leaseLost(attempt: number, isLast: boolean) {
  const lost = isLast ? failed(attempt) : faulted(attempt);
  return { ...lost, data: { ...lost.data, cause: 'lease-expired' } } as typeof lost;
}

for (const [title, { given, then }] of Object.entries({ ...cases, ...external, ...ruled, ...timed })) {
  spec.test(title, () => {
    const recorder = new Recorder();
    const events = given.map((happening) =>
      'type' in happening
        ? recorder.record({ graphId: 'g', jobId: null }, happening)
        : recorder.record({ graphId: 'g', jobId: happening[0] }, happening[1]),
    );
    const outcome = new Projected().take(events).outcome(['g']);
    assert.is(textOf(outcome.graphs['g']!.statuses), textOf(then));
    assert.is(textOf(outcome), textOf(expectedOutcome(events)));
  });
}

/** `equal` cannot compare objects that have a key "constructor". */
function textOf(value: object): string {
  return canonicalJson(value as JsonObject);
}

spec.test('nothing is said of a graph before all of its submission is there', () => {
  const recorder = new Recorder();
  const record = (jobId: string | null, event: DomainEvent) => recorder.record({ graphId: 'g', jobId }, event);
  const events = [record(null, part(1, 2, { a: [] })), record(null, graphReset), record(null, graphAborted)];
  events.push(record('a', started()), { ...record(null, graphReset), ...readEvent('Unheard', 1, {}) });
  const projected = new Projected().take(events);
  assert.equal(projected.changes(), []);
  assertParity(projected, events);
  const whole = [...events, record(null, part(2, 2, { b: ['a'] }))];
  assertParity(projected.take(whole.slice(-1)), whole);
});

spec.test('what an event changes of a job is told once, however it is worked out', () => {
  const recorder = new Recorder();
  const histories: readonly (readonly Happening[])[] = [
    [forked({ c: ['b'], b: ['a'], a: [] }, { a: 1, b: 2 })],
    [...underAnAbort, ['a', aborted()], ['a', reset()]],
  ];
  for (const [index, given] of histories.entries()) {
    const graphId = `g${index}`;
    const projected = new Projected();
    for (const happening of given) {
      const [jobId, event] = 'type' in happening ? [null, happening] : happening;
      const told = projected.changes().length;
      projected.take([recorder.record({ graphId, jobId }, event)]);
      const jobIds = projected
        .changes()
        .slice(told)
        .flatMap(({ data }) => data.changes.flatMap((each) => each.jobIds));
      assert.equal(jobIds, [...new Set(jobIds)]);
    }
  }
});

spec.test('metadata that is missing or no JSON counts as that of the first version', () => {
  for (const metadata of [null, 'no JSON', '7', '{}', '{"schemaVersion":"9"}']) {
    const projected = new Projected();
    const event = { eventId: randomUUID(), eventType: 'GraphSubmitted', isJson: true, metadata };
    projected.server.append(`${namespace}.graph-g`, { ...event, data: JSON.stringify(submitted({ a: [] }).data) });
    projected.server.settle();
    assert.equal(projected.outcome(['g']).graphs['g']?.statuses, { a: 'ready' });
  }
});

spec.run();
