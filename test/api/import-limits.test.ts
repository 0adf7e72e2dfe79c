/** An import takes what this release could have written: the same rules for ids, the same limits. */
import { install, importLog, jobGraph, store, type Store, transactGraph, verify } from '../../src/index.js';
import type { StoredEvent } from '../../src/evidence/canonical-event.js';
import { limits } from '../../src/domain/limits.js';
import { createMemoryLog } from '../../src/log/memory/memory-log.js';
import { rightOf } from '../support/right.js';
import { assert, describe } from '../support/spec.js';
import { engines, freshStore, missingFor } from '../support/stores.js';

const at = '2026-01-01T00:00:00.000Z';
const worker = { id: 'w', host: 'h', pid: 1 };
const job = { id: 'a', type: 't', parents: [] };
const failure = { reason: 'r', exception: 'e', message: null };

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

/** An event of another log, in a job's stream unless the graph's is meant. */
function event(type: string, data: unknown, more: Partial<StoredEvent> = {}): Omit<StoredEvent, 'position'> {
  const envelope = {
    graphId: 'g',
    jobId: 'a',
    revision: 0,
    schemaVersion: 1,
    recordedAt: at,
    causationId: null,
    actor: 'w',
  };
  ids += 1;
  const id = `00000000-0000-4000-8000-${String(ids).padStart(12, '0')}`;
  return { ...envelope, id, type, data: textOf(data), ...more };
}

let ids = 0;

/** JSON of any depth. */
function textOf(data: unknown): string {
  try {
    return JSON.stringify(data);
  } catch {
    return `{"attempt":1,"result":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
  }
}

const submission = (more: object = {}, graphId = 'g') =>
  event(
    'GraphSubmitted',
    { part: 1, parts: 1, jobs: [job], args: {}, labels: {}, priority: 0, ...more },
    { jobId: null, graphId },
  );

const refused: Readonly<Record<string, readonly [events: readonly Omit<StoredEvent, 'position'>[], why: RegExp]>> = {
  'a graph id with a slash': [[submission({}, 'a/b')], /has a slash/],
  'a graph id with a line break': [[submission({}, 'a\nb')], /control character/],
  'a graph id of 201 bytes': [[submission({}, 'x'.repeat(201))], /201 bytes long/],
  'a graph id that begins with a space': [[submission({}, ' g')], /begins or ends with a space/],
  'a job id with an escape': [[submission({ jobs: [{ ...job, id: '\u001b[2J' }] })], /control character/],
  'a job id that is no ordinary key': [[submission({ jobs: [{ ...job, id: '__proto__' }] })], /__proto__/],
  'a job type of 201 bytes': [[submission({ jobs: [{ ...job, type: 'x'.repeat(201) }] })], /201 bytes long/],
  'an empty job type': [[submission({ jobs: [{ ...job, type: '' }] })], /is empty/],
  'args that are too large': [
    [submission({ args: { x: 'y'.repeat(limits.argsBytesMax) } })],
    /its args take \d+ bytes; the limit is 262144/,
  ],
  'args nested too deep': [[submission({ args: { x: nested(230) } })], /nested deeper than the limit of 200/],
  'labels that are no text': [[submission({ labels: { team: 7 } })], /labels/],
  'labels that are too large': [[submission({ labels: { team: 'x'.repeat(20_000) } })], /labels take/],
  'a stream of a job with a line break': [
    [submission(), event('JobStarted', { attempt: 1, worker, leaseMs: 1 }, { jobId: 'a\nb' })],
    /control character/,
  ],
  'a result that is too large': [
    [submission(), event('JobFinished', { attempt: 1, result: 'x'.repeat(limits.resultBytesMax) })],
    /its result takes \d+ bytes/,
  ],
  'a result nested 100,000 deep': [
    [submission(), event('JobFinished', nested(200_000))],
    /nested deeper than the limit of 200/,
  ],
  'details that are too large': [
    [submission(), event('Heartbeat', { attempt: 1, details: 'x'.repeat(limits.detailsBytesMax) })],
    /its details take/,
  ],
  'a failure that is too large': [
    [
      submission(),
      event('JobFaulted', {
        attempt: 1,
        cause: 'fault',
        failure: { ...failure, data: 'x'.repeat(40_000) },
        next: { kind: 'failed' },
      }),
    ],
    /its failure takes/,
  ],
  'a message that is an object': [
    [
      submission(),
      event('JobFaulted', {
        attempt: 1,
        cause: 'fault',
        failure: { ...failure, message: {} },
        next: { kind: 'failed' },
      }),
    ],
    /cannot be read: failure\.message/,
  ],
  'an abort by a number': [
    [submission(), event('JobAborted', { by: 42, message: '', silent: true })],
    /cannot be read: by: expected string, got 42/,
  ],
  'a reason that is too long': [
    [submission(), event('GraphAborted', { by: 'me', reason: 'x'.repeat(2001) }, { jobId: null, revision: 1 })],
    /says 2001 characters/,
  ],
  'an actor that is too long': [
    [submission(), event('JobStarted', { attempt: 1, worker, leaseMs: 1 }, { actor: 'x'.repeat(501) })],
    /its actor takes 501 bytes; the limit is 500/,
  ],
  'half a character in an actor': [
    [submission(), event('JobStarted', { attempt: 1, worker, leaseMs: 1 }, { actor: '\ud800' })],
    /not well-formed Unicode/,
  ],
};

/** A log with these events, which nobody has checked. */
async function sourceOf(events: readonly Omit<StoredEvent, 'position'>[]): Promise<Store> {
  const log = createMemoryLog();
  const sound = await store('memory:');
  await rightOf(log.restore(events as readonly StoredEvent[]));
  return Object.assign(Object.create(sound) as Store, { log });
}

for (const engine of engines) {
  const spec = describe(`imports into ${engine}`, { timeoutMs: 30_000, missing: missingFor(engine) });
  let db: Store;

  spec.beforeEach(async () => {
    db = await freshStore(engine);
    await install(db);
  });

  spec.afterEach(async () => {
    await db.close();
  });

  for (const [name, [events, why]] of Object.entries(refused)) {
    spec.test(`given ${name}, when it is imported, then it is refused, and nothing is taken`, async () => {
      const source = await sourceOf([submission({}, 'before'), ...events]);
      await assert.rejects(importLog(db, source), (error) => {
        const { code, message } = error as { readonly code: string; readonly message: string };
        return code === 'import-invalid' && /nothing was imported$/.test(message) && why.test(message);
      });
      assert.equal(await rightOf(db.log.readStored({ limit: 10 })), []);
    });
  }

  spec.test('given what a newer release has written, when it is imported, then it is taken as it is', async () => {
    const source = await sourceOf([
      submission(),
      event('JobPaused', { attempt: 1, until: 'tomorrow' }),
      event('JobFinished', { attempt: 1, result: 1, cost: 3 }, { schemaVersion: 99, revision: 1 }),
    ]);
    assert.is((await importLog(db, source)).imported, 3);
    assert.is((await verify(db)).problems.length, 2);
  });

  spec.test('given everything at its limit, when it is imported, then it is taken', async () => {
    const other = await store('memory:');
    await transactGraph(other, jobGraph({ a: [] }, { deep: nested(199) }, { id: 'x'.repeat(200) }));
    await transactGraph(other, jobGraph({ a: [] }, { x: 'y'.repeat(limits.argsBytesMax - 8) }));
    assert.is((await importLog(db, other)).imported, 2);
    assert.equal((await verify(db)).problems, []);
  });
  spec.run();
}
