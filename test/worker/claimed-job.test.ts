/** A job that a worker holds: its events go in one after another, and it is let go only when somebody has taken it. */
import { randomUUID } from 'node:crypto';
import type { DomainEvent } from '../../src/domain/events.js';
import { type EventLog, streamKey } from '../../src/log/event-log.js';
import { createMemoryLog } from '../../src/log/memory/memory-log.js';
import { LiveFeed } from '../../src/store/live-feed.js';
import { ClaimedJob, LeaseLostError } from '../../src/worker/claimed-job.js';
import { ClaimedJobs } from '../../src/worker/claimed-jobs.js';
import { Heartbeats } from '../../src/worker/heartbeats.js';
import { JobRun, type RunEnding } from '../../src/worker/job-run.js';
import { silentLogger } from '../../src/worker/logger.js';
import { retryingLog } from '../../src/worker/retrying-log.js';
import { Outbox } from '../../src/worker/outbox.js';
import { UnderWay } from '../../src/worker/under-way.js';
import { noReporter } from '../../src/worker/reporter.js';
import { aborted, faulted, finished, graphAborted, started, submitted } from '../support/given.js';
import { ManualEnvironment } from '../support/manual-environment.js';
import { appended } from '../support/overtaking.js';
import { rightOf } from '../support/right.js';
import { assert, describe } from '../support/spec.js';
import { gate } from './worker-fixture.js';

const spec = describe('a claimed job');

const worker = { id: 'w1', host: 'here', pid: 1 };

class Holding {
  readonly environment = new ManualEnvironment();
  readonly log: EventLog = createMemoryLog();
  readonly feed = new LiveFeed(this.log);
  readonly underWay = new UnderWay(this.environment, (error) => this.defects.push(error));
  readonly jobs = new ClaimedJobs(this.feed.projection, this.underWay);
  readonly defects: unknown[] = [];
  readonly retrying = retryingLog({
    log: this.log,
    environment: this.environment,
    logger: silentLogger,
    health: { failed() {}, worked() {}, lost() {} },
    giveUp: new AbortController().signal,
  });
  readonly outbox = new Outbox(this.retrying, (error) => this.defects.push(error));

  async write(jobId: string | null, expectedRevision: number, event: DomainEvent): Promise<void> {
    const events = [{ id: randomUUID(), event, causationId: null, actor: 'somebody' }];
    await appended(this.log, { graphId: 'g', jobId, expectedRevision, events });
  }

  /** Tells the worker of all that is in the log. */
  async see(): Promise<void> {
    const seen = this.feed.projection.position;
    const events = await rightOf(this.log.readAll({ after: seen, limit: 99 }));
    await this.feed.apply(events);
    for (const event of events) this.jobs.loseTaken(event, streamKey(event));
  }

  async types(jobId = 'a'): Promise<readonly string[]> {
    return (await rightOf(this.log.readStream({ graphId: 'g', jobId }))).map(({ type }) => type);
  }

  /** Holds job `a`, which the log says this worker has started. */
  claimed(): ClaimedJob {
    const job = new ClaimedJob(
      { outbox: this.outbox, environment: this.environment, worker },
      this.feed.projection.job('g', 'a')!.subject(),
    );
    this.jobs.add(job);
    return job;
  }
}

async function holding(): Promise<{ readonly at: Holding; readonly claimed: ClaimedJob }> {
  const at = new Holding();
  await at.write(null, -1, submitted({ a: [], b: [] }));
  await at.write('a', -1, started(1, worker.id));
  await at.see();
  return { at, claimed: at.claimed() };
}

spec.test('given events that are written at the same moment, then each goes in behind the one before', async () => {
  const { at, claimed } = await holding();
  const writes = [
    claimed.write({ kind: 'heartbeat', attempt: 1, details: 1 }),
    claimed.write({ kind: 'heartbeat', attempt: 1, details: 2 }),
    claimed.write({ kind: 'finish', attempt: 1, result: 'done' }),
  ];
  await Promise.all(writes);
  assert.equal(await at.types(), ['JobStarted', 'Heartbeat', 'Heartbeat', 'JobFinished']);
  assert.is(claimed.interruptedBy, null);
});

spec.test(
  'given somebody who was faster, when an ending is written, then the lease is lost and nothing more is written',
  async () => {
    const { at, claimed } = await holding();
    await at.write('a', 0, aborted());
    const lost = (error: unknown) => error instanceof LeaseLostError;
    await assert.rejects(claimed.write({ kind: 'finish', attempt: 1, result: 'late' }), lost);
    assert.ok(claimed.signal.aborted);
    await assert.rejects(claimed.write({ kind: 'heartbeat', attempt: 1 }), lost);
    assert.equal(await at.types(), ['JobStarted', 'JobAborted']);
  },
);

spec.test(
  'given a view that has not seen the claim yet, when another job has events, then the claim is kept',
  async () => {
    const at = new Holding();
    await at.write(null, -1, submitted({ a: [], b: [] }));
    await at.see();
    const subject = at.feed.projection.job('g', 'a')!.subject();
    const state = { ...subject.state, status: 'started', attempt: 1, revision: 0, leaseMs: 1000, worker } as const;
    const claimed = new ClaimedJob(
      { outbox: at.outbox, environment: at.environment, worker },
      { ...subject, state, status: 'started' },
    );
    at.jobs.add(claimed);
    await at.write('b', -1, started(1, 'w2'));
    await at.write('b', 0, aborted());
    await at.see();
    assert.equal([claimed.isOver, claimed.interruptedBy], [false, null]);
    await at.write('a', -1, started(1, worker.id));
    await at.see();
    assert.is(claimed.isOver, false);
  },
);

spec.test(
  'given its graph’s abort, then it is let go, and its own stream says so for those who come later',
  async () => {
    const { at, claimed } = await holding();
    await at.write(null, 0, graphAborted);
    await at.see();
    assert.ok(claimed.interruptedBy instanceof LeaseLostError);
    await at.underWay.ended(1000);
    assert.equal([await at.types(), at.defects], [['JobStarted', 'JobAborted'], []]);
  },
);

spec.test('given its own ending on its way back from the log, then it is not taken for somebody else’s', async () => {
  const { at, claimed } = await holding();
  await claimed.write({ kind: 'finish', attempt: 1, result: 1 });
  await at.see();
  assert.equal([claimed.isOver, claimed.interruptedBy], [true, null]);
});

spec.test('given a handler that ends long after it was told to, then its slot is freed once', async () => {
  const { at, claimed } = await holding();
  const [running, ended] = [gate(), gate()];
  let freed = 0;
  const endings: RunEnding[] = [];
  const { environment } = at;
  new JobRun(at.feed.projection.job('g', 'a')!, claimed, {
    handler: async () => {
      running.open();
      await ended.promise;
    },
    policyOfType: undefined,
    environment,
    log: at.log,
    retrying: at.retrying,
    heartbeats: new Heartbeats({ environment, heartbeatMs: 500_000, logger: silentLogger }),
    logger: silentLogger,
    reporter: noReporter,
    isStopping: () => false,
    alongWith: () => () => null,
    onSlotFree: () => (freed += 1),
    onOver: (_, ending) => endings.push(ending),
  }).begin();
  await running.promise;
  claimed.lose('somebody has taken it');
  assert.equal(endings, ['leasesLost']);
  assert.is(freed, 0);
  at.environment.advance(5000);
  assert.is(freed, 1);
  ended.open();
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  assert.is(freed, 1);
  assert.equal(endings, ['leasesLost']);
});

spec.test(
  'given a claim whose answer comes when its lease is over and the job is claimed again, then it is let go, and the new one is kept',
  async () => {
    const { at, claimed: late } = await holding();
    at.jobs.remove(late);
    await at.write('a', 0, faulted());
    await at.write('a', 1, started(2, worker.id));
    await at.see();
    const renewed = at.claimed();
    at.jobs.add(late);
    assert.ok(late.interruptedBy instanceof LeaseLostError);
    assert.equal([renewed.isOver, at.jobs.all()], [false, [renewed]]);
  },
);

spec.test('given a job that others have finished, then it is let go', async () => {
  const { at, claimed } = await holding();
  await at.write('a', 0, finished());
  await at.see();
  assert.ok(claimed.interruptedBy instanceof LeaseLostError);
});

spec.run();
