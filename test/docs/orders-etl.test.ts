// takes: 15s
/** The example that adds up orders: what it finds at run time, what it writes, and that it cleans up whatever happens. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { graph, handlers } from '../../examples/orders-etl/pipeline.js';
import {
  abortJob,
  graphInfo,
  install,
  jobGraph,
  retryGraph,
  start,
  startProcesses,
  store,
  type Store,
  transactGraph,
  waitForGraph,
} from '../../src/index.js';
import { verify } from '../../src/history/verify/verify.js';
import { assert, describe } from '../support/spec.js';
import { temporaryFolder } from '../support/stores.js';

const spec = describe('the example that adds up orders', { timeoutMs: 90_000 });

/** A folder of orders, and what they come to, by product. */
function orders(files: number, linesOf: (file: number) => number) {
  const folder = temporaryFolder();
  const [input, out] = [join(folder, 'orders'), join(folder, 'totals')];
  mkdirSync(input);
  const totals: Record<string, number> = {};
  for (let file = 0; file < files; file++) {
    const lines = Array.from({ length: linesOf(file) }, (_, line) => {
      const [product, quantity, price] = [`product ${(file + line) % 7}`, (line % 5) + 1, (line % 90) + 0.25];
      totals[product] = (totals[product] ?? 0) + Math.round(quantity * price * 100);
      return `${product},${quantity},${price}`;
    });
    writeFileSync(join(input, `day-${file}.csv`), ['product,quantity,price', ...lines].join('\n'));
  }
  writeFileSync(join(input, 'notes.txt'), 'no orders');
  const rows = Object.entries(totals).sort(([a], [b]) => (a < b ? -1 : 1));
  return { folder, input, out, expected: rows.map(([product, cents]) => `${product},${cents / 100}\n`).join('') };
}

async function submitted(db: Store, { input, out }: { readonly input: string; readonly out: string }, lines = 100) {
  const { graphId } = await transactGraph(db, jobGraph(graph, { input, out, lines }));
  return graphId;
}

async function assertClean(db: Store, out: string): Promise<void> {
  assert.not.ok(existsSync(join(out, 'taken-by')));
  assert.equal((await verify(db)).problems, []);
}

spec.test(
  'given files of all sizes, then each is read in pieces, by several processes, and all of it is added up',
  async () => {
    const there = orders(6, (file) => (file === 0 ? 950 : file * 30));
    const db = await store(`sqlite:${join(there.folder, 'overseer.db')}`);
    await install(db);
    const graphId = await submitted(db, there);
    const file = join(import.meta.dirname, '../../examples/orders-etl/pipeline.ts');
    const processes = await startProcesses({ processes: 2, concurrency: 4 }, db.log.address, file);
    const done = await waitForGraph(db, graphId);
    await processes.stop();
    assert.is(done.status, 'finished');
    const pieces = Object.values(done.jobs).filter(({ type }) => type === 'count');
    assert.is(pieces.length, 10 + 1 + 1 + 1 + 2 + 2);
    assert.is(readFileSync(join(there.out, 'totals.csv'), 'utf8'), there.expected);
    assert.equal([done.jobs['report']!.result, done.jobs['clean-up']!.result], [{ products: 7 }, []]);
    await assertClean(db, there.out);
    await db.close();
  },
);

spec.test(
  'given a file that is broken, then it is cleaned up all the same, and mended, a retry goes on from there',
  async () => {
    const there = orders(3, () => 250);
    const db = await store('memory:');
    await install(db);
    const path = join(there.input, 'day-1.csv');
    const sound = readFileSync(path, 'utf8');
    const broken = sound.split('\n');
    broken[240] = 'a chair, many, cheap';
    writeFileSync(path, broken.join('\n'));
    const graphId = await submitted(db, there);
    const worker = await start({ concurrency: 8 }, db, handlers);
    const failed = await waitForGraph(db, graphId);
    assert.equal([failed.status, failed.jobs['merge']!.derivedStatus], ['failed', 'blocked']);
    assert.is(
      failed.jobs['list/day-1.csv/piece-3']!.failure!.message,
      'day-1.csv, line 241 is no order: a chair, many, cheap',
    );
    assert.ok((failed.jobs['clean-up']!.result as readonly string[]).includes('list/day-1.csv/piece-3'));
    await assertClean(db, there.out);
    assert.not.ok(existsSync(join(there.out, 'totals.csv')));
    writeFileSync(path, sound);
    await retryGraph(db, graphId);
    const ended = await waitForGraph(db, graphId);
    assert.equal([ended.status, ended.jobs['list']!.attempt], ['finished', 1]);
    assert.is(readFileSync(join(there.out, 'totals.csv'), 'utf8'), there.expected);
    await worker.stop();
    await db.close();
  },
);

spec.test('given no file, then nothing is spawned, and an abort is cleaned up after too', async () => {
  const there = orders(0, () => 0);
  const db = await store('memory:');
  await install(db);
  const first = await submitted(db, there);
  const worker = await start({ concurrency: 4 }, db, handlers);
  const done = await waitForGraph(db, first);
  assert.equal(
    [done.status, done.jobs['list']!.result, done.jobs['report']!.result],
    ['finished', { files: 0 }, { products: 0 }],
  );
  await worker.stop();
  assert.is(readFileSync(join(there.out, 'totals.csv'), 'utf8'), '');
  const second = await submitted(db, there, 99);
  await abortJob(db, second, 'merge');
  const again = await start({ concurrency: 4 }, db, handlers);
  await waitForGraph(db, second);
  await again.stop();
  const { jobs } = await graphInfo(db, second);
  assert.equal([jobs['report']!.status, jobs['clean-up']!.status], ['aborted', 'finished']);
  await assertClean(db, there.out);
  await db.close();
});

spec.run();
