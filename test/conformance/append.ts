/** Appending: what goes in, what is refused, and what an append that is sent twice does. */
import { comparePositions } from '../../src/domain/positions.js';
import { leftOf, rightOf } from '../support/right.js';
import { assert } from '../support/spec.js';
import { append, beat, type ConformanceTests, detailsOf, jobA, jobB, newEvent } from './log-fixture.js';

export const appendTests: ConformanceTests = {
  'given a stream at revision 1, when an append expects any other revision, then it is refused, told the true one, and writes nothing':
    async (logs) => {
      const log = await logs.open();
      await rightOf(log.append([append(jobA, -1, newEvent(), newEvent())]));
      for (const expected of [-1, 0, 2, 99]) {
        const [result] = await rightOf(log.append([append(jobA, expected)]));
        assert.equal(result, { appended: false, actualRevision: 1 });
      }
      assert.is((await rightOf(log.readStream(jobA))).length, 2);
    },

  'given no stream, when an append expects one, then it is refused with actual revision -1 and creates none': async (
    logs,
  ) => {
    const log = await logs.open();
    const [result] = await rightOf(log.append([append(jobA, 0)]));
    assert.equal(result, { appended: false, actualRevision: -1 });
    assert.equal(await rightOf(log.readGraph('g')), []);
  },

  'given several events in one append, then they have consecutive revisions and rising positions': async (logs) => {
    const log = await logs.open();
    const [result] = await rightOf(log.append([append(jobA, -1, ...[1, 2, 3].map((n) => newEvent(beat(n))))]));
    const read = await rightOf(log.readStream(jobA));
    assert.equal(
      read.map((event) => event.revision),
      [0, 1, 2],
    );
    assert.equal(detailsOf(read), [1, 2, 3]);
    assert.equal(result, { appended: true, revision: 2 });
    assert.ok(comparePositions(read[0]!.position, read[1]!.position) < 0);
  },

  'given a batch with one request that is refused, then the others go in: each is judged by itself, in order': async (
    logs,
  ) => {
    const log = await logs.open();
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

  'given appends to several streams that go in together, then all do, or none does, or the log says that it cannot':
    async (logs) => {
      const log = await logs.open();
      const started = { ...append(jobA, -1), along: [append(jobB, -1, newEvent(), newEvent())] };
      if (log.joinsStreams !== true) {
        assert.is((await leftOf(log.append([started]))).code, 'event-invalid');
        return;
      }
      assert.equal(await rightOf(log.append([started])), [{ appended: true, revision: 0 }]);
      // Sent again, as after an answer that was lost.
      assert.equal(await rightOf(log.append([started])), [{ appended: true, revision: 0 }]);
      const joined = { ...append(jobA, 0), along: [append(jobB, 0)] };
      const late = { ...append(jobA, 4), along: [append(jobB, 1)] };
      assert.equal(await rightOf(log.append([joined, late, { ...joined, along: [append(jobB, 1)] }])), [
        { appended: false, actualRevision: 0 },
        { appended: false, actualRevision: 0 },
        { appended: true, revision: 1 },
      ]);
      const all = await rightOf(log.readGraph('g'));
      assert.equal(
        all.map(({ jobId, revision }) => `${jobId} ${revision}`),
        ['a 0', 'b 0', 'b 1', 'a 1', 'b 2'],
      );
    },

  'given an append along with another that is not to go in before a time, then both wait for the clock of the log':
    async (logs) => {
      const log = await logs.open();
      if (log.joinsStreams !== true) return assert.is(log.joinsStreams, undefined);
      await rightOf(log.append([append(jobA, -1)]));
      const last = Date.parse((await rightOf(log.readStream(jobA)))[0]!.recordedAt);
      const along = (notBefore: number) => ({ ...append(jobA, 0), along: [{ ...append(jobB, -1), notBefore }] });
      assert.equal(await rightOf(log.append([along(last + 3_600_000)])), [{ appended: false, actualRevision: 0 }]);
      assert.equal(await rightOf(log.readStream(jobB)), []);
      assert.equal(await rightOf(log.append([along(last)])), [{ appended: true, revision: 1 }]);
      assert.is((await rightOf(log.readStream(jobB))).length, 1);
    },

  'given an append along with another that comes behind a certain event, then no other may be in its place': async (
    logs,
  ) => {
    const log = await logs.open();
    if (log.joinsStreams !== true) return assert.is(log.joinsStreams, undefined);
    const [mine, others, first] = [append(jobB, -1), append(jobB, -1), append(jobA, -1)];
    await rightOf(log.append([others]));
    const behind = (id: string) => ({ ...first, along: [{ ...append(jobB, 0), expectedEventId: id }] });
    const refused = await rightOf(log.append([{ ...append(jobA, -1), along: [mine] }, behind(mine.events[0]!.id)]));
    assert.equal(refused, [
      { appended: false, actualRevision: -1 },
      { appended: false, actualRevision: -1 },
    ]);
    assert.equal(await rightOf(log.append([behind(others.events[0]!.id)])), [{ appended: true, revision: 0 }]);
    assert.is((await rightOf(log.readStream(jobB))).length, 2);
  },

  'given two handles that append at the same revision at once, then exactly one wins, a hundred times over': async (
    logs,
  ) => {
    const log = await logs.open();
    const other = await logs.again(log);
    for (let revision = -1; revision < 99; revision++) {
      const results = await Promise.all([log, other].map((each) => rightOf(each.append([append(jobA, revision)]))));
      assert.is(results.flat().filter((result) => result.appended).length, 1);
    }
    assert.equal(
      (await rightOf(log.readStream(jobA))).map((event) => event.revision),
      Array.from({ length: 100 }, (_, index) => index),
    );
  },

  'given an append that is sent again with the same ids, then it succeeds as the first did and adds nothing': async (
    logs,
  ) => {
    const log = await logs.open();
    const request = append(jobA, -1, newEvent(beat(1)), newEvent(beat(2)));
    const [first] = await rightOf(log.append([request]));
    await rightOf(log.append([append(jobA, 1)]));
    const [second] = await rightOf((await logs.again(log)).append([request]));
    assert.equal(
      [first, second],
      [1, 1].map((revision) => ({ appended: true, revision })),
    );
    assert.is((await rightOf(log.readStream(jobA))).length, 3);
  },

  'given an append of which only a part is there, then it is refused': async (logs) => {
    const log = await logs.open();
    const there = newEvent();
    await rightOf(log.append([append(jobA, -1, there)]));
    const [longer] = await rightOf(log.append([append(jobA, -1, there, newEvent())]));
    const [different] = await rightOf(log.append([append(jobA, -1, newEvent())]));
    const second = newEvent();
    await rightOf(log.append([append(jobA, 0, second)]));
    const [otherEnd] = await rightOf(log.append([append(jobA, -1, there, newEvent())]));
    const [otherStart] = await rightOf(log.append([append(jobA, -1, newEvent(), second)]));
    assert.equal(
      [longer, different, otherEnd, otherStart].map((each) => each!.appended),
      [false, false, false, false],
    );
    assert.is((await rightOf(log.readStream(jobA))).length, 2);
  },

  'given an event that no release could read again, then it is refused, and the whole call writes nothing': async (
    logs,
  ) => {
    const log = await logs.open();
    const unreadable = newEvent({ type: 'Heartbeat', data: { attempt: 'first' as never } });
    const error = await leftOf(log.append([append(jobB, -1), append(jobA, -1, unreadable)]));
    assert.equal([error.code, error.isTransient], ['event-invalid', false]);
    assert.equal(await rightOf(log.readAll({ limit: 9 })), []);
  },

  'given several calls at once, then each gets the answers to its own requests': async (logs) => {
    const log = await logs.open();
    await rightOf(log.append([append(jobA, -1)]));
    const calls = [
      [append(jobB, -1, newEvent(), newEvent()), append(jobA, 7)],
      [append(jobA, 0, newEvent(), newEvent(), newEvent())],
      [append({ graphId: 'h', jobId: 'c' }, 5), append({ graphId: 'h', jobId: 'd' }, -1)],
    ];
    const answers = await Promise.all(calls.map((requests) => rightOf(log.append(requests))));
    assert.equal(
      answers.map((results) => results.map((result) => (result.appended ? result.revision : 'refused'))),
      [[1, 'refused'], [3], ['refused', 0]],
    );
  },

  'given an append over the limit of size, then it is refused as too large and the whole call writes nothing': async (
    logs,
  ) => {
    const log = await logs.open();
    const large = newEvent(beat('x'.repeat(1024 * 1024)));
    const error = await leftOf(log.append([append(jobB, -1), append(jobA, -1, large)]));
    assert.is(error.code, 'append-too-large');
    assert.is(error.isTransient, false);
    assert.equal(await rightOf(log.readAll({ limit: 9 })), []);
  },

  'given an event that its writer changes after the append, then what the log holds stays as it was': async (logs) => {
    const log = await logs.open();
    const details = { list: [1] };
    await rightOf(log.append([append(jobA, -1, newEvent(beat(details)))]));
    details.list.push(2);
    assert.equal(detailsOf(await rightOf(log.readStream(jobA))), [{ list: [1] }]);
  },

  'given a log in use, when it is installed again, then nothing changes': async (logs) => {
    const log = await logs.open();
    await rightOf(log.append([append(jobA, -1)]));
    await rightOf(log.install());
    await rightOf((await logs.again(log)).install());
    assert.is((await rightOf(log.readAll({ limit: 9 }))).length, 1);
    assert.equal(await rightOf(log.check()), []);
  },

  'given an append on its way, when the log is closed, then the append is answered before': async (logs) => {
    const log = await logs.open();
    const appending = log.append([append(jobA, -1)])();
    await log.close();
    const result = await appending;
    assert.ok(result._tag === 'Right' || result.left.code === 'store-closed');
  },
};

export const appendRefusals: ConformanceTests = {
  'given a log that only reads, when something is appended, then it is refused for good, and the events stay as they are':
    async (logs) => {
      const log = await logs.holding((written) => rightOf(written.append([append(jobA, -1)])).then(() => undefined));
      const before = await rightOf(log.readStored({ limit: 9 }));
      for (const request of [append(jobA, 0), append(jobB, -1)]) {
        const error = await leftOf(log.append([request]));
        assert.is(error.code, 'store-read-only');
        assert.equal([error.isTransient, error.outcomeUnknown], [false, false]);
        assert.match(error.message, 'can only be read');
        assert.ok(error.message.includes(log.address), 'says which log it is');
      }
      assert.equal(await rightOf(log.readStored({ limit: 9 })), before);
    },

  'given a log that only reads, when it is installed or asked whether it can be written, then it says that it cannot':
    async (logs) => {
      const log = await logs.holding((written) => rightOf(written.append([append(jobA, -1)])).then(() => undefined));
      assert.is((await leftOf(log.install())).code, 'store-read-only');
      assert.is((await leftOf(log.assertWritable!())).code, 'store-read-only');
      assert.equal(await rightOf(log.check()), []);
    },
};
