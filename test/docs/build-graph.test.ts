// takes: 25s
// time-limit: 300s
/** The example that builds a monorepo: what is skipped, what is released, and what happens when a package is broken. */
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { graph } from '../../examples/build-graph/pipeline.js';
import {
  type GraphInfo,
  install,
  jobGraph,
  retryGraph,
  startProcesses,
  store,
  type Store,
  transactGraph,
  waitForGraph,
  type WorkerProcesses,
} from '../../src/index.js';
import { verify } from '../../src/history/verify/verify.js';
import { assert, describe } from '../support/spec.js';
import { sqliteAddress, temporaryFolder } from '../support/stores.js';

const spec = describe('the example that builds a monorepo', { timeoutMs: 60_000 });

const example = join(import.meta.dirname, '../../examples/build-graph');
let db: Store;
let processes: WorkerProcesses;

spec.before(async () => {
  db = await store(sqliteAddress(join(temporaryFolder(), 'overseer.db')));
  await install(db);
  processes = await startProcesses({ processes: 2, concurrency: 2 }, db.log.address, join(example, 'pipeline.ts'));
});

spec.after(async () => {
  await processes.stop();
  await db.close();
});

/** The example's shop as one developer has it, who may change it, and what is built of it. */
class Shop {
  private readonly folder = temporaryFolder();
  readonly out = join(this.folder, 'out');
  readonly root = join(this.folder, 'shop');

  constructor() {
    cpSync(join(example, 'shop'), this.root, { recursive: true });
  }

  async build(): Promise<GraphInfo> {
    const { graphId } = await transactGraph(db, jobGraph(graph, { root: this.root, out: this.out }));
    return await waitForGraph(db, graphId);
  }

  edit(file: string, from: string, to: string): void {
    const path = join(this.root, file);
    const text = readFileSync(path, 'utf8');
    assert.match(text, from);
    writeFileSync(path, text.replace(from, to));
  }

  read(file: string): string {
    return readFileSync(join(this.out, file), 'utf8');
  }

  /** The last tarball of each package, whether it is there or not. */
  index(): Readonly<Record<string, string>> {
    return JSON.parse(this.read('index.json')) as Record<string, string>;
  }

  /** Left of copies that were tested. */
  scratch(): readonly string[] {
    return readdirSync(join(this.out, 'scratch'));
  }
}

/** How each job has ended, `as` it stands for people. */
function ends({ jobs }: GraphInfo): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(jobs).map(([id, { derivedStatus }]) => [id, derivedStatus]));
}

const allFinished = {
  ...{ plan: 'finished', docs: 'finished', pack: 'finished', release: 'finished' },
  ...{ alarm: 'skipped', 'clean-up': 'finished' },
  ...{ 'plan/money': 'finished', 'plan/cart': 'finished', 'plan/receipt': 'finished' },
};

spec.test(
  'given nothing built yet, then every package is tested after those it needs, packed and released',
  async () => {
    const shop = new Shop();
    const first = await shop.build();
    assert.is(first.status, 'finished');
    assert.equal(ends(first), allFinished);
    assert.equal(first.jobs['plan/receipt']!.parents, ['plan/cart', 'plan/money']);
    assert.equal(Object.keys(shop.index()), ['@shop/cart', '@shop/money', '@shop/receipt']);
    for (const tarball of Object.values(shop.index())) assert.ok(existsSync(join(shop.out, tarball)), tarball);
    assert.match(shop.index()['@shop/cart']!, /shop-cart-2\.0\.1\.tgz$/);
    assert.match(shop.read('manual.md'), /# Carts[^]*# Paying/);
    assert.equal(shop.scratch(), []);
  },
);

spec.test(
  'given one package that has changed, then what does not need it is skipped, and there is a release',
  async () => {
    const shop = new Shop();
    await shop.build();
    const before = shop.index();
    shop.edit('packages/cart/package.json', '2.0.1', '2.1.0');
    const second = await shop.build();
    assert.is(second.status, 'finished');
    assert.equal(ends(second), { ...allFinished, docs: 'skipped', 'plan/money': 'skipped' });
    assert.equal(second.jobs['release']!.result, { released: ['@shop/cart', '@shop/receipt'], withDocs: false });
    assert.match(shop.index()['@shop/cart']!, /shop-cart-2\.1\.0\.tgz$/);
    assert.is(shop.index()['@shop/money'], before['@shop/money']);
  },
);

spec.test('given that nothing has changed, then everything is skipped, and nothing is released', async () => {
  const shop = new Shop();
  await shop.build();
  const before = shop.index();
  const second = await shop.build();
  const skipped = Object.fromEntries(Object.keys(allFinished).map((id) => [id, 'skipped']));
  assert.is(second.status, 'finished');
  assert.equal(ends(second), { ...skipped, plan: 'finished', 'clean-up': 'finished' });
  assert.equal(shop.index(), before);
});

spec.test(
  'given a package that is broken, then it is told, nothing is released, and mended, a retry releases it',
  async () => {
    const shop = new Shop();
    await shop.build();
    const before = shop.index();
    shop.edit('packages/cart/index.js', 'quantity * cents', 'cents');
    shop.edit('packages/money/package.json', '1.2.0', '1.2.1');
    const broken = await shop.build();
    assert.is(broken.status, 'failed');
    const blocked = { 'plan/cart': 'failed', 'plan/receipt': 'blocked', pack: 'blocked', release: 'blocked' };
    assert.equal(ends(broken), { ...allFinished, ...blocked, docs: 'skipped', alarm: 'finished' });
    const message = 'the tests of @shop/cart fail: each line counts as often as it says';
    assert.is(broken.jobs['plan/cart']!.failure!.message, message);
    assert.is(shop.read('broken.txt'), `build ${broken.id}\nplan/cart: ${message}\n`);
    assert.equal(shop.index(), before);
    assert.equal(shop.scratch(), []);

    shop.edit('packages/cart/index.js', '=> cents', '=> quantity * cents');
    await retryGraph(db, broken.id);
    const mended = await waitForGraph(db, broken.id);
    assert.is(mended.status, 'finished');
    assert.equal(ends(mended), { ...allFinished, docs: 'skipped', alarm: 'finished' });
    assert.equal([mended.jobs['plan/money']!.attempt, mended.jobs['plan/cart']!.attempt], [1, 2]);
    assert.equal(mended.jobs['release']!.result!, {
      released: ['@shop/cart', '@shop/money', '@shop/receipt'],
      withDocs: false,
    });
    assert.not.ok(existsSync(join(shop.out, 'broken.txt')));
  },
);

spec.test('given a package that was tested and not released, then the next build releases it', async () => {
  const shop = new Shop();
  shop.edit('packages/receipt/index.js', 'total ', 'Total ');
  const broken = await shop.build();
  assert.is(broken.status, 'failed');
  rmSync(join(shop.root, 'packages/receipt'), { recursive: true });
  const second = await shop.build();
  assert.is(second.status, 'finished');
  assert.equal(Object.keys(shop.index()), ['@shop/cart', '@shop/money']);
});

spec.test('and the history of all builds is sound', async () => {
  assert.equal((await verify(db)).problems, []);
});

spec.run();
