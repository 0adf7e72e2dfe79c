import fc from 'fast-check';
import {
  canonicalData,
  eventLine,
  keptData,
  readEventLine,
  recordedEvent,
} from '../../src/evidence/canonical-event.js';
import type { Position } from '../../src/domain/events.js';
import { leafContent } from '../../src/evidence/leaf-content.js';
import { readRedaction, redact, type Redaction } from '../../src/evidence/redaction.js';
import { treeHash } from '../../src/log/tree-hash.js';
import { left, right } from '../support/right.js';
import { assert, describe } from '../support/spec.js';
import { jsonValue, storedHistories } from '../history/histories.js';

const runs = { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 300) };
const at = '1' as Position;

const canonical = describe('the canonical form of events', { timeoutMs: 60_000 });

canonical.test('data comes back as it was, whatever its keys are called, and its form is stable', () => {
  fc.assert(
    fc.property(jsonValue, (value) => {
      const text = JSON.stringify(value);
      const form = canonicalData(text);
      const parsed: unknown = JSON.parse(text);
      assert.is(keptData(form), JSON.stringify(parsed));
      assert.is(canonicalData(keptData(form)!), form);
      assert.is(canonicalData(` ${JSON.stringify(value, null, 1)}\n`), form);
    }),
    runs,
  );
});

canonical.test('what is no JSON is a string; what no double can hold is what the parser makes of it', () => {
  assert.is(canonicalData('no {json'), '"no {json"');
  assert.is(canonicalData('{"b":1,"a":2,"10":3,"2":4,"b":5}'), '{"2":4,"10":3,"b":5,"a":2}');
  assert.is(canonicalData('[1.0,1e400,-0,12345678901234567890,"\\u0041"]'), '[1,null,0,12345678901234567000,"A"]');
});

canonical.test('every event reads back from its line, and from no other text', () => {
  fc.assert(
    fc.property(storedHistories, (events) => {
      for (const event of events) {
        const line = eventLine(event);
        assert.equal(right(readEventLine(line, event.position)), event);
        assert.is(line.includes('\n'), false);
      }
      const [first] = events;
      const line = eventLine(first!);
      for (const other of [
        ` ${line}`,
        `${line} `,
        line.replace(':', ': '),
        line.replace('"jobId"', '"jobID"'),
        'x',
        '{}',
      ]) {
        left(readEventLine(other, at));
      }
    }),
    { numRuns: runs.numRuns / 10 },
  );
});

const event = right(
  readEventLine(
    '{"graphId":"g","jobId":"j","revision":1,"id":"79d8605e-b9d3-4524-9a60-fc20d059d938","type":"JobFinished","schemaVersion":1,"recordedAt":"2026-01-01T00:00:00.000Z","causationId":null,"actor":"w","data":{"attempt":1,"result":{"token":"secret","list":[1,{"x":"secret"}]}}}',
    at,
  ),
);

canonical.test('lines that could be taken for others are refused', () => {
  const line = eventLine(event);
  const wrong: readonly (readonly [RegExp, string])[] = [
    [/^revision: expected whole number from 0, got -1/, line.replace('"revision":1', '"revision":-1')],
    [/is not written as an export writes it/, line.replace('"revision":1', '"revision":1.0')],
    [/is not written as an export writes it/, line.replace('"w"', '"\\u0077"')],
    [/is not written as an export writes it/, line.replace('"data"', '"more":1,"data"')],
    [/^id: expected UUID in lower case/, line.replace('79d8605e', '79D8605E')],
    [/^recordedAt: expected instant/, line.replace('.000Z', 'Z')],
    [/marked as redacted that cannot be/, line.replace('"attempt":1', '"attempt":{"$redacted":"sha256:00"}')],
    [/or the mark is not a valid one/, line.replace('"secret"', '{"$redacted":"secret"}')],
    [/or the mark is not a valid one/, line.replace('"secret"', `{"$redacted":"sha256:${'0'.repeat(64)}","b":1}`)],
  ];
  for (const [problem, text] of wrong) assert.match(left(readEventLine(text, at)), problem);
});
canonical.run();

const leaves = describe('leaves and redaction', { timeoutMs: 60_000 });

const redaction = (path: string): Redaction => right(readRedaction(path));

leaves.test('an everyday event is its own leaf; a payload is a digest in it', () => {
  const plain = { ...event, data: '{"attempt":1,"result":null}' };
  assert.is(leafContent(plain, treeHash), eventLine(plain));
  const content = leafContent(event, treeHash);
  assert.match(content, /"data":\{"attempt":1,"result":"sha256:[0-9a-f]{64}"\}\}$/);
  assert.is(content.includes('secret'), false);
});

leaves.test('equal values have unequal digests, in other places and other events', () => {
  const data = '{"attempt":1,"result":["a","a"],"details":"a"}';
  const digests = (id: string) => {
    const marked = redact({ ...event, id, data }, redaction('result[]'), treeHash).event;
    return [...redact(marked, redaction('details'), treeHash).event.data.matchAll(/sha256:(\w+)/g)].map(
      ([, hex]) => hex,
    );
  };
  const all = [...digests(event.id), ...digests('79d8605e-b9d3-4524-9a60-fc20d059d939')];
  assert.is(all.length, 6);
  assert.is(new Set(all).size, 6);
});

leaves.test('whatever is redacted, the leaf stays the same, and what is left reads as it did', () => {
  const paths = [
    'result',
    'result.*',
    'result[]',
    'details.*.*',
    'args.payload',
    'args',
    'failure.message',
    'failure.data',
    '*',
    '["10"]',
    'jobs[].args',
  ];
  fc.assert(
    fc.property(storedHistories, fc.subarray(paths), (events, chosen) => {
      for (const stored of events) {
        const redacted = chosen.reduce((before, path) => redact(before, redaction(path), treeHash).event, stored);
        assert.is(leafContent(redacted, treeHash), leafContent(stored, treeHash));
        assert.equal(right(readEventLine(eventLine(redacted), stored.position)), redacted);
        if (redacted !== stored) assert.is(keptData(redacted.data), null);
        // It can still be followed: what was readable is.
        assert.is(recordedEvent(redacted).type === 'Unreadable', recordedEvent(stored).type === 'Unreadable');
      }
    }),
    { numRuns: runs.numRuns / 5 },
  );
});

leaves.test('a value changed inside what is left changes the leaf', () => {
  const { event: redacted, count } = redact(event, redaction('result.token'), treeHash);
  assert.is(count, 1);
  assert.is(redacted.data.includes('"token":"secret"'), false);
  assert.ok(redacted.data.includes('{"x":"secret"}'));
  const forged = { ...redacted, data: redacted.data.replace('{"x":"secret"}', '{"x":"Secret"}') };
  assert.is.not(leafContent(forged, treeHash), leafContent(event, treeHash));
});

leaves.test('what every proof shows cannot be redacted, and a path that is none is refused', () => {
  const problem = (path: string) => left(readRedaction(path));
  assert.match(problem('attempt'), /^"attempt" cannot be redacted: attempt is part of what every proof shows$/);
  assert.match(problem('data.worker.host'), /^"worker.host" cannot be redacted/);
  assert.match(problem('jobs'), /only jobs\[\]\.args and jobs\[\]\.carried can be$/);
  assert.match(problem('jobs[].type'), /only jobs\[\]\.args/);
  for (const path of ['', '.', 'a..b', 'a[', 'a[0]', '.a', '["a\\"]'])
    assert.match(problem(path), /is not a path in an event's data/);
  assert.equal(redaction('data.result["a.b"].*[].c').steps, ['result', 'a.b', null, null, 'c']);
});
leaves.run();
