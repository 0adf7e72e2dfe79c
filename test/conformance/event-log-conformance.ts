/**
 * What every log must do, whatever it keeps its events in. A log that is not run through this does not exist.
 */
import { randomUUID } from 'node:crypto';
import type { StoredEvent } from '../../src/evidence/canonical-event.js';
import type { DomainEvent, NewEvent, Position, RecordedEvent, StreamId } from '../../src/domain/events.js';
import { type Append, comparePositions, type EventLog, type SubscriptionMessage } from '../../src/log/event-log.js';
import { eventually } from '../support/eventually.js';
import { leftOf, rightOf } from '../support/right.js';
import { assert, describe } from '../support/spec.js';

export interface LogUnderTest {
  /** A log without events. `now` is its clock. */
  open(options?: { namespace?: string; now?: () => number }): Promise<EventLog>;
  /** Another handle on the same log, as another process would have; null if there is no such thing. */
  again(log: EventLog, options?: { namespace?: string }): Promise<EventLog | null>;
  /** Whether it takes its time from a server, whatever `now` it is given. */
  readonly hasOwnClock?: boolean;
}

const beat = (details: unknown): DomainEvent => ({ type: 'Heartbeat', data: { attempt: 1, details: details as null } });

function newEvent(event: DomainEvent = beat(null), rest: Partial<NewEvent> = {}): NewEvent {
  return { id: randomUUID(), event, causationId: null, actor: 'tester', ...rest };
}

function append(stream: StreamId, expectedRevision: number, ...events: NewEvent[]): Append {
  return { ...stream, expectedRevision, events: events.length > 0 ? events : [newEvent()] };
}

const jobA: StreamId = { graphId: 'g', jobId: 'a' };
const jobB: StreamId = { graphId: 'g', jobId: 'b' };
const graphStream: StreamId = { graphId: 'g', jobId: null };

/** Gives a graph the jobs it is asked about: a graph is what its own stream says it is. */
const submitted = (...jobs: string[]): DomainEvent => ({
  type: 'GraphSubmitted',
  data: {
    part: 1,
    parts: 1,
    jobs: jobs.map((id) => ({ id, type: 'job', parents: [] })),
    args: {},
    labels: {},
    priority: 0,
  },
});

const detailsOf = (events: readonly RecordedEvent[]) =>
  events.map((event) => (event.type === 'Heartbeat' ? event.data.details : event.type));

/** Appends of one call go in side by side; these one after another. */
async function inTurn(log: EventLog, ...appends: readonly Append[]): Promise<void> {
  for (const each of appends) assert.ok((await rightOf(log.append([each])))[0]!.appended);
}

/** Takes messages until what has been seen satisfies, then closes. */
async function collect(
  log: EventLog,
  isEnough: (events: readonly RecordedEvent[], messages: readonly SubscriptionMessage[]) => boolean,
  request: Parameters<EventLog['subscribe']>[0] = {},
): Promise<{ events: RecordedEvent[]; kinds: string[] }> {
  const subscription = log.subscribe(request);
  const events: RecordedEvent[] = [];
  const messages: SubscriptionMessage[] = [];
  for await (const message of subscription) {
    messages.push(message);
    if (message.kind === 'events') events.push(...message.events);
    if (isEnough(events, messages)) break;
  }
  subscription.close();
  return { events, kinds: messages.map((message) => message.kind) };
}

export function eventLogConformance(name: string, subject: LogUnderTest, missing: string | null = null): void {
  const spec = describe(`conformance of ${name}`, { missing });
  const opened: EventLog[] = [];
  const open = async (options?: Parameters<LogUnderTest['open']>[0]) => {
    const log = await subject.open(options);
    opened.push(log);
    return log;
  };
  const again = async (log: EventLog, options?: { namespace?: string }) => {
    const other = await subject.again(log, options);
    if (other !== null && other !== log) opened.push(other);
    return other ?? log;
  };
  spec.afterEach(async () => {
    for (const log of opened.splice(0)) await log.close();
  });

  spec.test(
    'given a new stream, when an event is appended, then it reads back whole, with what the log adds',
    async () => {
      const log = await open();
      const cause = randomUUID();
      const details = {
        text: 'ünï\u{1F980}\n"',
        deep: [{ n: -1.5e-7 }, null, true, []],
        '': {},
        long: 'x'.repeat(100_000),
      };
      const event = newEvent(beat(details), { causationId: cause, actor: 'wörker' });
      const [result] = await rightOf(log.append([append(jobA, -1, event)]));
      const [read, ...more] = await rightOf(log.readStream(jobA));
      assert.is(more.length, 0);
      assert.equal(result, { appended: true, revision: 0 });
      assert.equal(
        { ...read, bytes: 0 },
        {
          graphId: 'g',
          jobId: 'a',
          id: event.id,
          revision: 0,
          position: read!.position,
          recordedAt: new Date(read!.recordedAt).toISOString(),
          schemaVersion: 1,
          causationId: cause,
          actor: 'wörker',
          bytes: 0,
          type: 'Heartbeat',
          data: { attempt: 1, details },
        },
      );
      assert.ok(read!.bytes > 100_000);
    },
  );

  spec.test(
    'given a stream at revision 1, when an append expects any other revision, then it is refused, told the true one, and writes nothing',
    async () => {
      const log = await open();
      await rightOf(log.append([append(jobA, -1, newEvent(), newEvent())]));
      for (const expected of [-1, 0, 2, 99]) {
        const [result] = await rightOf(log.append([append(jobA, expected)]));
        assert.equal(result, { appended: false, actualRevision: 1 });
      }
      assert.is((await rightOf(log.readStream(jobA))).length, 2);
    },
  );

  spec.test(
    'given no stream, when an append expects one, then it is refused with actual revision -1 and creates none',
    async () => {
      const log = await open();
      const [result] = await rightOf(log.append([append(jobA, 0)]));
      assert.equal(result, { appended: false, actualRevision: -1 });
      assert.equal(await rightOf(log.readGraph('g')), []);
    },
  );

  spec.test(
    'given several events in one append, then they stand at consecutive revisions and rising positions',
    async () => {
      const log = await open();
      const events = [1, 2, 3].map((n) => newEvent(beat(n)));
      const [result] = await rightOf(log.append([append(jobA, -1, ...events)]));
      const read = await rightOf(log.readStream(jobA));
      assert.equal(
        read.map((event) => event.revision),
        [0, 1, 2],
      );
      assert.equal(detailsOf(read), [1, 2, 3]);
      assert.equal(result, { appended: true, revision: 2 });
      assert.ok(comparePositions(read[0]!.position, read[1]!.position) < 0);
    },
  );

  spec.test(
    'given a batch with one request that is refused, then the others go in: each is judged by itself, in order',
    async () => {
      const log = await open();
      await rightOf(log.append([append(jobA, -1)]));
      const results = await rightOf(
        log.append([append(jobB, -1), append(jobA, -1), append(jobB, 0), append(jobA, 0), append(jobA, 0)]),
      );
      assert.equal(
        results.map((result) => result.appended),
        [true, false, true, true, false],
      );
      assert.is((await rightOf(log.readStream(jobA))).length, 2);
      assert.is((await rightOf(log.readStream(jobB))).length, 2);
    },
  );

  spec.test(
    'given two handles that append at the same revision at once, then exactly one wins, a hundred times over',
    async () => {
      const log = await open();
      const other = await again(log);
      for (let revision = -1; revision < 99; revision++) {
        const results = await Promise.all([log, other].map((each) => rightOf(each.append([append(jobA, revision)]))));
        assert.is(results.flat().filter((result) => result.appended).length, 1);
      }
      assert.equal(
        (await rightOf(log.readStream(jobA))).map((event) => event.revision),
        Array.from({ length: 100 }, (_, index) => index),
      );
    },
  );

  spec.test(
    'given an append that is sent again with the same ids, then it succeeds as the first did and adds nothing',
    async () => {
      const log = await open();
      const request = append(jobA, -1, newEvent(beat(1)), newEvent(beat(2)));
      const [first] = await rightOf(log.append([request]));
      await rightOf(log.append([append(jobA, 1)]));
      const [second] = await rightOf((await again(log)).append([request]));
      assert.equal(
        [first, second],
        [1, 1].map((revision) => ({ appended: true, revision })),
      );
      assert.is((await rightOf(log.readStream(jobA))).length, 3);
    },
  );

  spec.test('given an append of which only a part is there, then it is refused', async () => {
    const log = await open();
    const there = newEvent();
    await rightOf(log.append([append(jobA, -1, there)]));
    const [longer] = await rightOf(log.append([append(jobA, -1, there, newEvent())]));
    const [different] = await rightOf(log.append([append(jobA, -1, newEvent())]));
    assert.equal([longer!.appended, different!.appended], [false, false]);
  });

  spec.test('given a stream, when a range is read, then both bounds are included', async () => {
    const log = await open();
    await rightOf(log.append([append(jobA, -1, ...[0, 1, 2, 3].map((n) => newEvent(beat(n))))]));
    assert.equal(detailsOf(await rightOf(log.readStream(jobA, { from: 1, to: 2 }))), [1, 2]);
    assert.equal(detailsOf(await rightOf(log.readStream(jobA, { from: 3 }))), [3]);
    assert.equal(detailsOf(await rightOf(log.readStream(jobA, { from: 4 }))), []);
    assert.equal(await rightOf(log.readStream({ graphId: 'nobody', jobId: 'x' })), []);
  });

  spec.test(
    'given graphs with similar ids, when one is read, then only its events come, its jobs included, in log order',
    async () => {
      const log = await open();
      const ids = ['g', 'G', 'g-1', 'gé', 'gé', ' g'.trim() + ' 2', 'job-g', "g'--"];
      for (const graphId of ids) {
        await rightOf(log.append([append({ graphId, jobId: null }, -1, newEvent(submitted('a/b', 'a')))]));
        await rightOf(log.append([append({ graphId, jobId: 'a/b' }, -1, newEvent(beat(`${graphId} a/b`)))]));
        await rightOf(log.append([append({ graphId, jobId: 'a' }, -1, newEvent(beat(`${graphId} a`)))]));
      }
      await rightOf(
        log.append([
          append(
            { graphId: 'g', jobId: null },
            0,
            newEvent({ type: 'GraphAborted', data: { by: 'me', reason: 'last' } }),
          ),
        ]),
      );
      assert.equal(detailsOf(await rightOf(log.readGraph('g'))), ['GraphSubmitted', 'g a/b', 'g a', 'GraphAborted']);
      for (const graphId of ids.slice(1)) {
        assert.equal(detailsOf(await rightOf(log.readGraph(graphId))), [
          'GraphSubmitted',
          `${graphId} a/b`,
          `${graphId} a`,
        ]);
      }
      assert.equal(await rightOf(log.readGraph('absent')), []);
    },
  );

  spec.test('given a graph, when it is read up to a position, then that event is the last', async () => {
    const log = await open();
    await rightOf(log.append([append(graphStream, -1, newEvent(submitted('a')))]));
    for (const n of [0, 1, 2]) await rightOf(log.append([append(jobA, n - 1, newEvent(beat(n)))]));
    const middle = (await rightOf(log.readGraph('g')))[2]!.position;
    assert.equal(detailsOf(await rightOf(log.readGraph('g', middle))), ['GraphSubmitted', 0, 1]);
  });

  spec.test('given several graphs, when some are read at once, then each comes whole, as when read alone', async () => {
    const log = await open();
    for (const graphId of ['g', 'h', 'i']) {
      await rightOf(log.append([append({ graphId, jobId: null }, -1, newEvent(submitted('a', 'b')))]));
      await rightOf(log.append([append({ graphId, jobId: 'a' }, -1), append({ graphId, jobId: 'b' }, -1)]));
    }
    const upTo = (await rightOf(log.readAll({ direction: 'backwards', limit: 1 })))[0]!.position;
    await rightOf(log.append([append(jobA, 0)]));
    const together = new Map<string, readonly RecordedEvent[]>();
    await rightOf(
      log.readGraphs(['i', 'g'], upTo, (graphId, history) => together.set(graphId, history as RecordedEvent[])),
    );
    assert.equal([...together.keys()].sort(), ['g', 'i']);
    for (const [graphId, events] of together) {
      assert.is(events.length, 3);
      assert.equal(events, await rightOf(log.readGraph(graphId, upTo)));
    }
  });

  spec.test(
    'given events of many streams, when the whole log is read, then in order, behind a position, either way, filtered, limited',
    async () => {
      const log = await open();
      const submitted: DomainEvent = {
        type: 'GraphAborted',
        data: { by: 'me', reason: 'why' },
      };
      await inTurn(log, append(jobA, -1, newEvent(beat(1))), append(jobB, -1, newEvent(beat(2))));
      await rightOf(log.append([append({ graphId: 'h', jobId: null }, -1, newEvent(submitted))]));
      await inTurn(log, append(graphStream, -1, newEvent(submitted)), append(jobA, 0, newEvent(beat(3))));
      const all = await rightOf(log.readAll({ limit: 100 }));
      assert.equal(detailsOf(all), [1, 2, 'GraphAborted', 'GraphAborted', 3]);
      for (let index = 1; index < all.length; index++) {
        assert.ok(comparePositions(all[index - 1]!.position, all[index]!.position) < 0);
      }
      assert.equal(detailsOf(await rightOf(log.readAll({ after: all[1]!.position, limit: 2 }))), [
        'GraphAborted',
        'GraphAborted',
      ]);
      assert.equal(detailsOf(await rightOf(log.readAll({ direction: 'backwards', limit: 2 }))), [3, 'GraphAborted']);
      const before = await rightOf(log.readAll({ direction: 'backwards', after: all[2]!.position, limit: 9 }));
      assert.equal(detailsOf(before), [2, 1]);
      assert.equal(detailsOf(await rightOf(log.readAll({ filter: { types: ['GraphAborted'] }, limit: 9 }))).length, 2);
      assert.equal(detailsOf(await rightOf(log.readAll({ filter: { graphId: 'g' }, limit: 3 }))), [
        1,
        2,
        'GraphAborted',
      ]);
      assert.equal(await rightOf(log.readAll({ filter: { graphId: 'g', types: ['JobStarted'] }, limit: 3 })), []);
    },
  );

  const clockTitle = 'given a clock that is set back, then the recorded times never go backwards';
  const clockTest: typeof spec.test = (title, body) =>
    subject.hasOwnClock === true ? spec.skip(title, 'its clock is that of its server') : spec.test(title, body);
  clockTest(clockTitle, async () => {
    const times = [5000, 9000, 1000, 9001, 2000];
    let tick = 0;
    const log = await open({ now: () => times[Math.min(tick, times.length - 1)]! });
    for (; tick < times.length; tick++) await rightOf(log.append([append(jobA, tick - 1)]));
    const recorded = (await rightOf(log.readAll({ limit: 9 }))).map((event) => Date.parse(event.recordedAt));
    assert.equal(recorded, [5000, 9000, 9000, 9001, 9001]);
  });

  spec.test(
    'given recorded times, when a moment is resolved, then to the last event at or before it, or to none',
    async () => {
      let now = 1000;
      const log = await open({ now: () => now });
      assert.is(await rightOf(log.positionAt(1e15)), null);
      for (let n = 0; n < 20; n++, now += 10) {
        await rightOf(log.append([append(jobA, 2 * n - 1, newEvent(), newEvent())]));
        if (subject.hasOwnClock === true) await new Promise((resolve) => setTimeout(resolve, 4));
      }
      const all = await rightOf(log.readAll({ limit: 100 }));
      const times = all.map((event) => Date.parse(event.recordedAt));
      for (const moment of times.flatMap((time) => [time, time + 1, time + 9]).concat(times.at(-1)! + 5000)) {
        const expected = all.findLast((event) => Date.parse(event.recordedAt) <= moment)!.position;
        assert.is(await rightOf(log.positionAt(moment)), expected, `at ${moment}`);
      }
      assert.is(await rightOf(log.positionAt(times[0]! - 1)), null);
    },
  );

  spec.test(
    'given events before it, when a subscription starts, then it catches up, says so, and follows what comes',
    async () => {
      const log = await open();
      await rightOf(log.append([append(jobA, -1, newEvent(beat(0)), newEvent(beat(1)))]));
      const collected = collect(log, (events) => events.length === 4);
      await rightOf(log.append([append(jobA, 1, newEvent(beat(2)))]));
      await rightOf((await again(log)).append([append(jobA, 2, newEvent(beat(3)))]));
      const { events, kinds } = await collected;
      assert.equal(detailsOf(events), [0, 1, 2, 3]);
      assert.ok(kinds.includes('caughtUp') || kinds.length > 1);
    },
  );

  spec.test(
    'given an empty log, when a subscription starts, then it is caught up at once and hears another handle’s append',
    async () => {
      const log = await open();
      const other = await again(log);
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
  );

  spec.test('given a position and a filter, when subscribed, then only matching events behind it come', async () => {
    const log = await open();
    await inTurn(log, append(jobA, -1, newEvent(beat(0))), append({ graphId: 'h', jobId: 'x' }, -1));
    const [first] = await rightOf(log.readAll({ limit: 1 }));
    await rightOf(log.append([append(jobA, 0, newEvent(beat(1))), append({ graphId: 'h', jobId: 'x' }, 0)]));
    const collected = collect(log, (seen) => seen.some((event) => event.revision === 3), {
      after: first!.position,
      filter: { graphId: 'h' },
    });
    for (const revision of [1, 2]) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      const foreign = Array.from({ length: 2000 }, () => newEvent(beat('foreign')));
      await rightOf(log.append([append(jobA, 1 + 2000 * (revision - 1), ...foreign)]));
      await rightOf((await again(log)).append([append({ graphId: 'h', jobId: 'x' }, revision)]));
    }
    assert.equal(
      (await collected).events.map((event) => [event.graphId, event.revision]),
      [0, 1, 2, 3].map((revision) => ['h', revision]),
    );
  });

  spec.test(
    'given a slow reader and many events, when it reads on, then none is missing, doubled or out of order',
    async () => {
      const log = await open();
      const total = 5000;
      const writing = (async () => {
        for (let n = 0; n < total; n += 50) {
          const events = Array.from({ length: 50 }, (_, index) => newEvent(beat(n + index)));
          await rightOf(log.append([append(jobA, n - 1, ...events)]));
        }
      })();
      const seen: unknown[] = [];
      const subscription = (await again(log)).subscribe();
      for await (const message of subscription) {
        if (message.kind !== 'events') continue;
        seen.push(...detailsOf(message.events));
        if (seen.length % 7 === 0) await new Promise((resolve) => setTimeout(resolve, 3));
        if (seen.length >= total) break;
      }
      subscription.close();
      await writing;
      assert.equal(
        seen,
        Array.from({ length: total }, (_, index) => index),
      );
    },
  );

  spec.test('given a subscription, when it is closed, then its reading ends, also while it waits', async () => {
    const log = await open();
    const subscription = log.subscribe({ safetyNetMs: 60_000 });
    const kinds: string[] = [];
    const reading = (async () => {
      for await (const message of subscription) kinds.push(message.kind);
      return 'ended';
    })();
    await eventually('waiting', () => kinds.length > 0);
    subscription.close();
    assert.is(await reading, 'ended');
  });

  spec.test(
    'given snapshots, then the newest is kept, names are apart, and an older one never replaces it',
    async () => {
      const log = await open();
      await rightOf(log.append([append(jobA, -1, newEvent(), newEvent(), newEvent())]));
      const [p0, p1, p2] = (await rightOf(log.readAll({ limit: 3 }))).map((event) => event.position) as [
        Position,
        Position,
        Position,
      ];
      assert.is(await rightOf(log.loadSnapshot('x')), null);
      await rightOf(log.saveSnapshot('x', { position: p1, bytes: Buffer.from('one') }));
      await rightOf(log.saveSnapshot('x', { position: p0, bytes: Buffer.from('older') }));
      await rightOf(log.saveSnapshot('y', { position: p0, bytes: Buffer.from([0, 255]) }));
      const x = await rightOf((await again(log)).loadSnapshot('x'));
      assert.equal([x!.position, Buffer.from(x!.bytes).toString()], [p1, 'one']);
      for (const text of ['newer', 'corrected']) {
        await rightOf(log.saveSnapshot('x', { position: p2, bytes: Buffer.from(text) }));
        assert.is(Buffer.from((await rightOf(log.loadSnapshot('x')))!.bytes).toString(), text);
      }
      assert.equal([...(await rightOf(log.loadSnapshot('y')))!.bytes], [0, 255]);
    },
  );

  spec.test('given two namespaces in one log, then neither sees the other’s graphs, events or snapshots', async () => {
    const log = await open({ namespace: 'one' });
    const other = await subject.again(log, { namespace: 'two' });
    if (other === null || other.namespace === log.namespace)
      return void assert.ok(true, 'this log has one namespace only');
    opened.push(other);
    for (const [each, name] of [
      [log, 'one'],
      [other, 'two'],
    ] as const) {
      await inTurn(each, append(graphStream, -1, newEvent(submitted('a'))), append(jobA, -1, newEvent(beat(name))));
    }
    const [position] = (await rightOf(log.readAll({ limit: 1 }))).map((event) => event.position);
    await rightOf(log.saveSnapshot('x', { position: position!, bytes: Buffer.from('s') }));
    assert.equal(detailsOf(await rightOf(log.readAll({ limit: 9 }))), ['GraphSubmitted', 'one']);
    assert.equal(detailsOf(await rightOf(other.readAll({ limit: 9 }))), ['GraphSubmitted', 'two']);
    assert.equal(detailsOf(await rightOf(other.readGraph('g'))), ['GraphSubmitted', 'two']);
    assert.equal(detailsOf(await rightOf(other.readStream(jobA))), ['two']);
    assert.is(await rightOf(other.loadSnapshot('x')), null);
  });

  spec.test(
    'given an event that is changed by its writer or a reader afterwards, then the log’s own stays as it was',
    async () => {
      const log = await open();
      const details = { list: [1] };
      await rightOf(log.append([append(jobA, -1, newEvent(beat(details)))]));
      details.list.push(2);
      const [read] = await rightOf(log.readStream(jobA));
      assert.equal(detailsOf([read!]), [{ list: [1] }]);
    },
  );

  spec.test(
    'given events, when read as stored, then as canonical JSON, in order, behind a position, of one graph',
    async () => {
      const log = await open();
      const cause = randomUUID();
      const details = { 10: 'ten', b: [1.5, null], $redacted: { $$redacted: 1 }, text: '\u2028ü' };
      const event = newEvent(beat(details), { causationId: cause, actor: 'wörker' });
      await inTurn(log, append(jobA, -1, event), append({ graphId: 'h', jobId: null }, -1), append(jobA, 0));
      const [recorded] = await rightOf(log.readAll({ limit: 1 }));
      const all = await rightOf(log.readStored({ limit: 10 }));
      const { position, recordedAt } = recorded!;
      assert.equal(all[0], {
        graphId: 'g',
        jobId: 'a',
        revision: 0,
        id: event.id,
        type: 'Heartbeat',
        schemaVersion: 1,
        recordedAt,
        causationId: cause,
        actor: 'wörker',
        position,
        data: '{"attempt":1,"details":{"10":"ten","b":[1.5,null],"$$redacted":{"$$$redacted":1},"text":"\u2028ü"}}',
      });
      assert.equal(
        all.map(({ graphId, revision }) => [graphId, revision]),
        [
          ['g', 0],
          ['h', 0],
          ['g', 1],
        ],
      );
      assert.equal(await rightOf(log.readStored({ after: position, limit: 1 })), [all[1]!]);
      assert.equal(await rightOf(log.readStored({ graphId: 'g', limit: 10 })), [all[0]!, all[2]!]);
      assert.equal(await rightOf(log.readStored({ graphId: 'g', after: position, limit: 1 })), [all[2]!]);
      assert.equal(await rightOf(log.readStored({ graphId: 'nobody', limit: 10 })), []);
    },
  );

  const foreign = (change: Partial<StoredEvent> = {}): StoredEvent => ({
    ...jobA,
    revision: 0,
    id: randomUUID(),
    type: 'Heartbeat',
    schemaVersion: 1,
    recordedAt: '2020-01-02T03:04:05.678Z',
    causationId: randomUUID(),
    actor: 'another log',
    position: '77' as Position,
    data: '{"attempt":1,"details":{"$$redacted":[]}}',
    ...change,
  });
  const withoutPosition = (events: readonly StoredEvent[]) => events.map((event) => ({ ...event, position: '' }));

  spec.test(
    'given events of another log, when restored, then they stand there as they were, and work goes on',
    async () => {
      const log = await open();
      const unknown = { type: 'JobPaused', schemaVersion: 7, data: '{"z":1,"a":"kept"}' };
      const events = [
        foreign(),
        foreign({ ...graphStream, data: '"no object"', causationId: null }),
        foreign({ revision: 1, ...unknown, recordedAt: '2020-01-02T03:04:05.679Z' }),
        foreign({ revision: 2, recordedAt: '2020-01-02T03:04:06.000Z' }),
      ];
      await rightOf(log.restore(events));
      const there = await again(log);
      assert.equal(withoutPosition(await rightOf(there.readStored({ limit: 10 }))), withoutPosition(events));
      const [first, second, third] = await rightOf(there.readAll({ limit: 3 }));
      assert.equal(detailsOf([first!]), [{ $redacted: [] }]);
      assert.is(first!.recordedAt, '2020-01-02T03:04:05.678Z');
      assert.equal([second!.type, third!.type], ['Unreadable', 'Unreadable']);
      assert.is(third!.type === 'Unreadable' && third!.data.storedType, 'JobPaused');
      assert.is(await rightOf(there.positionAt(Date.parse('2020-01-02T03:04:05.678Z'))), second!.position);
      assert.equal(await rightOf(there.append([append(jobA, 2)])), [{ appended: true, revision: 3 }]);
      await rightOf(there.restore(events)); // All of them are there.
      assert.is((await rightOf(there.readAll({ limit: 10 }))).length, 5);
    },
  );

  spec.test(
    'given what a log cannot take, when it is to be restored, then it is refused and nothing is taken',
    async () => {
      const log = await open();
      await rightOf(log.restore([foreign({ recordedAt: '2021-01-01T00:00:00.000Z' })]));
      const recordedAt = '2021-01-01T00:00:01.000Z';
      const good = foreign({ ...jobB, recordedAt });
      const refused = async (event: StoredEvent) => (await leftOf(log.restore([good, event]))).code;
      assert.is(await refused(foreign({ recordedAt })), 'restore-conflict');
      assert.is(await refused(foreign({ revision: 2, recordedAt })), 'restore-conflict');
      assert.is(
        await refused(foreign({ revision: 1, recordedAt: '2021-01-01T00:00:00.500Z' })),
        'restore-out-of-order',
      );
      const mark = `{"attempt":1,"details":{"$redacted":"sha256:${'0'.repeat(64)}"}}`;
      assert.is(await refused(foreign({ revision: 1, recordedAt, data: mark })), 'restore-conflict');
      const older = foreign({ ...jobB, recordedAt: '2020-12-31T23:59:59.999Z' });
      assert.is((await leftOf(log.restore([older]))).code, 'restore-out-of-order');
      assert.is((await rightOf(log.readAll({ limit: 9 }))).length, 1);
    },
  );

  spec.test('given a subscription, when events are restored, then it hears of them', async () => {
    const log = await open();
    const collected = collect(log, (events) => events.length === 2);
    await rightOf(log.restore([foreign(), foreign({ revision: 1 })]));
    assert.equal(
      (await collected).events.map(({ revision }) => revision),
      [0, 1],
    );
  });

  spec.test(
    'given an append over the limit of size, then it is refused as too large and the whole call writes nothing',
    async () => {
      const log = await open();
      const large = newEvent(beat('x'.repeat(1024 * 1024)));
      const error = await leftOf(log.append([append(jobB, -1), append(jobA, -1, large)]));
      assert.is(error.code, 'append-too-large');
      assert.is(error.isTransient, false);
      assert.equal(await rightOf(log.readAll({ limit: 9 })), []);
    },
  );

  spec.test('given a log in use, when it is installed again, then nothing changes', async () => {
    const log = await open();
    await rightOf(log.append([append(jobA, -1)]));
    await rightOf(log.install());
    await rightOf((await again(log)).install());
    assert.is((await rightOf(log.readAll({ limit: 9 }))).length, 1);
    assert.equal(await rightOf(log.check()), []);
  });

  spec.test('given a closed log, then every call says so, subscriptions end, and closing again is fine', async () => {
    const log = await open();
    const reading = (async () => {
      for await (const message of log.subscribe({ safetyNetMs: 60_000 })) void message;
      return 'ended';
    })();
    await new Promise((resolve) => setImmediate(resolve));
    await log.close();
    await log.close();
    assert.is(await reading, 'ended');
    const calls = [
      leftOf(log.append([append(jobA, -1)])),
      leftOf(log.readStream(jobA)),
      leftOf(log.readGraph('g')),
      leftOf(log.readAll({ limit: 1 })),
      leftOf(log.readStored({ limit: 1 })),
      leftOf(log.restore([])),
      leftOf(log.install()),
      leftOf(log.loadSnapshot('x')),
      leftOf(log.check()),
    ];
    for (const error of await Promise.all(calls)) assert.is(error.code, 'store-closed');
  });

  spec.test('given an append on its way, when the log is closed, then the append is answered before', async () => {
    const log = await open();
    const appending = log.append([append(jobA, -1)])();
    await log.close();
    const result = await appending;
    assert.ok(result._tag === 'Right' || result.left.code === 'store-closed');
  });

  spec.run();
}
