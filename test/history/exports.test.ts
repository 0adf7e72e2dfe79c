// takes: 20s
// time-limit: 300s
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { eventLine, type StoredEvent } from '../../src/evidence/canonical-event.js';
import { ExportReader } from '../../src/evidence/export-format.js';
import {
  auditHead,
  graphInfo,
  type Handlers,
  importLog,
  jobGraph,
  LogError,
  type OverseerError,
  start,
  store,
  type Store,
  transactGraph,
  verify,
  waitForGraph,
} from '../../src/index.js';
import { linesOf } from '../../src/log/export-file/export-lines.js';
import { treeHash } from '../../src/log/tree-hash.js';
import { leftOf, rightOf } from '../support/right.js';
import { assert, describe } from '../support/spec.js';
import { type Engine, engines, exportText, freshStore, missingFor, temporaryFolder } from '../support/stores.js';
import { whyNoInstances, workflowInstances } from '../support/workflow-instances.js';
import { storedHistories, storeWith } from './histories.js';

const runs = { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 300) };
const folder = temporaryFolder();
let files = 0;

function file(content: string | Uint8Array): string {
  const path = join(folder, `export-${(files += 1)}.jsonl`);
  writeFileSync(path, content);
  return path;
}

/** The result of opening a file with this content. */
async function codeOf(path: string): Promise<string> {
  return await store(path).then(
    async (opened) => {
      await opened.close();
      return 'good';
    },
    (error: LogError) => error.code,
  );
}

async function handlersDone(db: Store, id: string, org = 1): Promise<void> {
  const handlers: Handlers = { fetch: () => ({ token: 'sécret', rows: [1, 2] }), report: ({ inputs }) => inputs };
  const worker = await start({}, db, handlers);
  await transactGraph(db, jobGraph({ fetch: [], report: ['fetch'] }, { org }, { id }));
  await waitForGraph(db, id);
  await worker.stop();
}

const identity = describe('exporting and importing', { timeoutMs: 120_000 });

/** Everything a store holds, as one text: what makes two of them the same. */
async function copied(from: Store, to: Engine): Promise<Store> {
  const exported = await store(file(await exportText(from)));
  const db = await freshStore(to);
  await importLog(db, exported);
  await exported.close();
  return db;
}

const pairs: readonly (readonly [Engine, Engine])[] = [
  ['memory', 'sqlite'],
  ['sqlite', 'memory'],
];

for (const [from, to] of pairs) {
  identity.test(`what is imported from ${from} into ${to} exports as the same file, whatever happened`, async () => {
    await fc.assert(
      fc.asyncProperty(storedHistories, async (events) => {
        const source = await storeWith(from, events);
        const copy = await copied(source, to);
        assert.is(await exportText(copy), await exportText(source));
        assert.equal((await rightOf(copy.log.readStored({ limit: 1e6 }))).map(eventLine), events.map(eventLine));
        const heads = await Promise.all([source, copy].map((each) => auditHead(each)));
        assert.is(heads[0]!.rootHash, heads[1]!.rootHash);
        await Promise.all([source, copy].map((each) => each.close()));
      }),
      { numRuns: runs.numRuns / 6 },
    );
  });
}

for (const engine of engines) {
  const missing = missingFor(engine);
  const title = `what workers did on ${engine} goes to memory and back, is sound there, and work goes on`;
  if (missing !== null) {
    identity.skip(title, missing);
    continue;
  }
  identity.test(title, async () => {
    const db = await freshStore(engine);
    await handlersDone(db, 'first');
    await handlersDone(db, 'second');
    const copy = await copied(await copied(db, 'memory'), engine);
    const [text, again] = await Promise.all([exportText(db), exportText(copy)]);
    // On a server, each has a namespace of its own.
    const events = (whole: string) => whole.split('\n').slice(1, -2);
    assert.equal(events(again), events(text));
    assert.equal((await verify(copy)).problems, []);
    assert.equal((await graphInfo(copy, 'first')).jobs, (await graphInfo(db, 'first')).jobs);
    await handlersDone(copy, 'third');
    assert.equal((await verify(copy)).problems, []);
    await Promise.all([db, copy].map((each) => each.close()));
  });
}

const instances = workflowInstances();
if (whyNoInstances !== null) identity.skip('runs of recorded workflows are the same after import', whyNoInstances);
for (const { name, graph } of instances) {
  identity.test(`a run of ${name} is the same after import`, async () => {
    const db = await freshStore('memory');
    const worker = await start({ concurrency: 50 }, db, { task: ({ args }) => args });
    await transactGraph(db, graph);
    await waitForGraph(db, name);
    await worker.stop();
    const text = await exportText(db, { graphId: name });
    const copy = await copied(db, 'sqlite');
    assert.is(await exportText(copy, { graphId: name }), text);
    assert.equal((await verify(copy)).problems, []);
    await Promise.all([db, copy].map((each) => each.close()));
  });
}

identity.test('an export of an export is the same file', async () => {
  const db = await freshStore('memory');
  await handlersDone(db, 'g');
  await handlersDone(db, 'h');
  for (const options of [{}, { graphId: 'g' }, { redact: ['result.token'] }]) {
    const text = await exportText(db, options);
    const exported = await store(file(text));
    assert.is(await exportText(exported), text);
    await exported.close();
  }
  await db.close();
});
identity.run();

const refusals = describe('importing what cannot be imported', { timeoutMs: 60_000 });

async function refused(db: Store, events: readonly StoredEvent[] | string): Promise<OverseerError> {
  const before = await exportText(db);
  const source = typeof events === 'string' ? await store(file(events)) : await storeWith('memory', events);
  const error = await importLog(db, source).then(
    () => null,
    (thrown: OverseerError) => thrown,
  );
  assert.is(await exportText(db), before);
  await source.close();
  return error!;
}

async function history(db: Store): Promise<readonly StoredEvent[]> {
  return await rightOf(db.log.readStored({ limit: 1000 }));
}

for (const engine of ['memory', 'sqlite'] as const) {
  refusals.test(`nothing is written into ${engine} that holds other content under the same id`, async () => {
    const [db, other] = await Promise.all([freshStore(engine), freshStore('memory')]);
    await handlersDone(other, 'new');
    await handlersDone(other, 'g', 1);
    await handlersDone(db, 'g', 2);
    const error = await refused(db, await history(other));
    assert.is(error.code, 'import-conflict');
    assert.match(
      error.message,
      /holds another graph g than memory:: they differ from event 0 of its own on; nothing was/,
    );
    await Promise.all([db, other].map((each) => each.close()));
  });

  refusals.test(`nothing is written into ${engine} behind what was recorded later`, async () => {
    const [db, other] = await Promise.all([freshStore(engine), freshStore('memory')]);
    await handlersDone(other, 'older');
    await new Promise((resolve) => setTimeout(resolve, 5));
    await handlersDone(db, 'newer');
    const error = await refused(db, await history(other));
    assert.is(error.code, 'restore-out-of-order');
    assert.match(error.message, /^event 0 of graph older was recorded at .*, and .* has a later event/);
    await Promise.all([db, other].map((each) => each.close()));
  });

  refusals.test(`what ${engine} holds already is passed over, and what is missing of it is taken`, async () => {
    const source = await freshStore('memory');
    await handlersDone(source, 'g');
    const events = await history(source);
    const db = await storeWith(engine, events.slice(0, 3));
    const done = await importLog(db, source);
    assert.equal(done, { events: events.length, graphs: 1, imported: events.length - 3 });
    assert.equal(await importLog(db, source), { ...done, imported: 0 });
    assert.equal(await history(db).then((all) => all.map(eventLine)), events.map(eventLine));
    await Promise.all([db, source].map((each) => each.close()));
  });
}

refusals.test('redacted events are read, and not imported', async () => {
  const [db, source] = await Promise.all([freshStore('memory'), freshStore('memory')]);
  await handlersDone(source, 'g');
  const error = await refused(db, await exportText(source, { redact: ['result.token'] }));
  assert.is(error.code, 'import-redacted');
  assert.match(
    error.message,
    /cannot be imported, since parts of it were redacted; read it where it is, with --store /,
  );
});

refusals.test('a stream with a gap is refused', async () => {
  const [db, source] = await Promise.all([freshStore('memory'), freshStore('memory')]);
  await handlersDone(source, 'g');
  const events = await history(source);
  const withGap = events.map((event, index) => (index === 2 ? { ...event, revision: 7 } : event));
  // Only a foreign hand can make one: no log takes it.
  const log = { ...source.log, readStored: () => () => Promise.resolve({ _tag: 'Right', right: withGap } as const) };
  const error = await importLog(db, Object.assign(Object.create(source) as Store, { log })).catch(
    (e: OverseerError) => e,
  );
  assert.is((error as OverseerError).code, 'import-invalid');
  assert.match((error as OverseerError).message, /has revision 7 in its stream, where 1 was expected; nothing was/);
});
refusals.run();

const tampering = describe('exports that were tampered with', { timeoutMs: 120_000 });

/** Whether the lines make an export, judged as opening a file does. */
function isExport(content: Uint8Array): boolean {
  const reader = new ExportReader(treeHash);
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  if (content.at(-1) !== 10) return false;
  for (let from = 0; from < content.length;) {
    const end = content.indexOf(10, from);
    try {
      if (reader.read(decoder.decode(content.subarray(from, end)))._tag === 'Left') return false;
    } catch {
      return false;
    }
    from = end + 1;
  }
  return reader.missingAtEnd() === null;
}

async function smallExport(): Promise<Buffer> {
  const db = await freshStore('memory');
  await transactGraph(db, jobGraph({ a: [] }, { key: '\ufffd\u{1f980}' }, { id: 'g' }));
  const worker = await start({}, db, { a: () => 'ü' });
  await waitForGraph(db, 'g');
  await worker.stop();
  return Buffer.from(await exportText(db));
}

const without = (content: Buffer, at: number) => Buffer.concat([content.subarray(0, at), content.subarray(at + 1)]);
const withByte = (content: Buffer, at: number, byte: number) =>
  Buffer.concat([content.subarray(0, at), Buffer.from([byte]), content.subarray(at)]);

tampering.test('every byte of an export, changed to any other, taken away or doubled, makes it no export', async () => {
  const content = await smallExport();
  assert.ok(isExport(content));
  const passed: string[] = [];
  for (let at = 0; at < content.length; at++) {
    const edited = Buffer.from(content);
    for (let byte = 0; byte < 256; byte++) {
      if (byte === content[at]) continue;
      edited[at] = byte;
      if (isExport(edited)) passed.push(`byte ${at} as ${byte}`);
    }
    if (isExport(without(content, at))) passed.push(`without byte ${at}`);
    if (isExport(content.subarray(0, at))) passed.push(`up to byte ${at}`);
    for (const byte of [0, 9, 10, 13, 32, 48, 92, 0xef, content[at]!]) {
      if (isExport(withByte(content, at, byte))) passed.push(`${byte} before byte ${at}`);
    }
  }
  assert.equal(passed, []);
});

tampering.test('the same through the file, for some of them', async () => {
  const content = await smallExport();
  assert.is(await codeOf(file(content)), 'good');
  for (let at = 0; at < content.length; at += 41) {
    const edited = Buffer.from(content);
    edited[at]! ^= 1;
    assert.is(await codeOf(file(edited)), 'export-invalid', `byte ${at}`);
    assert.is(await codeOf(file(content.subarray(0, at))), 'export-invalid', `up to byte ${at}`);
  }
});

tampering.test(
  'larger exports: edits, deletions, insertions, reorderings and truncations of bytes and of lines',
  async () => {
    const tampered = fc.record({ how: fc.nat({ max: 7 }), at: fc.nat(), other: fc.nat(), byte: fc.nat({ max: 255 }) });
    await fc.assert(
      fc.asyncProperty(storedHistories, fc.array(tampered, { minLength: 10, maxLength: 10 }), async (events, tries) => {
        const db = await storeWith('memory', events);
        const content = Buffer.from(await exportText(db));
        const lines = content.toString().split('\n').slice(0, -1);
        for (const { how, at, other, byte } of tries) {
          const changed = tamper(content, lines, how, at, other, byte);
          assert.is(isExport(changed), changed.equals(content), `how ${how}`);
        }
      }),
      { numRuns: runs.numRuns / 3 },
    );
  },
);

function tamper(
  content: Buffer,
  lines: readonly string[],
  how: number,
  at: number,
  other: number,
  byte: number,
): Buffer {
  const place = at % content.length;
  const [line, second] = [at % lines.length, other % lines.length];
  const joined = (some: readonly string[]) => Buffer.from(some.map((each) => `${each}\n`).join(''));
  switch (how) {
    case 0:
      return Buffer.concat([content.subarray(0, place), Buffer.from([byte]), content.subarray(place + 1)]);
    case 1:
      return without(content, place);
    case 2:
      return withByte(content, place, byte);
    case 3:
      return content.subarray(0, place);
    case 4:
      return joined(lines.filter((_, index) => index !== line));
    case 5:
      return joined(lines.toSpliced(line, 0, lines[second]!));
    case 6:
      return joined(lines.toSpliced(line, 1).toSpliced(second, 0, lines[line]!));
    default:
      return joined(lines.slice(0, line));
  }
}

tampering.test('each says in one sentence what is wrong, and in which line', async () => {
  const text = (await smallExport()).toString();
  const lines = text.split('\n').slice(0, -1);
  const problem = async (content: string | Uint8Array) => {
    const path = file(content);
    const error = await store(path).then(
      () => null,
      (thrown: LogError) => thrown,
    );
    assert.ok(error instanceof LogError);
    return error.message.replace(path, 'FILE');
  };
  const joined = (...some: readonly string[]) => some.map((line) => `${line}\n`).join('');
  assert.is(await problem(''), 'FILE: it is empty');
  assert.is(await problem('notes\n'), 'FILE, line 1: it is not the header of an export of overseer');
  assert.is(await problem(Buffer.from([0xff, 0x0a])), 'FILE, line 1: it is not UTF-8 text, as an export must be');
  assert.match(
    await problem(joined(...lines.slice(0, -1))),
    /^FILE: its tree head, .*, is missing: the end was cut off$/,
  );
  assert.match(await problem(text.slice(0, -1)), /^FILE, line 5: it does not end with a line break/);
  assert.match(await problem(`${text}\n`), /^FILE, line 6: it comes after the tree head, which is the last line/);
  assert.match(
    await problem(text.replace('JobStarted', 'JobStartet')),
    /^FILE, line 5: the events before it are not those/,
  );
  assert.match(
    await problem(joined(...lines.toSpliced(2, 1))),
    /^FILE, line 4: the tree head covers 3 events, but there are 2 before it/,
  );
  assert.match(
    await problem(text.replace('"attempt":1', '"attempt": 1')),
    /^FILE, line 3: it is not written as an export/,
  );
  assert.match(await problem(text.replace('"format":1', '"format":2')), /format 2, and this release reads 1; update/);
  assert.match(
    await problem(text.replace('{"graphId":"g","jobId":"a"', '{"graphId":"h","jobId":"a"')),
    /^FILE, line 5: /,
  );
  assert.match(
    await problem(text.replace('"overseer","graphId":null', '"oversees","graphId":null')),
    /^FILE, line 5: the header is not/,
  );
});

tampering.test('a file that is not there, or none, cannot be opened', async () => {
  assert.is(await codeOf(join(folder, 'nowhere.jsonl')), 'export-unreadable');
  const error = await store({ adapter: 'export', config: { path: folder } }).catch((thrown: LogError) => thrown);
  assert.match((error as LogError).message, /cannot be read: it is a folder$/);
  const address = await store({ adapter: 'export', config: {} }).catch((thrown: LogError) => thrown.code);
  assert.is(address, 'store-address');
});

tampering.test('lines come out of a file as they are, also across the pieces it is read in', async () => {
  const lines = Array.from({ length: 3000 }, (_, n) => `${n} ${'ü'.repeat(n % 700)}`);
  const read: string[] = [];
  for await (const line of linesOf(file(lines.map((line) => `${line}\n`).join('')))) read.push(line);
  assert.equal(read, lines);
});

tampering.test('what was exported can be read in place of a store, and not written to', async () => {
  const db = await freshStore('memory');
  await handlersDone(db, 'g');
  const exported = await store(file(await exportText(db)));
  assert.equal(await graphInfo(exported, 'g'), await graphInfo(db, 'g'));
  const { problems, treeHead } = await verify(exported);
  assert.equal([problems, treeHead], [[], await auditHead(db)]);
  const kinds: string[] = [];
  const subscription = exported.log.subscribe();
  for await (const message of subscription) {
    kinds.push(message.kind);
    if (message.kind === 'caughtUp') subscription.close();
  }
  assert.equal(kinds, ['events', 'caughtUp']);
  const written = [
    leftOf(exported.log.install()),
    leftOf(exported.log.append([])),
    leftOf(exported.log.restore([])),
    leftOf(exported.log.saveSnapshot('x', { position: treeHead!.position!, bytes: Buffer.from('x') })),
  ];
  for (const { code } of await Promise.all(written)) assert.is(code, 'store-read-only');
  await exported.close();
  assert.is((await leftOf(exported.log.readAll({ limit: 1 }))).code, 'store-closed');
});
tampering.run();
