/** Reading the whole log, as events or as they were stored. */
import { randomUUID } from 'node:crypto';
import type { EventLog } from '../../src/log/event-log.js';
import { comparePositions } from '../../src/domain/positions.js';
import { rightOf } from '../support/right.js';
import { assert } from '../support/spec.js';
import {
  aborted,
  append,
  beat,
  type ConformanceTests,
  detailsOf,
  graphStream,
  inTurn,
  jobA,
  jobB,
  newEvent,
} from './log-fixture.js';

const manyStreams = (log: EventLog) =>
  inTurn(
    log,
    append(jobA, -1, newEvent(beat(1))),
    append(jobB, -1, newEvent(beat(2))),
    append({ graphId: 'h', jobId: null }, -1, newEvent(aborted)),
    append(graphStream, -1, newEvent(aborted)),
    append(jobA, 0, newEvent(beat(3))),
  );

export const readAllTests: ConformanceTests = {
  'given events of many streams, when the whole log is read, then in order, after a position, either way, filtered, limited':
    async (logs) => {
      const log = await logs.holding(manyStreams);
      const all = await rightOf(log.readAll({ limit: 100 }));
      const detailsFrom = async (request: Parameters<EventLog['readAll']>[0]) =>
        detailsOf(await rightOf(log.readAll(request)));
      assert.equal(detailsOf(all), [1, 2, 'GraphAborted', 'GraphAborted', 3]);
      for (let index = 1; index < all.length; index++) {
        assert.ok(comparePositions(all[index - 1]!.position, all[index]!.position) < 0);
      }
      assert.equal(await detailsFrom({ after: all[1]!.position, limit: 2 }), ['GraphAborted', 'GraphAborted']);
      assert.equal(await detailsFrom({ direction: 'backwards', limit: 2 }), [3, 'GraphAborted']);
      assert.equal(await detailsFrom({ direction: 'backwards', after: all[2]!.position, limit: 9 }), [2, 1]);
      assert.equal((await detailsFrom({ filter: { types: ['GraphAborted'] }, limit: 9 })).length, 2);
      assert.equal(await detailsFrom({ filter: { graphId: 'g' }, limit: 3 }), [1, 2, 'GraphAborted']);
      assert.equal(await detailsFrom({ filter: { graphId: 'g', types: ['JobStarted'] }, limit: 3 }), []);
    },

  'given events, when read as stored, then as canonical JSON, in order, after a position, of one graph': async (
    logs,
  ) => {
    const cause = randomUUID();
    const details = { 10: 'ten', b: [1.5, null], $redacted: { $$redacted: 1 }, text: '\u2028ü' };
    const event = newEvent(beat(details), { causationId: cause, actor: 'wörker' });
    const log = await logs.holding((written) =>
      inTurn(written, append(jobA, -1, event), append({ graphId: 'h', jobId: null }, -1), append(jobA, 0)),
    );
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
      all.map(({ graphId, revision }) => `${graphId} ${revision}`),
      ['g 0', 'h 0', 'g 1'],
    );
    assert.equal(await rightOf(log.readStored({ after: position, limit: 1 })), [all[1]!]);
    assert.equal(await rightOf(log.readStored({ graphId: 'g', limit: 10 })), [all[0]!, all[2]!]);
    assert.equal(await rightOf(log.readStored({ graphId: 'g', after: position, limit: 1 })), [all[2]!]);
    assert.equal(await rightOf(log.readStored({ graphId: 'nobody', limit: 10 })), []);
  },

  'given events of many streams, when read as stored, then either way, filtered and limited as events are': async (
    logs,
  ) => {
    const log = await logs.holding(manyStreams);
    const all = await rightOf(log.readStored({ limit: 100 }));
    const [one, two, ofH, ofG, last] = all;
    const stored = async (request: Parameters<EventLog['readStored']>[0]) => await rightOf(log.readStored(request));
    assert.equal(await stored({ direction: 'backwards', limit: 2 }), [last!, ofG!]);
    assert.equal(await stored({ direction: 'backwards', after: ofH!.position, limit: 9 }), [two!, one!]);
    assert.equal(await stored({ direction: 'backwards', graphId: 'g', after: last!.position, limit: 2 }), [ofG!, two!]);
    assert.equal(await stored({ types: ['GraphAborted'], limit: 9 }), [ofH!, ofG!]);
    assert.equal(await stored({ types: ['GraphAborted'], direction: 'backwards', limit: 1 }), [ofG!]);
    assert.equal(await stored({ types: ['GraphAborted'], graphId: 'g', limit: 9 }), [ofG!]);
    assert.equal(await stored({ types: ['Heartbeat'], after: one!.position, limit: 1 }), [two!]);
    assert.equal(await stored({ types: ['JobStarted'], limit: 9 }), []);
  },
};
