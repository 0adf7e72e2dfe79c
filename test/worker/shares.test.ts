/** Which partitions a worker follows, by what it sees of others and how much it has to do. */
import type { WorkerIdentity } from '../../src/domain/events.js';
import type { JobNode } from '../../src/domain/graph.js';
import { allPartitions } from '../../src/domain/share.js';
import type { Claimants, EventLog } from '../../src/log/event-log.js';
import { E } from '../../src/prelude/fp.js';
import type { LiveFeed } from '../../src/store/live-feed.js';
import { OwnTimers } from '../../src/worker/own-timers.js';
import { Shares } from '../../src/worker/shares.js';
import { workerIdentity } from '../../src/worker/worker-id.js';
import { ManualEnvironment } from '../support/manual-environment.js';
import { assert, describe } from '../support/spec.js';

const spec = describe('shares');

class Host extends ManualEnvironment {
  override readonly host: string;
  readonly gone = new Set<string>();

  constructor(host: string) {
    super();
    this.host = host;
  }

  isGone({ host }: WorkerIdentity): boolean {
    return this.gone.has(host);
  }
}

/** A worker's shares, with a log that says what the test says. */
class Case {
  readonly environment: Host;
  readonly worker: WorkerIdentity;
  readonly shares: Shares;
  changes = 0;
  claimants: Claimants['workers'] = [];
  underWay = 0;
  hasPriorities = false;
  readonly defects: unknown[] = [];
  private readonly ready = new Set<JobNode>();

  constructor(host = 'here', canShare = true) {
    this.environment = new Host(host);
    this.worker = workerIdentity(this.environment, ['t']);
    const timers = new OwnTimers(this.environment);
    const log = {
      positionAt: () => () => Promise.resolve(E.right(null)),
      ...(canShare && {
        claimantsAfter: () => () => Promise.resolve(E.right({ workers: this.claimants, upTo: null })),
      }),
    } as unknown as EventLog;
    const hasPriorities = () => this.hasPriorities;
    const projection = { ready: new Map([['t', this.ready]]), mayStart: () => true };
    const feed = {
      projection,
      get mayHavePriorities() {
        return hasPriorities();
      },
    } as unknown as LiveFeed;
    this.shares = new Shares({
      worker: this.worker,
      slots: 8,
      handles: (type) => type === 't',
      environment: timers,
      log,
      feed,
      claimsUnderWay: () => this.underWay,
      onChange: () => (this.changes += 1),
      onDefect: (error) => this.defects.push(error),
    });
  }

  /** So many ready jobs in each partition. */
  hasReady(each: number): void {
    this.ready.clear();
    for (const partition of allPartitions) {
      for (let n = 0; n < each; n++) this.ready.add({ graph: { id: `g${partition.toString(16)}` } } as JobNode);
    }
  }

  async passes(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 5) {
      this.environment.advance(5);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  get wanted(): readonly number[] {
    return [...this.shares.wanted].sort((a, b) => a - b);
  }
}

const another = (host: string, types: readonly string[] = ['t']) => workerIdentity(new Host(host), types);

/** A worker in the middle of much work, which sees others claim. */
async function busy(others: readonly WorkerIdentity[], host?: string): Promise<Case> {
  const it = new Case(host);
  it.claimants = others;
  await it.shares.begin();
  it.hasReady(10);
  await it.passes(300);
  for (const other of others) it.shares.sawClaim(other);
  it.shares.decide();
  return it;
}

spec.test('given an engine that reads no share for less, then all is followed, and nobody is asked', async () => {
  const it = new Case('here', false);
  assert.equal([...(await it.shares.begin())], allPartitions);
  it.shares.tellUse(true);
  it.shares.decide();
  assert.equal(it.environment.timersSet, []);
  assert.equal(it.wanted, allPartitions);
});

spec.test('given a worker that begins, then it follows little, until it has too little to do', async () => {
  const it = new Case();
  assert.is((await it.shares.begin()).size, 2);
  it.shares.tellUse(false);
  assert.is(it.wanted.length, 2);
  it.shares.tellUse(true);
  assert.equal([it.wanted, it.changes], [allPartitions, 1]);
});

spec.test('given a worker that begins on much work, when it turns out to be alone, then it follows all', async () => {
  const it = new Case();
  await it.shares.begin();
  it.hasReady(10);
  await it.passes(200);
  it.shares.decide();
  assert.is(it.wanted.length, 2);
  await it.passes(60);
  assert.equal(it.wanted, allPartitions);
});

spec.test('given workers that know of each other, then each partition is assigned to one of them, evenly', async () => {
  for (const count of [2, 3, 4, 5, 8, 16]) {
    const hosts = Array.from({ length: count }, (_, index) => `host ${index}`);
    const identities = hosts.map((host) => another(host));
    const all: number[] = [];
    const sizes = new Set<number>();
    for (const host of hosts) {
      const it = await busy(
        identities.filter((each) => each.host !== host),
        host,
      );
      all.push(...it.wanted);
      sizes.add(it.wanted.length);
    }
    assert.equal(
      all.sort((a, b) => a - b),
      allPartitions,
      `${count} workers`,
    );
    assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1, `${count} workers: ${[...sizes].join()}`);
  }
});

spec.test('given a worker with other handlers, then nothing is left to it', async () => {
  const it = await busy([another('there', ['t', 'u'])]);
  assert.equal(it.wanted, allPartitions);
});

spec.test('given another worker in the same process, then both follow the same', async () => {
  const it = await busy([another('here'), another('there')]);
  assert.is(it.wanted.length, 8);
});

spec.test('given graphs with priorities, then all is followed', async () => {
  const it = await busy([another('there')]);
  assert.is(it.wanted.length, 8);
  it.hasPriorities = true;
  it.shares.decide();
  assert.equal(it.wanted, allPartitions);
});

spec.test('given a share that does not keep it busy, then it follows twice as much, step by step', async () => {
  const it = await busy([another('a'), another('b'), another('c')]);
  assert.is(it.wanted.length, 4);
  it.hasReady(0);
  const sizes: number[] = [];
  for (let turn = 0; turn < 80; turn++) {
    it.shares.tellUse(true);
    await it.passes(5);
    if (sizes.at(-1) !== it.wanted.length) sizes.push(it.wanted.length);
  }
  assert.equal(sizes, [4, 8, 16]);
});

spec.test('given claims that have not come back, then those jobs do not count as something to do', async () => {
  const it = await busy([another('there')]);
  it.shares.tellUse(true);
  await it.passes(120);
  assert.equal(it.wanted, allPartitions);
  it.underWay = 200;
  await it.passes(20);
  it.shares.decide();
  assert.equal(it.wanted, allPartitions);
  it.underWay = 0;
  await it.passes(20);
  it.shares.decide();
  assert.is(it.wanted.length, 8);
});

spec.test('given a process that gets the processor late, then it does not ask for more', async () => {
  const it = await busy([another('there')]);
  for (let turn = 0; turn < 20; turn++) {
    it.shares.tellUse(true);
    it.environment.sleep(80);
    await it.passes(5);
  }
  assert.is(it.wanted.length, 8);
});

spec.test('given another that claims no more, then after a while its partitions are followed', async () => {
  const it = await busy([another('there')]);
  it.claimants = [];
  await it.passes(9000);
  assert.is(it.wanted.length, 8);
  await it.passes(2500);
  assert.equal(it.wanted, allPartitions);
});

spec.test('given another whose process is gone, then its partitions are followed at once', async () => {
  const it = await busy([another('there')]);
  it.claimants = [];
  it.environment.gone.add('there');
  await it.passes(1500);
  assert.equal(it.wanted, allPartitions);
  assert.equal(it.defects, []);
});

spec.run();
