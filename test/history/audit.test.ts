import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { eventLine, type StoredEvent } from '../../src/evidence/canonical-event.js';
import { tileLeaves } from '../../src/evidence/merkle-tree.js';
import {
  auditCheck,
  auditConsistent,
  auditHead,
  auditProve,
  type ConsistencyProof,
  install,
  type OverseerError,
  readTreeHead,
  store,
  type Store,
  type TreeHead,
  verify,
} from '../../src/index.js';
import { rightOf } from '../support/right.js';
import { assert, describe } from '../support/spec.js';
import {
  type Engine,
  engines,
  exportText,
  freshStore,
  missingFor,
  sqliteAddress,
  temporaryFolder,
} from '../support/stores.js';
import { storedHistories, storeWith } from './histories.js';

const runs = { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 300) };

/** So many events of one graph, each with something to redact. */
function beats(count: number, from = 0): readonly StoredEvent[] {
  return Array.from({ length: count }, (_, index): StoredEvent => {
    const revision = from + index;
    return {
      graphId: 'g',
      jobId: 'a',
      revision,
      id: `00000000-0000-4000-8000-${String(revision).padStart(12, '0')}`,
      type: 'Heartbeat',
      schemaVersion: 1,
      recordedAt: new Date(1.7e12 + revision).toISOString(),
      causationId: null,
      actor: 'w',
      position: '0' as StoredEvent['position'],
      data: JSON.stringify({ attempt: 1, details: { page: revision, token: 'secret' } }),
    };
  });
}

async function stored(db: Store): Promise<readonly StoredEvent[]> {
  return await rightOf(db.log.readStored({ limit: 1e6 }));
}

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'none',
    (error: OverseerError) => error.code,
  );

async function consistencyProof(db: Store, head: TreeHead): Promise<ConsistencyProof> {
  const found = await auditConsistent(db, head);
  if (!found.isConsistent) throw new Error(found.problem);
  return found.proof;
}

for (const engine of engines) {
  const spec = describe(`auditing a store (${engine})`, { timeoutMs: 60_000, missing: missingFor(engine) });

  spec.test('an empty log has a head, and every log goes on from it', async () => {
    const db = await freshStore(engine);
    const head = await auditHead(db);
    assert.equal([head.size, head.position, head.recordedAt], [0, null, null]);
    assert.is(head.rootHash, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    await rightOf(db.log.restore(beats(3)));
    const proof = await consistencyProof(db, head);
    assert.equal([proof.path, proof.treeHead.size, auditCheck(proof).problem], [[], 3, null]);
    await db.close();
  });

  spec.test('a head grows with the log, and is the same whether it was kept up or made anew', async () => {
    const db = await freshStore(engine);
    const heads: TreeHead[] = [];
    for (let count = 0; count < 40; count += 8) {
      await rightOf(db.log.restore(beats(8, count)));
      heads.push(await auditHead(db));
    }
    assert.equal(
      heads.map(({ size }) => size),
      [8, 16, 24, 32, 40],
    );
    const all = await stored(db);
    assert.equal([heads[4]!.position, heads[4]!.recordedAt], [all[39]!.position, all[39]!.recordedAt]);
    assert.equal(await auditHead(db, { recompute: true }), heads[4]!);
    for (const head of heads) {
      const proof = await consistencyProof(db, head);
      assert.equal([proof.oldHead, proof.treeHead], [head, heads[4]!]);
      assert.is(auditCheck(JSON.parse(JSON.stringify(proof)), heads[4]).problem, null);
    }
    await db.close();
  });

  spec.test('an event is proven by its id or its position, with all of it or only with what may be shown', async () => {
    const db = await storeWith(engine, beats(21));
    const head = await auditHead(db);
    for (const [index, { id, position }] of (await stored(db)).entries()) {
      const byId = await auditProve(db, { eventId: id.toUpperCase() });
      const redacted = await auditProve(db, { position }, { redact: ['details.token'] });
      assert.equal([byId.index, byId.treeHead, byId.path], [index, head, redacted.path]);
      assert.ok(JSON.stringify(byId).includes('secret') && !JSON.stringify(redacted).includes('secret'));
      for (const proof of [byId, redacted])
        assert.is(auditCheck(JSON.parse(JSON.stringify(proof)), head).problem, null);
    }
    assert.is(await codeOf(auditProve(db, { eventId: '79d8605e-b9d3-4524-9a60-fc20d059d938' })), 'event-not-found');
    assert.is(await codeOf(auditProve(db, { position: '99999' as never })), 'event-not-found');
    assert.is(await codeOf(auditProve(db, { position: head.position! }, { redact: ['attempt'] })), 'redaction-invalid');
    await db.close();
  });
  spec.run();
}

const proofs = describe('proofs', { timeoutMs: 120_000 });

proofs.test('an altered proof proves nothing: whatever in it is changed', async () => {
  const db = await storeWith('memory', beats(12));
  const old = await auditHead(db);
  await rightOf(db.log.restore(beats(9, 12)));
  const inclusion = await auditProve(db, { eventId: beats(6)[5]!.id }, { redact: ['details.token'] });
  const consistency = await consistencyProof(db, old);
  const trusted = inclusion.treeHead;
  for (const proof of [inclusion, consistency]) {
    const text = JSON.stringify(proof);
    const passed: string[] = [];
    for (let at = 0; at < text.length; at++) {
      for (const character of ['0', '1', 'a', '"', ' ', ',']) {
        const changed = `${text.slice(0, at)}${character}${text.slice(at + 1)}`;
        if (changed === text) continue;
        if (holds(changed, trusted) && meaningOf(changed) !== meaningOf(text))
          passed.push(changed.slice(at - 20, at + 5));
      }
    }
    assert.equal(passed, []);
  }
});

function holds(text: string, trusted: TreeHead): boolean {
  try {
    return auditCheck(JSON.parse(text), trusted).problem === null;
  } catch {
    return false;
  }
}

/** What a proof proves: not the position and time of the heads, which are hints for people, nor its white space. */
function meaningOf(text: string): string {
  return JSON.stringify(JSON.parse(text), (key, value: unknown) =>
    key === 'position' || (key === 'recordedAt' && typeof value === 'string' && !text.includes('inclusion'))
      ? 0
      : value,
  ).replace(/("treeHead":\{[^}]*"recordedAt":)"[^"]*"/, '$1""');
}

proofs.test('what is no proof, and what is no head, is told apart from one that does not hold', () => {
  const code = (work: () => unknown) => {
    try {
      work();
      return 'none';
    } catch (error) {
      return (error as OverseerError).code;
    }
  };
  for (const proof of [null, 7, {}, { proof: 'x' }, { proof: 'inclusion' }]) {
    assert.is(
      code(() => auditCheck(proof)),
      'proof-invalid',
    );
  }
  for (const head of ['', 'x', '{}', '{"size":1}', '[]']) {
    assert.is(
      code(() => readTreeHead(head)),
      'head-invalid',
    );
  }
});

proofs.test('a head of other events, of more events or of another log is told from one of this log', async () => {
  const [db, other] = await Promise.all([
    storeWith('memory', beats(12)),
    storeWith('memory', beats(9, 0).map(renamed)),
  ]);
  const head = await auditHead(db);
  const problem = async (wrong: TreeHead) => {
    const found = await auditConsistent(db, wrong);
    return found.isConsistent ? null : found.problem;
  };
  assert.is(
    await problem(await auditHead(other)),
    'the tree head covers 9 events, and the first 9 of memory: are not those',
  );
  assert.is(
    await problem({ ...head, size: 13 }),
    'the tree head covers 13 events, and memory: holds 12: events were taken away',
  );
  assert.is(await codeOf(auditConsistent(db, { ...head, namespace: 'x' })), 'head-foreign');
  assert.is(await codeOf(auditConsistent(db, { ...head, graphId: 'g' })), 'head-foreign');
});

function renamed(event: StoredEvent): StoredEvent {
  return { ...event, actor: 'somebody else' };
}

proofs.test(
  'an export has the head of the log it was made from, and checks its proofs, also when it is redacted',
  async () => {
    await fc.assert(
      fc.asyncProperty(storedHistories, fc.nat(), async (events, pick) => {
        const db = await storeWith('memory', events);
        const head = await auditHead(db);
        const eventId = events[pick % events.length]!.id;
        const path = join(temporaryFolder(), 'x.jsonl');
        writeFileSync(path, await exportText(db, { redact: ['result', 'details.*', 'args.payload', 'failure.data'] }));
        const exported = await store(path);
        assert.equal(await auditHead(exported), head);
        const proof = await auditProve(exported, { eventId });
        assert.is(auditCheck(proof, head).problem, null);
        assert.equal(proof.path, (await auditProve(db, { eventId })).path);
        assert.ok((await auditConsistent(exported, head)).isConsistent);
        await exported.close();
      }),
      { numRuns: runs.numRuns / 10 },
    );
  },
);

proofs.test('in a log of several tiles, everything is proven by hashing no more than one of them again', async () => {
  const size = 2 * tileLeaves + 500;
  const db = await storeWith('memory', beats(tileLeaves + 100));
  const old = await auditHead(db);
  await rightOf(db.log.restore(beats(size - tileLeaves - 100, tileLeaves + 100)));
  const head = await auditHead(db);
  assert.equal(head, await auditHead(db, { recompute: true }));
  for (const index of [0, tileLeaves - 1, tileLeaves, 2 * tileLeaves, size - 1]) {
    const proof = await auditProve(db, { position: String(index + 1) as never });
    assert.equal([proof.index, auditCheck(proof, head).problem], [index, null]);
  }
  assert.is(auditCheck(await consistencyProof(db, old), head).problem, null);
});
proofs.run();

const checkpoints = describe('the audit’s checkpoint', { timeoutMs: 60_000 });

async function sqliteStore(events: readonly StoredEvent[]) {
  const path = join(temporaryFolder(), 'overseer.db');
  const db = await store(sqliteAddress(path));
  await install(db);
  await rightOf(db.log.restore(events));
  return { db, path };
}

/** Does to the file what the store itself never does. */
async function byForeignHand(path: string, ...statements: readonly string[]): Promise<void> {
  const { default: Sqlite } = await import('better-sqlite3');
  const file = new Sqlite(path);
  for (const statement of statements) file.exec(statement);
  file.close();
}

const secretly = (sql: string) => [
  'drop trigger events_are_never_updated',
  'drop trigger events_are_deleted_when_archived',
  sql,
];

checkpoints.test('only what is new is read again', async () => {
  const { db } = await sqliteStore(beats(50));
  await auditHead(db);
  await rightOf(db.log.restore(beats(5, 50)));
  const seen: number[] = [];
  const { log } = db;
  const read = log.readStored.bind(log);
  log.readStored = (request) => {
    const task = read(request);
    return async () => {
      const result = await task();
      if (result._tag === 'Right') seen.push(result.right.length);
      return result;
    };
  };
  const head = await auditHead(db);
  assert.equal([head.size, seen], [55, [5]]);
  await db.close();
});

checkpoints.test(
  'history that was altered since is found by verify and by recomputing, whatever the checkpoint says',
  async () => {
    const { db, path } = await sqliteStore(beats(2 * tileLeaves + 10));
    const head = await auditHead(db);
    assert.equal(
      (await verify(db)).problems.filter(({ position }) => position === null),
      [],
    );
    await byForeignHand(
      path,
      ...secretly(`update events set data = replace(data, 'secret', 'Secret') where revision = 5000`),
    );
    assert.equal(await auditHead(db), head);
    assert.is.not((await auditHead(db, { recompute: true })).rootHash, head.rootHash);
    assert.is((await auditConsistent(db, head, { recompute: true })).isConsistent, false);
    const [problem] = (await verify(db)).problems.filter(({ position }) => position === null);
    const where = `after @${tileLeaves} and up to @${2 * tileLeaves}`;
    assert.match(
      problem!.problem,
      /^the audit has hashed the first 8202 events before, up to @8202, and to something else/,
    );
    assert.ok(problem!.problem.endsWith(`history was altered ${where}`), problem!.problem);
    await db.close();
  },
);

checkpoints.test('events that were taken away are found by verify', async () => {
  const { db, path } = await sqliteStore(beats(20));
  const head = await auditHead(db);
  await byForeignHand(path, ...secretly('delete from events where revision = 7'));
  const problems = (await verify(db)).problems.map(({ problem }) => problem);
  assert.ok(problems.some((problem) => problem.includes('there are 19 of them now: events were taken away')));
  const found = await auditConsistent(db, head, { recompute: true });
  assert.is(found.isConsistent ? '' : found.problem.endsWith('holds 19: events were taken away'), true);
  await db.close();
});

checkpoints.test('one that cannot be read, or lies beyond the log, is ignored', async () => {
  const { db, path } = await sqliteStore(beats(20));
  const head = await auditHead(db);
  const setTo = (sql: string) => byForeignHand(path, `update snapshots set ${sql} where name = 'audit-1'`);
  for (const bytes of [
    'no json',
    '{}',
    '{"size":20,"tiles":[],"peaks":[],"position":"20","recordedAt":"","tileEnds":[]}',
  ]) {
    await setTo(`bytes = cast('${bytes}' as blob)`);
    assert.equal(await auditHead(db), head);
  }
  const beyond = (await auditHead(await storeWith('memory', beats(30)))).rootHash;
  const tree = { size: 32, tiles: [], peaks: [beyond], position: '999', recordedAt: 'x', tileEnds: [] };
  await setTo(`bytes = cast('${JSON.stringify(tree)}' as blob)`);
  assert.equal(await auditHead(db), head);
  await db.close();
});

checkpoints.test('a log that can only be read is audited without one', async () => {
  const { db, path } = await sqliteStore(beats(20));
  await db.close();
  chmodSync(path, 0o444);
  const reader = await store(sqliteAddress(path));
  const head = await auditHead(reader);
  assert.is(head.size, 20);
  assert.equal((await verify(reader)).treeHead, head);
  await reader.close();
});

checkpoints.test(
  'verify hashes what readers read: its head is that of the audit, on every engine there is',
  async () => {
    const events = beats(700).map((event, index) => ({
      ...event,
      graphId: `g${index % 7}`,
      revision: Math.floor(index / 7),
    }));
    const heads: string[] = [];
    for (const engine of ['memory', 'sqlite'] satisfies Engine[]) {
      const db = await storeWith(engine, events);
      const { treeHead, events: count } = await verify(db);
      assert.equal([treeHead, count], [await auditHead(db), 700]);
      heads.push(treeHead!.rootHash);
      assert.equal((await stored(db)).map(eventLine), events.map(eventLine));
      await db.close();
    }
    assert.is(heads[0], heads[1]);
  },
);
checkpoints.run();
