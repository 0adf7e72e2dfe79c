/** The projections on histories written by hand, and at their limits. */
import { randomUUID } from 'node:crypto';
import type { DomainEvent, JobDefinition, RecordedEvent } from '../../src/domain/events.js';
import { readEvent } from '../../src/domain/read-event.js';
import {
  aborted,
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
  started,
  submitted,
} from '../support/given.js';
import { canonicalJson, type JsonObject } from '../../src/prelude/json.js';
import { assert, describe } from '../support/spec.js';
import { expectedOutcome, type ProgressState } from './expected.js';
import { assertParity, namespace, Projected } from './projected.js';

const spec = describe('projections, case by case', { timeoutMs: 30_000 });

/** What happens in graph `g`, and the status of its jobs after it. */
interface Case {
  readonly given: readonly Happening[];
  readonly then: Readonly<Record<string, string>>;
}

const cases: Readonly<Record<string, Case>> = {
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

function part(number: number, of: number, jobs: Readonly<Record<string, readonly string[]>>): DomainEvent {
  const event = submitted(jobs) as Extract<DomainEvent, { type: 'GraphSubmitted' }>;
  return { type: event.type, data: { ...event.data, part: number, parts: of, labels: { part: String(number) } } };
}

function leaseLost(attempt: number, isLast: boolean) {
  const lost = isLast ? failed(attempt) : faulted(attempt);
  return { ...lost, data: { ...lost.data, cause: 'lease-expired' } } as typeof lost;
}

for (const [title, { given, then }] of Object.entries(cases)) {
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

function flat(jobs: number, parents: (index: number) => readonly string[] = () => []): readonly JobDefinition[] {
  return Array.from({ length: jobs }, (_, index) => ({ id: `j${index}`, type: 't', parents: parents(index) }));
}

function submissionOf(jobs: readonly JobDefinition[]): RecordedEvent {
  const event = submitted({}) as Extract<DomainEvent, { type: 'GraphSubmitted' }>;
  return new Recorder().record({ graphId: 'g', jobId: null }, { ...event, data: { ...event.data, jobs } });
}

spec.test('a graph of ten thousand jobs with two dependencies each is told of in bounded pieces', () => {
  const jobs = flat(10_000, (index) => (index < 2 ? [] : [`j${index - 1}`, `j${index - 2}`]));
  const events = [submissionOf(jobs)];
  const projected = new Projected().take(events);
  assertParity(projected, events);
  const sizes = projected.changes().map(({ data }) => data.changes.reduce((sum, { jobIds }) => sum + jobIds.length, 0));
  assert.is(
    sizes.reduce((sum, size) => sum + size),
    10_000,
  );
  assert.ok(Math.max(...sizes) <= 500);
});

spec.test('a graph beyond the limits is passed over, and said to be', () => {
  for (const jobs of [flat(10_001), flat(5000, () => Array.from({ length: 7 }, () => 'j0')), [longNamed()]]) {
    const projected = new Projected().take([submissionOf(jobs)]);
    assert.is(projected.progress.state<ProgressState>('g').status, 'too-large');
    assert.equal(projected.progress.state<ProgressState>('g').jobs, []);
    assert.equal(projected.changes(), [{ eventType: 'GraphPassedOver', data: { graphId: 'g', reason: 'too-large' } }]);
    projected.take([new Recorder().record({ graphId: 'g', jobId: 'j0' }, started())]);
    assert.is(projected.changes().length, 1);
    assert.is(projected.outcome(['g']).history['g']!.length, 2);
  }

  function longNamed(): JobDefinition {
    return { id: 'x'.repeat(1_000_001), type: 't', parents: [] };
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
