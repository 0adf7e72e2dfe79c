/** A back-off is as long as it is, by the clock of the worker that watched it, whatever the time of day is said to be. */
import type { JobNode } from '../../src/domain/graph.js';
import type { DomainEvent } from '../../src/domain/events.js';
import { LiveProjection } from '../../src/domain/live-projection.js';
import { ReadyQueue } from '../../src/worker/ready-queue.js';
import { faulted, Recorder, started, submitted } from '../support/given.js';
import { ManualEnvironment } from '../support/manual-environment.js';
import { assert, describe } from '../support/spec.js';

const spec = describe('back-offs in the queue of ready jobs');

const delayMs = 1000;
const hourMs = 3_600_000;

/** A queue, told of a job that has faulted and must wait; and the worker's clock beside that of the log. */
function afterFault({ isLive, aheadMs }: { readonly isLive: boolean; readonly aheadMs: number }) {
  const environment = new ManualEnvironment();
  const recorder = new Recorder();
  const happened: readonly (readonly [string | null, DomainEvent])[] = [
    [null, submitted({ a: [] })],
    ['a', started()],
    ['a', faulted(1, delayMs)],
  ];
  const events = happened.map(([jobId, event]) => recorder.record({ graphId: 'g', jobId }, event));
  const logNow = Date.parse(events.at(-1)!.recordedAt);
  const clock = Object.assign(environment, { now: () => logNow + aheadMs + environment.monotonic() });
  const queue = new ReadyQueue({
    workerId: 'me',
    ownSlots: 1,
    environment: clock,
    handles: () => true,
    isOwn: () => false,
    isLive: () => isLive,
    onOffer: () => {},
    runningBy: () => 0,
    admits: () => true,
    onUnready: () => {},
  });
  const projection = new LiveProjection(queue);
  const offered = () => queue.dequeue(1, () => 1).length > 0;
  for (const event of events) {
    projection.apply(event);
    if (event !== events.at(-1)) offered(); // It is claimed as soon as it can be.
  }
  const job: JobNode = projection.job('g', 'a')!;
  return { queue, job, environment, offered };
}

for (const aheadMs of [-25 * hourMs, -hourMs, -300, 0, 300, hourMs, 25 * hourMs]) {
  spec.test(
    `given a worker that watches and whose clock is ${aheadMs} ms ahead, then it waits for the whole delay`,
    () => {
      const { queue, job, environment, offered } = afterFault({ isLive: true, aheadMs });
      environment.advance(delayMs - 1);
      assert.equal([queue.hasWaited(job), offered()], [false, false]);
      environment.advance(1);
      assert.equal([queue.hasWaited(job), offered()], [true, true]);
    },
  );
}

for (const [aheadMs, waitMs] of [
  [-25 * hourMs, delayMs],
  [-hourMs, delayMs],
  [0, delayMs],
  [300, delayMs - 300],
  [delayMs, 0],
  [25 * hourMs, 0],
] as const) {
  spec.test(`given a fault read from an old log by a clock ${aheadMs} ms ahead, then it waits for ${waitMs} ms`, () => {
    const { environment, offered } = afterFault({ isLive: false, aheadMs });
    if (waitMs > 0) {
      environment.advance(waitMs - 1);
      assert.is(offered(), false);
      environment.advance(1);
    }
    assert.is(offered(), true);
  });
}

spec.run();
