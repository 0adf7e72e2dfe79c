/** Subscriptions: catching up with what is there, and following what comes. */
import type { DomainEvent } from '../../src/domain/events.js';
import { namespaceStream } from '../../src/domain/namespace-stream.js';
import { allPartitions, isForShare } from '../../src/domain/share.js';
import type { EventLog } from '../../src/log/event-log.js';
import { eventually } from '../support/eventually.js';
import { spawned, submitted } from '../support/given.js';
import { rightOf } from '../support/right.js';
import { assert } from '../support/spec.js';
import {
  append,
  beat,
  collect,
  type ConformanceTests,
  detailsOf,
  inTurn,
  jobA,
  type LogFixture,
  newEvent,
} from './log-fixture.js';

const inOtherGraph = { graphId: 'h', jobId: 'x' };
const total = 5000;
const inOrder = Array.from({ length: total }, (_, index) => index);

async function writeMany(log: EventLog): Promise<void> {
  for (let n = 0; n < total; n += 50) {
    const events = Array.from({ length: 50 }, (_, index) => newEvent(beat(n + index)));
    await rightOf(log.append([append(jobA, n - 1, ...events)]));
  }
}

/** Reads as many events as {@link writeMany} writes, pausing now and then. */
async function readSlowly(log: EventLog): Promise<readonly unknown[]> {
  const seen: unknown[] = [];
  const subscription = log.subscribe();
  for await (const message of subscription) {
    if (message.kind !== 'events') continue;
    seen.push(...detailsOf(message.events));
    if (seen.length % 7 === 0) await new Promise((resolve) => setTimeout(resolve, 3));
    if (seen.length >= total) break;
  }
  subscription.close();
  return seen;
}

async function endsWhenClosed(logs: LogFixture): Promise<void> {
  const log = await logs.holding(async () => {});
  const subscription = log.subscribe({ safetyNetMs: 60_000 });
  const kinds: string[] = [];
  const reading = (async () => {
    for await (const message of subscription) kinds.push(message.kind);
    return 'ended';
  })();
  await eventually('waiting', () => kinds.length > 0);
  subscription.close();
  assert.is(await reading, 'ended');
}

export const subscriptionTests: ConformanceTests = {
  'given events, when a subscription starts, then all of them come, and it says that it has caught up': async (
    logs,
  ) => {
    const log = await logs.holding((written) =>
      inTurn(written, append(jobA, -1, newEvent(beat(0)), newEvent(beat(1))), append(jobA, 1, newEvent(beat(2)))),
    );
    const { events, kinds } = await collect(log, (_, seen) => seen.includes('caughtUp'));
    assert.equal(detailsOf(events), [0, 1, 2]);
    assert.equal(events, await rightOf(log.readAll({ limit: 9 })));
    assert.is(kinds.at(-1), 'caughtUp');
  },

  'given events after a position, when subscribed with a filter, then only matching ones come': async (logs) => {
    const log = await logs.holding((written) =>
      inTurn(
        written,
        append(inOtherGraph, -1),
        append(jobA, -1),
        append(inOtherGraph, 0),
        append(jobA, 0),
        append(inOtherGraph, 1),
      ),
    );
    const [first] = await rightOf(log.readAll({ limit: 1 }));
    const request = { after: first!.position, filter: { graphId: 'h' } };
    const { events } = await collect(log, (_, seen) => seen.includes('caughtUp'), request);
    assert.equal(
      events.map((event) => [event.graphId, event.revision]),
      [1, 2].map((revision) => ['h', revision]),
    );
  },

  'given a share, when subscribed or read with it, then what is for it comes, and nothing else': async (logs) => {
    const submission = (graphId: string, priority = 0) =>
      append(
        { graphId, jobId: null },
        -1,
        newEvent({ ...submitted({ a: [] }), data: { ...submitted({ a: [] }).data, priority } } as DomainEvent),
      );
    const ids = [
      '0',
      'x1',
      '9',
      'a',
      'F',
      'g',
      'ä',
      'graph é',
      '日本',
      '🦉',
      '5🦉',
      ' ',
      '~',
      "it's",
      '%',
      '00000000-0000-4000-8000-00000000000c',
    ];
    const paused: DomainEvent = { type: 'WorkPaused', data: { jobType: null, by: 'me', reason: 'why' } };
    const log = await logs.holding((written) =>
      inTurn(
        written,
        ...ids.flatMap((id) => [submission(id), append({ graphId: id, jobId: 'a' }, -1, newEvent(beat(id)))]),
        append(namespaceStream, -1, newEvent(paused)),
        submission('with a priority: 3', 3),
        append({ graphId: 'with a priority: 3', jobId: 'a' }, -1, newEvent(beat(3))),
        append({ graphId: 'its jobs: 4', jobId: null }, -1, newEvent(submitted({ a: [] }, { priority: -2 }))),
        append(
          { graphId: 'args: 5', jobId: null },
          -1,
          newEvent(submitted({ a: [] }, { args: { '"priority":': 1, priority: 1 } })),
        ),
        append({ graphId: 'spawns: 6', jobId: 'a' }, -1, newEvent(spawned({ 'a/x': { priority: 0 } }))),
        append({ graphId: 'spawns: 7', jobId: 'a' }, -1, newEvent(spawned({ 'a/x': { args: { priority: 1 } } }))),
      ),
    );
    const all = await rightOf(log.readAll({ limit: 999 }));
    assert.is(all.length, 2 * ids.length + 7);
    const shares = [[], [0, 5, 12], [1, 2, 3, 4], allPartitions].flatMap((partitions) =>
      [[], ['🦉', 'with a priority: 3']].map((graphIds) => ({
        partitions: new Set(partitions),
        graphIds: new Set(graphIds),
      })),
    );
    for (const share of shares) {
      const meant = all.filter((event) => isForShare(event, share));
      assert.equal(await rightOf(log.readAll({ filter: { share }, limit: 999 })), meant);
      const { events } = await collect(log, (_, seen) => seen.includes('caughtUp'), { filter: { share } });
      assert.equal(events, meant);
    }
  },

  'given a slow reader and many events, when it catches up, then none is missing, doubled or out of order': async (
    logs,
  ) => {
    assert.equal(await readSlowly(await logs.holding(writeMany)), inOrder);
  },

  'given more events than come at a time, when subscribed, then it has caught up only when all of them have come':
    async (logs) => {
      const log = await logs.holding(async (written) => {
        await writeMany(written);
        await inTurn(written, append(inOtherGraph, -1), append(jobA, total - 1, newEvent(beat(total))));
      });
      const isOver = (_: unknown, kinds: readonly string[]) => kinds.includes('caughtUp');
      const { events } = await collect(log, isOver);
      assert.equal(detailsOf(events.filter(({ jobId }) => jobId === 'a')), [...inOrder, total]);
      const filtered = await collect(log, isOver, { filter: { graphId: 'g' } });
      assert.equal(detailsOf(filtered.events), [...inOrder, total]);
      const few = await collect(log, isOver, { filter: { graphId: 'h' } });
      assert.is(few.events.length, 1);
    },

  'given a subscription, when it is closed, then its reading ends, also while it waits': endsWhenClosed,
};

export const liveSubscriptionTests: ConformanceTests = {
  'given events before it, when a subscription starts, then it catches up, says so, and follows what comes': async (
    logs,
  ) => {
    const log = await logs.open();
    await rightOf(log.append([append(jobA, -1, newEvent(beat(0)), newEvent(beat(1)))]));
    // All four may come before it has caught up: those that follow may be there already when it looks.
    const collected = collect(log, (events, kinds) => events.length === 4 && kinds.includes('caughtUp'));
    await rightOf(log.append([append(jobA, 1, newEvent(beat(2)))]));
    await rightOf((await logs.again(log)).append([append(jobA, 2, newEvent(beat(3)))]));
    assert.equal(detailsOf((await collected).events), [0, 1, 2, 3]);
  },

  'given an empty log, when a subscription starts, then it is caught up at once and hears another handle’s append':
    async (logs) => {
      const log = await logs.open();
      const other = await logs.again(log);
      const seen: string[] = [];
      const subscription = log.subscribe({ safetyNetMs: 60_000 });
      const reading = (async () => {
        for await (const message of subscription) {
          seen.push(message.kind);
          if (message.kind === 'events') return;
        }
      })();
      await eventually('caught up', () => seen.includes('caughtUp'));
      await rightOf(other.append([append(jobA, -1)]));
      await reading;
      subscription.close();
      assert.equal(seen, ['caughtUp', 'events']);
    },

  'given a subscription that waits, when this handle itself appends, then it hears of that at once': async (logs) => {
    const log = await logs.open();
    const kinds: string[] = [];
    const subscription = log.subscribe({ safetyNetMs: 60_000 });
    const reading = (async () => {
      for await (const message of subscription) {
        kinds.push(message.kind);
        if (message.kind === 'events') return;
      }
    })();
    await eventually('caught up', () => kinds.includes('caughtUp'));
    await rightOf(log.append([append(jobA, -1)]));
    await reading;
    subscription.close();
    assert.is(kinds.at(-1), 'events');
  },

  'given a position and a filter, when subscribed, then only matching events after it come': async (logs) => {
    const log = await logs.open();
    await inTurn(log, append(jobA, -1, newEvent(beat(0))), append(inOtherGraph, -1));
    const [first] = await rightOf(log.readAll({ limit: 1 }));
    await rightOf(log.append([append(jobA, 0, newEvent(beat(1))), append(inOtherGraph, 0)]));
    const request = { after: first!.position, filter: { graphId: 'h' } };
    const collected = collect(log, (seen) => seen.some((event) => event.revision === 3), request);
    for (const revision of [1, 2]) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      const foreign = Array.from({ length: 2000 }, () => newEvent(beat('foreign')));
      await rightOf(log.append([append(jobA, 1 + 2000 * (revision - 1), ...foreign)]));
      await rightOf((await logs.again(log)).append([append(inOtherGraph, revision)]));
    }
    assert.equal(
      (await collected).events.map((event) => [event.graphId, event.revision]),
      [0, 1, 2, 3].map((revision) => ['h', revision]),
    );
  },

  'given a slow reader and many events, when it reads on, then none is missing, doubled or out of order': async (
    logs,
  ) => {
    const log = await logs.open();
    const writing = writeMany(log);
    assert.equal(await readSlowly(await logs.again(log)), inOrder);
    await writing;
  },
};
