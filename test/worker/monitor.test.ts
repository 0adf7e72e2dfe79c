/** When a worker takes a job from another: judged by its own clock, by what it saw, and never by time that it slept. */
import { randomUUID } from 'node:crypto';
import type { DomainEvent } from '../../src/domain/events.js';
import type { JobNode } from '../../src/domain/graph.js';
import type { EventLog } from '../../src/log/event-log.js';
import { createMemoryLog } from '../../src/log/memory/memory-log.js';
import { LiveFeed } from '../../src/store/live-feed.js';
import { silentLogger } from '../../src/worker/logger.js';
import { Monitor } from '../../src/worker/monitor.js';
import { heartbeat, started, submitted } from '../support/given.js';
import { ManualEnvironment } from '../support/manual-environment.js';
import { rightOf } from '../support/right.js';
import { assert, describe } from '../support/spec.js';

const spec = describe('the monitor');

/** The lease of the jobs here, as `started` gives it. */
const leaseMs = 1000;

class Watch {
  readonly environment = new ManualEnvironment();
  readonly log: EventLog = createMemoryLog();
  readonly feed = new LiveFeed(this.log);
  readonly held = new Set<string>();
  readonly gone = new Set<string>();
  appends = 0;
  readonly monitor: Monitor;

  constructor() {
    const counted: EventLog = {
      ...this.log,
      append: (requests) => {
        this.appends += 1;
        return this.log.append(requests);
      },
    };
    this.monitor = new Monitor({
      projection: this.feed.projection,
      environment: Object.assign(this.environment, { isGone: ({ id }: { readonly id: string }) => this.gone.has(id) }),
      worker: { id: 'watcher', host: 'here', pid: 1 },
      logger: silentLogger,
      log: counted,
      health: { failed() {}, worked() {}, lost() {} },
      isHeld: (job: JobNode) => this.held.has(job.id),
    });
  }

  /** Appends to the end of a stream of graph `g`, unseen by the monitor until {@link see}. */
  async write(jobId: string | null, event: DomainEvent): Promise<void> {
    const expectedRevision = (await rightOf(this.log.readStream({ graphId: 'g', jobId }))).length - 1;
    const events = [{ id: randomUUID(), event, causationId: null, actor: 'owner' }];
    const [result] = await rightOf(this.log.append([{ graphId: 'g', jobId, expectedRevision, events }]));
    assert.ok(result!.appended);
  }

  see(): Promise<void> {
    return this.feed.catchUp();
  }

  /** Looks again and again while time passes, as a worker does. */
  async lookFor(ms: number, everyMs = 100): Promise<void> {
    for (let passed = 0; passed < ms; passed += everyMs) {
      this.monitor.waitMs(everyMs);
      this.environment.advance(Math.min(everyMs, ms - passed));
      await this.monitor.look();
    }
  }

  async types(jobId = 'a'): Promise<readonly string[]> {
    return (await rightOf(this.log.readStream({ graphId: 'g', jobId }))).map(({ type }) => type);
  }
}

/** A monitor that has just seen another worker start a job. */
async function watching(): Promise<Watch> {
  const watch = new Watch();
  await watch.write(null, submitted({ a: [], b: [] }));
  await watch.write('a', started());
  await watch.see();
  await watch.monitor.look();
  return watch;
}

spec.test('given silence of the length of a lease, then nothing is taken; a moment later the job is', async () => {
  const watch = await watching();
  await watch.lookFor(leaseMs);
  assert.equal(await watch.types(), ['JobStarted']);
  await watch.lookFor(1, 1);
  assert.equal(await watch.types(), ['JobStarted', 'JobFaulted']);
  const [, taken] = await rightOf(watch.log.readStream({ graphId: 'g', jobId: 'a' }));
  assert.is(taken!.type === 'JobFaulted' && taken!.data.cause, 'lease-expired');
});

spec.test('given a watcher that was suspended, then the time it slept is nobody’s silence', async () => {
  const watch = await watching();
  await watch.lookFor(leaseMs / 2);
  watch.monitor.waitMs(100);
  watch.environment.sleep(3 * leaseMs);
  await watch.monitor.look();
  assert.equal(await watch.types(), ['JobStarted'], 'right after it woke');
  await watch.lookFor(leaseMs);
  assert.equal(await watch.types(), ['JobStarted'], 'for a whole lease from then on');
  await watch.lookFor(100);
  assert.equal(await watch.types(), ['JobStarted', 'JobFaulted'], 'and then no longer');
});

spec.test('given a look that is merely late, then the silence counts', async () => {
  const watch = await watching();
  watch.monitor.waitMs(100);
  watch.environment.sleep(100 + leaseMs / 2);
  await watch.monitor.look();
  await watch.lookFor(leaseMs / 2);
  assert.equal(await watch.types(), ['JobStarted', 'JobFaulted']);
});

spec.test(
  'given a job that runs in this very worker, then it is never taken, however long nothing is seen of it',
  async () => {
    const watch = await watching();
    watch.held.add('a');
    await watch.write('b', started(1, 'w2'));
    await watch.see();
    await watch.lookFor(5 * leaseMs);
    assert.equal([await watch.types('a'), await watch.types('b')], [['JobStarted'], ['JobStarted', 'JobFaulted']]);
    // Its heartbeats may be held up on their way to the log, while the monitor's own append gets through.
    await watch.write('a', heartbeat());
    assert.equal(await watch.types('a'), ['JobStarted', 'Heartbeat']);
  },
);

spec.test('given a heartbeat, then the lease begins anew', async () => {
  const watch = await watching();
  for (let round = 0; round < 3; round++) {
    await watch.lookFor(leaseMs - 100);
    await watch.write('a', heartbeat());
    await watch.see();
  }
  await watch.lookFor(leaseMs);
  assert.equal((await watch.types()).length, 4);
  await watch.lookFor(200);
  assert.is((await watch.types()).at(-1), 'JobFaulted');
});

spec.test(
  'given a heartbeat that was not seen, when taking is refused, then it is not tried again until it is',
  async () => {
    const watch = await watching();
    await watch.write('a', heartbeat());
    await watch.lookFor(3 * leaseMs);
    assert.is(watch.appends, 1);
    await watch.see();
    await watch.lookFor(leaseMs + 200);
    assert.equal(await watch.types(), ['JobStarted', 'Heartbeat', 'JobFaulted']);
    assert.is(watch.appends, 2);
  },
);

spec.test(
  'given an owner whose process has ended, then its jobs are taken at once, and those of others are not',
  async () => {
    const watch = await watching();
    await watch.write('b', started(1, 'w2'));
    await watch.see();
    watch.gone.add('w2');
    await watch.monitor.look();
    assert.equal([await watch.types('a'), await watch.types('b')], [['JobStarted'], ['JobStarted', 'JobFaulted']]);
  },
);

spec.run();
