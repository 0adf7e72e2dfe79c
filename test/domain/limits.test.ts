import fc from 'fast-check';
import { checkLimitKey, checkLimitPattern } from '../../src/domain/check-limits.js';
import type { DomainEvent, EventOf } from '../../src/domain/events.js';
import { problemIn } from '../../src/domain/graph-rules.js';
import { eventText } from '../../src/domain/event-phrases.js';
import { decideJob } from '../../src/domain/job-decisions.js';
import { decideLimit } from '../../src/domain/limit-decisions.js';
import { limitKeyOf, limitStream, Places } from '../../src/domain/limit-places.js';
import { settingFor } from '../../src/domain/limit-settings.js';
import { scheduleStream } from '../../src/domain/schedules.js';
import { namespaceStream } from '../../src/domain/namespace-stream.js';
import { evolveWork, initialWork, whyNoWork } from '../../src/domain/pauses.js';
import { versionOf } from '../../src/domain/read-event.js';
import { submissionOf } from '../../src/domain/submission.js';
import { jobGraph, simpleGraph } from '../../src/index.js';
import { finished, graphAfter, Recorder, revoked, started, submitted } from '../support/given.js';
import { left, right } from '../support/right.js';
import { assert, describe } from '../support/spec.js';

const spec = describe('limits');

// ---- what jobs say

function limitsOf(limits: unknown, args: object = { organisation: 7, region: 'eu' }): unknown {
  return jobGraph({ jobs: { a: { type: 't', limits: limits as never } } }, args, { id: 'g' }).jobs['a']!.limits;
}

spec.test('given keys, units and templates, then a graph has the keys in their order', () => {
  assert.equal(limitsOf(['tenant-{organisation}', { key: 'api-{region}', units: 2 }, { key: 'b', units: 1 }]), [
    { key: 'api-eu', units: 2 },
    { key: 'b' },
    { key: 'tenant-7' },
  ]);
  assert.is(limitsOf([]), undefined);
  assert.is(limitsOf(null), undefined);
  const simple = simpleGraph({ id: 'x', type: 't', args: { n: 'q' }, limits: ['k-{n}'] });
  assert.equal(simple.jobs['x']!.limits, [{ key: 'k-q' }]);
});

const slips: readonly (readonly [string, unknown, RegExp])[] = [
  ['a text', 'api', /^limits of job "a" is the string "api"; write limits: \['tenant-7'/],
  ['a number', [3], /^one of the limits of job "a" is a number/],
  ['an unknown field', [{ key: 'a', unit: 2 }], /has no field "unit".*units/],
  ['no key', [{ units: 2 }], /^key in the limits of job "a" is missing/],
  ['no units', [{ key: 'a', units: 0 }], /^units of "a" in the limits of job "a" is 0; it is a whole number from 1/],
  ['units of text', [{ key: 'a', units: '2' }], /is the string "2"; it is a whole number from 1/],
  ['a key twice', ['a', { key: 'a', units: 2 }], /^limits of job "a" have the key "a" twice; give it once, with units/],
  ['the same key by a template', ['tenant-7', 'tenant-{organisation}'], /"tenant-7" twice/],
  [
    'an arg that is not there',
    ['t-{org}'],
    /^"t-{org}" in the limits of job "a" names the arg "org", which is missing/,
  ],
  ['an arg that is a list', ['t-{organisation}'], /"organisation", which is a list; it must be a text or a number/],
  ['a slash', ['a/b'], /has a \/, which no key can have/],
  ['a star', ['a*'], /has a \*, which no key can have/],
  ['too many', Array.from({ length: 9 }, (_, n) => `k${n}`), /are 9; a job has at most 8/],
  ['an empty key', [''], /^key in the limits of job "a" is empty/],
];

for (const [what, given, expected] of slips) {
  spec.test(`given ${what} as limits, then one sentence says what is wrong`, () => {
    assert.throws(() => limitsOf(given, what.includes('a list') ? { organisation: [1] } : undefined), expected);
  });
}

spec.test('given a job that is answered from outside, then it has no limits', () => {
  const jobs = { a: { type: 't', external: true, limits: ['k'] } };
  assert.throws(() => jobGraph({ jobs }, {}, { id: 'g' }), /external and has limits; no worker runs it/);
});

spec.test('given limits, then a submission needs readers that know them, and differs from one without', () => {
  const graph = (limits: string[]) => jobGraph({ jobs: { a: { type: 't', limits } } }, {}, { id: 'g' });
  const [part] = submissionOf(graph(['k'])).parts;
  assert.is(versionOf(part!), 3);
  assert.is(versionOf(submissionOf(graph([])).parts[0]!), 1);
  assert.is.not(submissionOf(graph(['k'])).text, submissionOf(graph(['l'])).text);
  assert.is(submissionOf(graph(['k', 'l'])).text, submissionOf(graph(['l', 'k'])).text);
});

// ---- what operators set

const ann = { by: 'ann', reason: 'x' };
const set = (key: string, measure: object): DomainEvent => ({ type: 'LimitSet', data: { key, ...measure, ...ann } });
const removed = (key: string): DomainEvent => ({ type: 'LimitRemoved', data: { key, ...ann } });

function workAfter(...events: readonly DomainEvent[]) {
  const recorder = new Recorder();
  return events.map((event) => recorder.record(namespaceStream, event)).reduce(evolveWork, initialWork);
}

spec.test(
  'given several settings, then the key itself goes before patterns, and a longer pattern before a shorter',
  () => {
    const work = workAfter(
      set('*', { concurrency: 9 }),
      set('tenant-*', { concurrency: 3 }),
      set('tenant-vip-*', { concurrency: 5 }),
      set('tenant-vip-1', { starts: 2, windowMs: 1000 }),
    );
    const found = ['x', 'tenant-1', 'tenant-vip-2', 'tenant-vip-1'].map((key) => settingFor(work.limits, key)!.key);
    assert.equal(found, ['*', 'tenant-*', 'tenant-vip-*', 'tenant-vip-1']);
    const without = evolveWork(work, new Recorder().record(namespaceStream, removed('tenant-vip-1')));
    assert.is(settingFor(without.limits, 'tenant-vip-1')!.key, 'tenant-vip-*');
    assert.is(settingFor(workAfter().limits, 'x'), null);
  },
);

spec.test('given what is set already, then setting it again does nothing, and an event that does is an anomaly', () => {
  const work = workAfter(set('a', { concurrency: 2 }));
  const command = (concurrency: number) =>
    decideLimit(work, { kind: 'set', key: 'a', measure: { concurrency }, ...ann });
  assert.equal(right(command(2)), []);
  assert.equal(right(command(3)), [set('a', { concurrency: 3 })]);
  const again = new Recorder().record(namespaceStream, set('a', { concurrency: 2 }));
  assert.is(whyNoWork(work, again), 'limit "a" is set to this already');
  assert.is(whyNoWork(work, new Recorder().record(namespaceStream, removed('b'))), 'no limit is set for "b"');
});

spec.test('given a key that has no setting of its own, then removing it is refused, and says what holds', () => {
  const remove = (key: string) =>
    left(decideLimit(workAfter(set('ab-*', { concurrency: 1 })), { kind: 'remove', key, ...ann }));
  assert.equal(remove('ab-1'), {
    code: 'limit-not-found',
    message: 'no limit is set for "ab-1"; it comes under "ab-*", which is',
  });
  assert.match(remove('ab-').message, /^no limit is set for "ab-"/);
});

const keys: readonly (readonly [string, boolean, boolean])[] = [
  ['tenant-7', true, true],
  ['tenant-*', false, true],
  ['*', false, true],
  ['a*b', false, false],
  ['', false, false],
  ['a/b', false, false],
  [' a', false, false],
];

for (const [key, isKey, isPattern] of keys) {
  spec.test(
    `given ${JSON.stringify(key)}, then it is ${isKey ? 'a' : 'no'} key and ${isPattern ? 'a' : 'no'} pattern`,
    () => {
      const passes = (check: () => void) => {
        try {
          check();
          return true;
        } catch (thrown) {
          assert.match(problemIn(thrown), /^it /);
          return false;
        }
      };
      assert.is(
        passes(() => checkLimitKey(key, 'it')),
        isKey,
      );
      assert.is(
        passes(() => checkLimitPattern(key, 'it')),
        isPattern,
      );
    },
  );
}

// ---- places

type Taken = EventOf<'PlaceTaken'>['data'];
const owner = (jobId: string, after = -1) => ({ graphId: 'g', jobId, attempt: 1, after });
const taken = (jobId: string, measure: object, more: Partial<Taken> = {}): DomainEvent => {
  return { type: 'PlaceTaken', data: { ...owner(jobId), units: 1, ...measure, ...more } };
};
const back = (jobId: string, after = -1): DomainEvent => ({ type: 'PlaceGivenBack', data: owner(jobId, after) });

/** Events that are recorded at given times, and why each has no effect. */
function placesAfter(...given: readonly (readonly [at: number, event: DomainEvent])[]) {
  const recorder = new Recorder();
  const places = new Places('k');
  const why = given.map(([at, event]) => {
    const recorded = recorder.record(limitStream('k'), event);
    return places.apply({ ...recorded, recordedAt: new Date(at).toISOString() });
  });
  return { places, why };
}

const two = { concurrency: 2 };
const rate = { starts: 2, windowMs: 1000 };

spec.test('given more claims than places, then the ones over are void, until a place is given back', () => {
  const { places, why } = placesAfter(
    [0, taken('a', two)],
    [0, taken('b', two)],
    [0, taken('c', two)],
    [0, back('a')],
    [0, taken('c', two)],
  );
  assert.equal(why, [null, null, '2 of 2 places were taken, and it takes 1', null, null]);
  assert.equal(
    places.taken.map(({ jobId, revision }) => [jobId, revision]),
    [
      ['b', 1],
      ['c', 4],
    ],
  );
  assert.equal([places.unitsTaken, places.unitsFree(two), places.countOf('g'), places.countOf('h')], [2, 0, 2, 0]);
});

spec.test('given units, then all of them must be free', () => {
  const { places, why } = placesAfter(
    [0, taken('a', two)],
    [0, taken('b', two, { units: 2 })],
    [0, back('a')],
    [0, taken('b', two, { units: 2 })],
  );
  assert.equal(why, [null, '1 of 2 places were taken, and it takes 2', null, null]);
  assert.is(places.unitsTaken, 2);
});

spec.test('given a rate, then a place that the log recorded too early is void, to the millisecond', () => {
  const { places, why } = placesAfter(
    [5000, taken('a', rate)],
    [5400, taken('b', rate)],
    [5999, taken('c', rate)],
    [6000, taken('c', rate)],
    [6399, taken('d', rate)],
    [6400, taken('d', rate)],
  );
  const until = (at: number) => `there was no further start before ${new Date(at).toISOString()}`;
  assert.equal(why, [null, null, until(6000), null, until(6400), null]);
  assert.is(places.nextStart(rate), 7000);
  assert.equal(
    [5999, 6400, 7399, 7400].map((now) => places.startsWithin(rate, now)),
    [2, 2, 1, 0],
  );
  assert.is(places.nextStart(two), -Infinity);
});

spec.test('given a place that is given back, then its start still counts for the rate', () => {
  const { why } = placesAfter([0, taken('a', rate)], [1, back('a')], [2, taken('b', rate)], [3, taken('c', rate)]);
  assert.is(why[3], 'there was no further start before 1970-01-01T00:00:01.000Z');
});

spec.test(
  'given a claim that has a place, then a second one for it is void; behind another revision it is another claim',
  () => {
    const { places, why } = placesAfter([0, taken('a', two)], [0, taken('a', two)], [0, taken('a', two, { after: 3 })]);
    assert.equal(why, [null, 'its claim has a place already', null]);
    assert.equal([places.has(owner('a')), places.has(owner('a', 3)), places.has(owner('a', 4))], [true, true, false]);
  },
);

spec.test('given a place that nobody has, or an event of another stream, then it has no effect', () => {
  const { places, why } = placesAfter([0, back('a')], [0, { type: 'ScheduleNamed', data: { name: 'x' } }]);
  assert.equal(why, ['no such place is taken', 'ScheduleNamed does not belong in the stream of a limit']);
  assert.is(places.revision, 1);
});

spec.test('given a snapshot, then what follows is judged as if all had been read', () => {
  const { places } = placesAfter([0, taken('a', { ...two, ...rate })], [500, taken('b', { ...two, ...rate })]);
  const kept = new Places('k', JSON.parse(JSON.stringify(places.snapshot)) as typeof places.snapshot);
  assert.equal(kept.snapshot, places.snapshot);
  assert.equal([kept.unitsFree(two), kept.nextStart(rate), kept.countOf('g')], [0, 1000, 2]);
});

spec.test('given streams, then only those of limits have a key', () => {
  assert.equal(
    [limitStream('tenant-7'), scheduleStream('tenant-7'), namespaceStream, { graphId: 'g', jobId: 'limit/x' }].map(
      limitKeyOf,
    ),
    ['tenant-7', null, null, null],
  );
});

spec.test('given events of limits, then they are told in words', () => {
  const said = [set('a', { concurrency: 2, ...rate }), removed('a'), taken('j', two, { units: 2 }), back('j')];
  assert.equal(
    said.map((event) => eventText(new Recorder().record(limitStream('a'), event))),
    [
      'a: 2 at a time, 2 starts in any 1000 ms, by ann: x',
      'a, by ann: x',
      'for g/j, attempt 1, 2 units, of 2 at a time',
      'for g/j, attempt 1',
    ],
  );
});

// ---- claims that are revoked

spec.test('given an unstarted job, then its next claim can be revoked, which changes the revision only', () => {
  const before = graphAfter(submitted({ a: [] })).jobs.get('a')!;
  assert.equal(right(decideJob(before.subject(), { kind: 'revoke', attempt: 1 })), [revoked(1)]);
  const after = graphAfter(submitted({ a: [] }), ['a', revoked(1)]).jobs.get('a')!;
  const { revision, lastEventId, ...rest } = after.state;
  const { revision: _revision, lastEventId: _id, ...same } = before.state;
  assert.equal(rest, same);
  assert.equal([revision, lastEventId === null, after.isReady], [0, false, true]);
  assert.is(
    graphAfter(submitted({ a: [] }), ['a', revoked(1)], ['a', started()], ['a', finished()]).status,
    'finished',
  );
});

spec.test('given another attempt, or a job that runs, then nothing can be revoked', () => {
  const running = graphAfter(submitted({ a: [] }), ['a', started()]).jobs.get('a')!;
  for (const attempt of [1, 2]) {
    assert.is(left(decideJob(running.subject(), { kind: 'revoke', attempt })).code, 'attempt-superseded');
  }
  assert.is(graphAfter(submitted({ a: [] }), ['a', revoked(2)]).anomalies.length, 1);
  assert.is(graphAfter(submitted({ a: [] }), ['a', started()], ['a', revoked(2)]).anomalies.length, 1);
});

// ---- laws

const step = fc.record({
  afterMs: fc.integer({ min: 0, max: 400 }),
  job: fc.integer({ min: 0, max: 7 }),
  claim: fc.integer({ min: 0, max: 3 }),
  units: fc.integer({ min: 1, max: 3 }),
  isBack: fc.boolean(),
});

spec.test('whatever is taken and given back, there are never more units than the limit, nor starts in a window', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const measure = { concurrency: 4, starts: 3, windowMs: 500 };
      const recorder = new Recorder();
      const places = new Places('k');
      const held = new Map<string, number>();
      const starts: number[] = [];
      let now = 1000;
      for (const { afterMs, job, claim, units, isBack } of steps) {
        now += afterMs;
        const event = isBack ? back(`j${job}`, claim) : taken(`j${job}`, measure, { after: claim, units });
        const recorded = recorder.record(limitStream('k'), event);
        const id = `${job} ${claim}`;
        const had = held.has(id);
        const sum = [...held.values()].reduce((all, each) => all + each, 0);
        const recent = starts.filter((at) => at > now - 500).length;
        const why = places.apply({ ...recorded, recordedAt: new Date(now).toISOString() });
        const isRight = isBack ? had : !had && sum + units <= 4 && recent < 3;
        assert.is(why === null, isRight, why ?? 'it has an effect');
        if (!isRight) continue;
        if (isBack) held.delete(id);
        else {
          held.set(id, units);
          starts.push(now);
        }
      }
      assert.is(
        places.unitsTaken,
        [...held.values()].reduce((all, each) => all + each, 0),
      );
      assert.equal(new Places('k', places.snapshot).snapshot, places.snapshot);
    }),
    { numRuns: 300 },
  );
});

spec.run();
