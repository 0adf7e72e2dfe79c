/** What a redaction must not leave behind, and exports and proofs that nobody wrote in good faith. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { recordedEvent, type StoredEvent } from '../../src/evidence/canonical-event.js';
import type { Position } from '../../src/domain/events.js';
import { ExportReader, ExportWriter } from '../../src/evidence/export-format.js';
import { leafContent } from '../../src/evidence/leaf-content.js';
import { hasWrongRedaction } from '../../src/evidence/payload-fields.js';
import { readRedaction, redact, redactedPaths } from '../../src/evidence/redaction.js';
import { escapeKeys, holdsRedaction, unescapeKeys } from '../../src/evidence/redaction-mark.js';
import { auditCheck, forkGraph, jobGraph, start, store, transactGraph, waitForGraph } from '../../src/index.js';
import { treeHash } from '../../src/log/tree-hash.js';
import type { Json } from '../../src/prelude/json.js';
import { right } from '../support/right.js';
import { assert, describe } from '../support/spec.js';
import { exportText, freshStore, temporaryFolder } from '../support/stores.js';

const redactions = describe('redacting what is said twice', { timeoutMs: 30_000 });

const faulted = {
  attempt: 1,
  cause: 'exception',
  failure: { reason: 'system/exception', exception: 'CardError4711', message: 'card 4711', data: { card: '4711' } },
  next: { kind: 'failed' },
  stack: 'CardError4711: card 4711\n    at pay (bill.js:3)',
};

function stored(type: string, data: unknown): StoredEvent {
  return {
    graphId: 'g',
    jobId: 'a',
    revision: 1,
    id: '01234567-89ab-4def-8123-456789abcdef',
    type,
    schemaVersion: 1,
    recordedAt: '2026-01-01T00:00:00.000Z',
    position: '1' as Position,
    causationId: null,
    actor: 'w',
    data: JSON.stringify(data),
  };
}

const event = stored('JobFaulted', faulted);
const without = (path: string, from = event) => redact(from, right(readRedaction(path)), treeHash).event;

const hidesStack: Readonly<Record<string, boolean>> = {
  failure: true,
  'failure.*': true,
  'failure.message': true,
  'failure["message"]': true,
  'data.failure.message': true,
  'failure.exception': true,
  '*': true,
  stack: true,
  'failure.data': false,
  'failure.data.card': false,
  'failure.reason': false,
  result: false,
};
redactions.test(
  'a failure, its message or its class takes the stack with it; what a stack does not say leaves it',
  () => {
    for (const [path, isHidden] of Object.entries(hidesStack)) {
      const redacted = without(path);
      assert.is(redacted.data.includes('at pay'), !isHidden, path);
      assert.is(leafContent(redacted, treeHash), leafContent(event, treeHash), path);
      assert.is(recordedEvent(redacted).type, 'JobFaulted', path);
    }
    assert.is(/card 4711|CardError/.test(without('failure').data), false);
  },
);

redactions.test('a stack is redacted where the failure was before, by an older release', () => {
  const older = { ...event, data: event.data.replace(/"stack":.*$/, `"stack":${JSON.stringify(faulted.stack)}}`) };
  const marked = {
    ...older,
    data: without('failure', older).data.replace(/"stack":\{[^}]*\}/, `"stack":${JSON.stringify(faulted.stack)}`),
  };
  assert.ok(marked.data.includes('card 4711'));
  assert.is(without('failure', marked).data.includes('card 4711'), false);
});

redactions.test('an export says that it did, and a fork’s copy of a result is redacted with it', async () => {
  const db = await freshStore('memory');
  const pay = () => {
    throw new TypeError('card of Smith');
  };
  const worker = await start({}, db, { sum: () => ({ card: 'of Jones' }), pay });
  await transactGraph(db, jobGraph({ sum: [], pay: ['sum'] }, {}, { id: 'g' }));
  await waitForGraph(db, 'g');
  await waitForGraph(db, (await forkGraph(db, 'g', { failed: true })).graphId);
  const text = await exportText(db, { redact: ['failure.message', 'result.card'] });
  assert.is(/Smith|Jones/.test(text), false);
  assert.match(
    text,
    /^\{"overseerExport":.*"redacted":\["failure\.message","stack","result\.card","jobs\[\]\.carried\.result\.card"\]\}\}\n/,
  );
  assert.equal(redactedPaths([right(readRedaction('details'))]), ['details']);
  await worker.stop();
  await db.close();
});

redactions.test('a path of a thousand steps is refused in a short sentence', () => {
  for (const path of ['*.'.repeat(1000) + '*', '[]'.repeat(50_000), 'a'.repeat(100_000) + '.', '.']) {
    const read = readRedaction(path);
    assert.ok(read._tag === 'Left' && read.left.length < 400);
  }
});
redactions.run();

const hostile = describe('an export that nobody wrote in good faith', { timeoutMs: 60_000 });

const nested = (levels: number, open = '[', close = ']') => `${open.repeat(levels)}1${close.repeat(levels)}`;

/** An export of one event with this as its result. */
function exportOf(result: string): string[] {
  const writer = new ExportWriter({ namespace: 'overseer', graphId: null, redacted: [] }, treeHash);
  const shallow = stored('JobFinished', { attempt: 1, result: 0 });
  const line = writer.event(shallow).replace('"result":0', `"result":${result}`);
  return [writer.header, line, writer.head()];
}

hostile.test('a line nested to any depth is an event, even if nobody can read what it says', () => {
  for (const levels of [1500, 5000, 20_000, 100_000]) {
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
    ] as const) {
      const reader = new ExportReader(treeHash);
      const [header, line] = exportOf(nested(levels, open, close));
      right(reader.read(header!));
      const event = recordedEvent(right(reader.read(line!))!);
      assert.is(event.type === 'Unreadable' && event.data.problem, 'nested-too-deep');
    }
    const reader = new ExportReader(treeHash);
    const [header, line] = exportOf(nested(levels, '[{"$redacted":', '}]'));
    right(reader.read(header!));
    assert.match((reader.read(line!) as { left: string }).left, /^something is marked as redacted that cannot be/);
  }
  const reader = new ExportReader(treeHash);
  assert.is(reader.read(nested(100_000))._tag, 'Left');
});

hostile.test('one that is as deep as an older release took it is read', () => {
  for (const [open, close] of [
    ['[', ']'],
    ['{"a":', '}'],
  ] as const) {
    const reader = new ExportReader(treeHash);
    const [header, line] = exportOf(nested(1300, open, close));
    right(reader.read(header!));
    assert.is(right(reader.read(line!))?.graphId, 'g');
  }
});

hostile.test('a file that is none, or that is deep, ends the opening with one sentence', async () => {
  const folder = temporaryFolder();
  const path = (name: string) => join(folder, name);
  writeFileSync(path('deep.jsonl'), `${exportOf(nested(100_000, '[{"$redacted":', '}]')).join('\n')}\n`);
  writeFileSync(path('latin.jsonl'), Buffer.concat([Buffer.from(`${exportOf('0')[0]!}\n`), Buffer.from([0xe9, 0x0a])]));
  writeFileSync(path('utf16.jsonl'), Buffer.from(exportOf('0').join('\n'), 'utf16le'));
  writeFileSync(path('bom.jsonl'), `\ufeff${exportOf('0').join('\n')}\n`);
  writeFileSync(path('nul.jsonl'), Buffer.alloc(100));
  writeFileSync(path('long.jsonl'), Buffer.alloc(5 * 1024 * 1024, 'x'));
  writeFileSync(path('twice.jsonl'), `${exportOf('0').join('\n').replace('"attempt":1', '"attempt":1,"attempt":1')}\n`);
  mkdirSync(path('folder.jsonl'));
  spawnSync('mkfifo', [path('pipe.jsonl')]);
  const sentences: Readonly<Record<string, RegExp>> = {
    'deep.jsonl': /deep\.jsonl, line 2: something is marked as redacted that cannot be/,
    'latin.jsonl': /latin\.jsonl, line 2: it is not UTF-8 text/,
    'utf16.jsonl': /utf16\.jsonl, line 1: it is (not UTF-8 text|not the header)/,
    'bom.jsonl': /bom\.jsonl, line 1: it is not the header of an export/,
    'nul.jsonl': /nul\.jsonl, line 1: it does not end with a line break/,
    'long.jsonl': /long\.jsonl, line 1: it is longer than any event$/,
    'twice.jsonl': /twice\.jsonl, line 2: it is not written as an export writes it$/,
    'folder.jsonl': /the export .*folder\.jsonl cannot be read: it is a folder$/,
    'pipe.jsonl': /the export .*pipe\.jsonl cannot be read: it is not a regular file; copy its content into one$/,
    'none.jsonl': /the export .*none\.jsonl cannot be read: there is no such file$/,
  };
  for (const [name, sentence] of Object.entries(sentences)) await assert.rejects(store(path(name)), sentence);
});

hostile.test('keys that look like marks are looked for and renamed at any depth', () => {
  const deep = (levels: number, inside: Json) => {
    let value = inside;
    for (let level = 0; level < levels; level++) value = level % 2 === 0 ? [value] : { a: value };
    return value;
  };
  const value = deep(100_000, { $redacted: 1, $$redacted: [{ __proto__x: 1 }] });
  assert.is(holdsRedaction(value), true);
  assert.is(holdsRedaction(deep(100_000, { redacted: 1 })), false);
  assert.is(holdsRedaction(escapeKeys(value)), false);
  assert.is(holdsRedaction(unescapeKeys(escapeKeys(value))), true);
  assert.is(hasWrongRedaction({ attempt: 1, result: value }), true);
  assert.is(hasWrongRedaction({ attempt: value }), true);
  const proto = JSON.parse('{"__proto__":{"$redacted":1}}') as Json;
  assert.is(JSON.stringify(escapeKeys(proto)), '{"__proto__":{"$$redacted":1}}');
});

hostile.test('a proof of nothing is one sentence', () => {
  for (const value of [null, 7, [], {}, { proof: 'inclusion' }, { proof: 'x', format: 1 }]) {
    assert.throws(() => auditCheck(value), /proof/);
  }
});
hostile.run();
