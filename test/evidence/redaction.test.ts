/** What is redacted is nowhere else in the event. */
import type { Position } from '../../src/domain/events.js';
import {
  canonicalData,
  eventLine,
  eventOf,
  recordedEvent,
  recordedEventOf,
  type StoredEvent,
} from '../../src/evidence/canonical-event.js';
import { leafContent } from '../../src/evidence/leaf-content.js';
import { readRedaction, redact } from '../../src/evidence/redaction.js';
import { treeHash } from '../../src/log/tree-hash.js';
import { right } from '../support/right.js';
import { assert, describe } from '../support/spec.js';

const spec = describe('redaction');

function storedEvent(type: string, data: object, id = '00000000-0000-4000-8000-000000000001'): StoredEvent {
  return {
    graphId: 'g',
    jobId: 'a',
    revision: 3,
    id,
    type,
    schemaVersion: 1,
    recordedAt: '2026-01-01T00:00:00.000Z',
    causationId: null,
    actor: 'w',
    position: '7' as Position,
    data: canonicalData(JSON.stringify(data)),
  };
}

const failure = { reason: 'system/exception', exception: 'Error', message: 'card of Smith refused' };
const faulted = storedEvent('JobFaulted', {
  attempt: 1,
  cause: 'exception',
  failure,
  next: { kind: 'failed' },
  stack: 'Error: card of Smith refused\n    at pay (pay.js:3:9)',
});

for (const path of ['failure', 'failure.*', 'failure.message']) {
  spec.test(`given ${path} to redact, then the stack that repeats it is redacted too, and the leaf stays`, () => {
    const { event, count } = redact(faulted, right(readRedaction(path)), treeHash);
    assert.ok(count >= 2);
    assert.not.match(event.data, 'Smith');
    assert.is(leafContent(event, treeHash), leafContent(faulted, treeHash));
  });
}

spec.test('given a result to redact, then the results that forks carry over are redacted too', () => {
  const carried = {
    graphId: 'o',
    attempt: 1,
    eventId: 'e',
    finishedAt: '2026-01-01T00:00:00.000Z',
    result: 'card of Smith',
  };
  const jobs = [{ id: 'a', type: 't', parents: [], carried }];
  const forked = storedEvent('GraphSubmitted', { part: 1, parts: 1, jobs, args: {}, labels: {}, priority: 0 });
  const { event, count } = redact(forked, right(readRedaction('result')), treeHash);
  assert.is(count, 1);
  assert.not.match(event.data, 'Smith');
  assert.is(leafContent(event, treeHash), leafContent(forked, treeHash));
});

spec.test('given the same secret in two events, then neither their leaves nor what is left of them show that', () => {
  const of = (id: string) => storedEvent('JobFinished', { attempt: 1, result: { pin: 1234 } }, id);
  const both = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002'].map(of);
  const digests = both.map((event) => /sha256:(\w+)/.exec(leafContent(event, treeHash))![1]);
  assert.is.not(digests[0], digests[1]);
  const marks = both.map((event) => redact(event, right(readRedaction('result.pin')), treeHash).event.data);
  assert.is.not(marks[0], marks[1]);
});

spec.test(
  'given the line of an event, when its data are read once, then they are what they are when read twice',
  () => {
    const marked = { $redacted: 'sha256:00' };
    const results: readonly unknown[] = [
      null,
      'short',
      'x'.repeat(1000),
      { a: [1] },
      marked,
      { rows: marked, b: 'ä€' },
    ];
    const finished = results.map((result) => storedEvent('JobFinished', { attempt: 1, result }));
    const hidden = redact(faulted, right(readRedaction('failure')), treeHash).event;
    for (const event of [...finished, faulted, hidden, storedEvent('Invented', {}), storedEvent('JobStarted', {})]) {
      const value: unknown = JSON.parse(eventLine(event));
      const twice = recordedEvent(right(eventOf(value, event.position)));
      assert.equal(right(recordedEventOf(value, event.position)), twice);
      assert.equal(twice, recordedEvent(event));
    }
    const line = { ...(JSON.parse(eventLine(faulted)) as object), revision: -1 };
    assert.equal(recordedEventOf(line, faulted.position), eventOf(line, faulted.position));
    assert.match(JSON.stringify(eventOf(line, faulted.position)), 'revision: expected whole number from 0, got -1');
  },
);

spec.run();
