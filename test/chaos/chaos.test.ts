// time-limit: 600s
/** A small piece of `npm run chaos`, and that its judge sees what it is there to see. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DomainEvent } from '../../src/domain/events.js';
import { install, jobGraph, store, type Store, transactGraph } from '../../src/index.js';
import { right, rightOf } from '../support/right.js';
import { assert, describe } from '../support/spec.js';
import { temporaryFolder } from '../support/stores.js';
import { readCommandLine } from './command-line.js';
import { faultKinds } from './faults/all.js';
import type { JournalLine } from './journal.js';
import { judge } from './judge.js';
import { playRound } from './rounds.js';
import { tableOf, troubles } from './table.js';
import { digestsOf, resultOf } from './workload.js';

const spec = describe('chaos', { timeoutMs: 590_000 });

for (const name of ['kill-all', 'freeze', 'truncated']) {
  const kind = faultKinds[name]!;
  spec.test(
    `given worker processes and ${kind.what}, then nothing is lost, nothing stale is taken, and all ends`,
    async () => {
      const scratch = temporaryFolder();
      const options = { store: 'sqlite', restartCommand: null, scratch };
      const folder = join(scratch, name);
      const result = await playRound({ kind, seed: 7, options, folder, strikes: 2 });
      assert.equal(troubles({ name, seed: 7, result }), []);
      assert.ok(result.strikes > 0 && result.graphs > 0 && result.endings > 0);
    },
  );
}

// ---- the judge

const graph = jobGraph({ jobs: { a: { type: 'task' }, b: { type: 'task', after: ['a'] } } }, {}, { id: 'g' });
const submitted = new Map([['g', graph]]);
const a = resultOf({ graphId: 'g', id: 'a', args: {}, inputs: {} });
const b = resultOf({ graphId: 'g', id: 'b', args: {}, inputs: { a } });

interface Written {
  readonly jobId: 'a' | 'b';
  readonly event: DomainEvent;
  readonly actor?: string;
}

const started = (jobId: 'a' | 'b', attempt = 1, id = 'w'): Written => ({
  jobId,
  event: { type: 'JobStarted', data: { attempt, worker: { id, host: 'h', pid: 1 }, leaseMs: 1000 } },
  actor: id,
});
const finished = (jobId: 'a' | 'b', result: unknown, attempt = 1, actor = 'w'): Written => ({
  jobId,
  event: { type: 'JobFinished', data: { attempt, result: result as string } },
  actor,
});
const expired: Written = {
  jobId: 'a',
  event: {
    type: 'JobFaulted',
    data: {
      attempt: 1,
      cause: 'lease-expired',
      failure: { reason: 'x', exception: 'x', message: null },
      next: { kind: 'retry', notBefore: '2026-01-01T00:00:00.000Z', delayMs: 0 },
    },
  },
  actor: 'other',
};
const whole = [started('a'), finished('a', a), started('b'), finished('b', b)];

/** A log with these events, whoever wrote them, and the journal lines of their acknowledgements. */
async function written(events: readonly Written[]): Promise<{ readonly db: Store; readonly lines: JournalLine[] }> {
  const db = await store('memory:');
  await install(db);
  await transactGraph(db, graph);
  const revisions = { a: -1, b: -1 };
  const lines: JournalLine[] = [];
  for (const { jobId, event, actor = 'w' } of events) {
    const id = randomUUID();
    const expectedRevision = revisions[jobId]++;
    const append = { graphId: 'g', jobId, expectedRevision, events: [{ id, event, causationId: null, actor }] };
    assert.ok(right(await db.log.append([append])())[0]!.appended);
    lines.push({ kind: 'acknowledged', id, type: event.type, graphId: 'g', jobId, revision: revisions[jobId] });
  }
  return { db, lines };
}

const run = (jobId: string, inputs: Readonly<Record<string, unknown>>, workerId = 'w'): JournalLine => ({
  kind: 'run',
  workerId,
  graphId: 'g',
  jobId,
  attempt: 1,
  inputs: digestsOf(inputs),
});

spec.test('given a log as it should be, then the judge finds nothing, and counts the endings', async () => {
  const { db, lines } = await written(whole);
  const found = await judge(db, [...lines, run('a', {}), run('b', { a })], submitted, true);
  assert.equal(found, { jobs: 2, endings: 2, lost: [], stale: [], otherwise: [] });
});

spec.test(
  'given an acknowledgement of what is not in the log, or is elsewhere in it, then the judge says it is lost',
  async () => {
    const { db, lines } = await written(whole);
    const [first] = lines;
    assert.ok(first?.kind === 'acknowledged');
    for (const changed of [{ id: randomUUID() }, { revision: 5 }, { jobId: 'b' }]) {
      const { lost } = await judge(db, [{ ...first, ...changed }], submitted, true);
      assert.is(lost.length, 1, JSON.stringify(changed));
    }
    const other = new Map([...submitted, ['h', graph]]);
    assert.equal((await judge(db, lines, other, false)).lost, ['graph h, which was acknowledged']);
  },
);

const wrong: Readonly<Record<string, { readonly events: readonly Written[]; readonly says: RegExp }>> = {
  'an ending after the lease was lost': {
    events: [started('a'), expired, finished('a', a)],
    says: /attempt 1 was over/,
  },
  'an ending of an attempt before': {
    events: [started('a'), expired, started('a', 2), finished('a', a)],
    says: /attempt 1 was over/,
  },
  "an ending of another's attempt": {
    events: [started('a'), finished('a', a, 1, 'v')],
    says: /v wrote it, and w ran it/,
  },
  'two live attempts': { events: [started('a'), started('a', 2)], says: /while attempt 1 was live/ },
  'an attempt begun twice': { events: [started('a'), expired, started('a')], says: /attempt 1 began twice/ },
};

for (const [name, { events, says }] of Object.entries(wrong)) {
  spec.test(`given ${name}, then the judge says it is stale`, async () => {
    const { db, lines } = await written(events);
    const { stale } = await judge(db, lines, submitted, false);
    assert.match(stale.join('\n'), says);
  });
}

spec.test('given results and inputs that are wrong, then the judge says so', async () => {
  const cases: readonly (readonly [events: readonly Written[], lines: readonly JournalLine[], says: RegExp])[] = [
    [[...whole.slice(0, 3), finished('b', 'wrong')], [], /g\/b has a wrong result/],
    [whole.slice(0, 3), [], /graph g is running/],
    [whole.slice(0, 3), [], /g\/b has 0 results/],
    [[...whole.slice(2), ...whole.slice(0, 2)], [], /JobStarted of g\/b: before its parents a/],
    [whole, [run('b', { a: 'wrong' })], /had other inputs/],
    [whole, [run('a', {}, 'v')], /was never claimed/],
    [[...whole, finished('b', b)], [], /verify: /],
  ];
  for (const [events, lines, says] of cases) {
    const { db } = await written(events);
    assert.match((await judge(db, lines, submitted, true)).otherwise.join('\n'), says);
  }
});

// ---- the command

spec.test('given words of the command that mean nothing, then it says which', () => {
  for (const [words, says] of [
    [['--faults', 'kill,nothing'], /no kind of fault nothing/],
    [['--minutes', 'long'], /--minutes is a number/],
    [['--store', 'postgres://x'], /--store is sqlite/],
    [['--speed', '3'], /--speed/],
  ] as const) {
    assert.throws(() => readCommandLine(words), says);
  }
  const { faults, rounds } = readCommandLine([]);
  assert.equal([faults, rounds], [Object.keys(faultKinds), 1]);
});

spec.test('every kind of fault is in the tables of the page on chaos', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/reference/chaos.md'), 'utf8');
  const rows = page.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
  for (const [name, { what }] of Object.entries(faultKinds)) {
    assert.ok(
      rows.some(([, faults, happens]) => faults === `\`${name}\`` && happens === what),
      name,
    );
  }
});

spec.test('given rounds that held and one that did not, then the table says which kind failed', async () => {
  const { db } = await written(whole);
  const found = { ...(await judge(db, [], submitted, true)), strikes: 3, graphs: 1, met: new Map<string, number>() };
  const table = tableOf(
    faultKinds,
    [
      { name: 'kill', seed: 1, result: found },
      { name: 'stop', seed: 1, result: { ...found, lost: ['x'] } },
      { name: 'stop', seed: 2, result: new Error('it hangs') },
    ],
    new Map([['clock', 'not here']]),
  );
  assert.match(table, /^\| `kill` .* \| 1 \| 3 \| 1 \| 2 \| 0 \| 0 \| 0 \| held \|$/m);
  assert.match(table, /^\| `stop` .* \| 2 \| 3 \| 1 \| 2 \| 0 \| 1 \| 0 \| 2 rounds failed \|$/m);
  assert.match(table, /^\| `clock` .* skipped: not here \|$/m);
  await rightOf(db.log.check());
});

spec.run();
