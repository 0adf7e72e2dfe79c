/** Reading one stream, one graph or several. */
import { randomUUID } from 'node:crypto';
import type { DomainEvent, RecordedEvent } from '../../src/domain/events.js';
import { namespaceStream } from '../../src/domain/namespace-stream.js';
import { started } from '../support/given.js';
import { rightOf } from '../support/right.js';
import { assert } from '../support/spec.js';
import {
  aborted,
  append,
  beat,
  collect,
  type ConformanceTests,
  detailsOf,
  graphStream,
  inTurn,
  jobA,
  jobB,
  newEvent,
  submitted,
} from './log-fixture.js';

const similarIds = ['g', 'G', 'g-1', 'g\u00e9', 'ge\u0301', 'g 2', 'job-g', "g'--"];

export const readTests: ConformanceTests = {
  'given claims, when it is asked who claims, then each worker after a position is named once, or the log cannot tell':
    async (logs) => {
      const claim = (id: string): DomainEvent => started(1, id);
      const log = await logs.holding((written) =>
        inTurn(
          written,
          append(jobA, -1, newEvent(claim('w1'), { actor: 'w1' }), newEvent(beat(0))),
          append(
            jobB,
            -1,
            newEvent(claim('w2'), { actor: 'w2' }),
            newEvent(beat(0)),
            newEvent(claim('w3'), { actor: 'w3' }),
            newEvent(claim('w2'), { actor: 'w2' }),
          ),
        ),
      );
      if (log.claimantsAfter === undefined) return;
      const all = await rightOf(log.readAll({ limit: 9 }));
      const named = async (after: number | null) => {
        const { workers, upTo } = await rightOf(log.claimantsAfter!(after === null ? null : all[after]!.position));
        assert.is(upTo, all.at(-1)!.position);
        return workers.map(({ id }) => id).sort();
      };
      assert.equal(await named(null), ['w1', 'w2', 'w3']);
      assert.equal(await named(0), ['w2', 'w3']);
      assert.equal(await named(4), ['w2']);
      assert.equal(await named(5), []);
      const other = await logs.inAnotherNamespace(log, 'another');
      assert.equal((await rightOf(other.claimantsAfter!(null))).workers, []);
    },

  'given a new stream, when an event is appended, then it reads back whole, with what the log adds': async (logs) => {
    const cause = randomUUID();
    const details = {
      text: 'ünï\u{1F980}\n"',
      deep: [{ n: -1.5e-7 }, null, true, []],
      '': {},
      long: 'x'.repeat(100_000),
    };
    const event = newEvent(beat(details), { causationId: cause, actor: 'wörker' });
    const log = await logs.holding(async (written) => {
      assert.equal(await rightOf(written.append([append(jobA, -1, event)])), [{ appended: true, revision: 0 }]);
    });
    const [read, ...more] = await rightOf(log.readStream(jobA));
    assert.is(more.length, 0);
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

  'given a stream, when its last events are read, then there are that many, in order': async (logs) => {
    const log = await logs.holding((written) =>
      inTurn(written, append(jobA, -1, ...[0, 1, 2, 3].map((n) => newEvent(beat(n)))), append(jobB, -1)),
    );
    assert.equal(detailsOf(await rightOf(log.readStream(jobA, { last: 1 }))), [3]);
    assert.equal(detailsOf(await rightOf(log.readStream(jobA, { last: 3 }))), [1, 2, 3]);
    assert.equal(detailsOf(await rightOf(log.readStream(jobA, { last: 9 }))), [0, 1, 2, 3]);
    assert.equal(detailsOf(await rightOf(log.readStream(jobA, { last: 0 }))), []);
    assert.equal(await rightOf(log.readStream({ graphId: 'g', jobId: 'none' }, { last: 2 })), []);
  },

  'given streams that belong to no graph, then they read back, and are no part of any graph': async (logs) => {
    const ownStream = { graphId: '', jobId: null };
    const named = { graphId: '', jobId: 'memo/a/b ü' };
    const log = await logs.holding((written) =>
      inTurn(
        written,
        append(named, -1, newEvent(beat('first'))),
        append(graphStream, -1, newEvent(submitted('a'))),
        append(jobA, -1, newEvent(beat('of a job'))),
        append(ownStream, -1, newEvent(aborted)),
        append(named, 0, newEvent(beat('second'))),
      ),
    );
    assert.equal(detailsOf(await rightOf(log.readStream(named))), ['first', 'second']);
    assert.equal(detailsOf(await rightOf(log.readStream(named, { last: 1 }))), ['second']);
    assert.equal(detailsOf(await rightOf(log.readStream(ownStream))), ['GraphAborted']);
    assert.equal(detailsOf(await rightOf(log.readGraph('g'))), ['GraphSubmitted', 'of a job']);
    const places = (events: readonly { graphId: string; jobId: string | null }[]) =>
      events.map(({ graphId, jobId }) => [graphId, jobId]);
    const all = [
      ['', 'memo/a/b ü'],
      ['g', null],
      ['g', 'a'],
      ['', null],
      ['', 'memo/a/b ü'],
    ];
    assert.equal(places(await rightOf(log.readAll({ limit: 10 }))), all);
    assert.equal(places(await rightOf(log.readStored({ limit: 10 }))), all);
    const ofNone = all.filter(([graphId]) => graphId === '');
    assert.equal(places(await rightOf(log.readStored({ graphId: '', limit: 10 }))), ofNone);
  },

  'given a stream, when a range is read, then both bounds are included': async (logs) => {
    const log = await logs.holding((written) =>
      inTurn(written, append(jobA, -1, ...[0, 1, 2, 3].map((n) => newEvent(beat(n))))),
    );
    assert.equal(detailsOf(await rightOf(log.readStream(jobA, { from: 1, to: 2 }))), [1, 2]);
    assert.equal(detailsOf(await rightOf(log.readStream(jobA, { from: 3 }))), [3]);
    assert.equal(detailsOf(await rightOf(log.readStream(jobA, { from: 4 }))), []);
    assert.equal(await rightOf(log.readStream({ graphId: 'nobody', jobId: 'x' })), []);
  },

  'given graphs with similar ids, when one is read, then only its events come, its jobs included, in log order': async (
    logs,
  ) => {
    const log = await logs.holding(async (written) => {
      for (const graphId of similarIds) {
        await inTurn(
          written,
          append({ graphId, jobId: null }, -1, newEvent(submitted('a/b', 'a'))),
          append({ graphId, jobId: 'a/b' }, -1, newEvent(beat(`${graphId} a/b`))),
          append({ graphId, jobId: 'a' }, -1, newEvent(beat(`${graphId} a`))),
        );
      }
      await inTurn(written, append(graphStream, 0, newEvent(aborted)));
    });
    assert.equal(detailsOf(await rightOf(log.readGraph('g'))), ['GraphSubmitted', 'g a/b', 'g a', 'GraphAborted']);
    for (const graphId of similarIds.slice(1)) {
      const own = ['GraphSubmitted', `${graphId} a/b`, `${graphId} a`];
      assert.equal(detailsOf(await rightOf(log.readGraph(graphId))), own);
    }
    assert.equal(await rightOf(log.readGraph('absent')), []);
  },

  'given a graph, when it is read up to a position, then that event is the last': async (logs) => {
    const log = await logs.holding(async (written) => {
      await inTurn(written, append(graphStream, -1, newEvent(submitted('a'))));
      for (const n of [0, 1, 2]) await inTurn(written, append(jobA, n - 1, newEvent(beat(n))));
    });
    const all = await rightOf(log.readGraph('g'));
    for (const [index, { position }] of all.entries()) {
      assert.equal(await rightOf(log.readGraph('g', position)), all.slice(0, index + 1));
    }
    assert.equal(detailsOf(all), ['GraphSubmitted', 0, 1, 2]);
  },

  'given several graphs, when some are read at once, then each comes whole, as when read alone': async (logs) => {
    const log = await logs.holding(async (written) => {
      for (const graphId of ['g', 'h', 'i']) {
        await inTurn(written, append({ graphId, jobId: null }, -1, newEvent(submitted('a', 'b'))));
        await rightOf(written.append([append({ graphId, jobId: 'a' }, -1), append({ graphId, jobId: 'b' }, -1)]));
      }
      await inTurn(written, append(jobA, 0));
    });
    const [, upTo] = (await rightOf(log.readAll({ direction: 'backwards', limit: 2 }))).map(({ position }) => position);
    const together = new Map<string, readonly RecordedEvent[]>();
    await rightOf(
      log.readGraphs(['i', 'g'], upTo!, (graphId, history) => together.set(graphId, history as RecordedEvent[])),
    );
    assert.equal([...together.keys()].sort(), ['g', 'i']);
    for (const [graphId, events] of together) {
      assert.is(events.length, 3);
      assert.equal(events, await rightOf(log.readGraph(graphId, upTo)));
    }
  },

  'given the namespace’s own streams, then they are read alone, and are part of the log and of no graph': async (
    logs,
  ) => {
    const paused: DomainEvent = { type: 'WorkPaused', data: { jobType: 'a', by: 'me', reason: 'why' } };
    const under = { graphId: '', jobId: 'other/a' };
    const log = await logs.holding((written) =>
      inTurn(
        written,
        append(namespaceStream, -1, newEvent(paused)),
        append(graphStream, -1, newEvent(submitted('a'))),
        append(under, -1, newEvent(beat('under'))),
        append(jobA, -1, newEvent(beat('a'))),
        append(namespaceStream, 0, newEvent({ ...paused, type: 'WorkResumed' })),
      ),
    );
    const own = await rightOf(log.readStream(namespaceStream));
    assert.equal(detailsOf(own), ['WorkPaused', 'WorkResumed']);
    assert.equal(
      own.map(({ graphId, jobId, revision }) => [graphId, jobId, revision]),
      [
        ['', null, 0],
        ['', null, 1],
      ],
    );
    assert.equal(detailsOf(await rightOf(log.readStream(under))), ['under']);
    assert.equal(detailsOf(await rightOf(log.readGraph('g'))), ['GraphSubmitted', 'a']);
    const all = ['WorkPaused', 'GraphSubmitted', 'under', 'a', 'WorkResumed'];
    assert.equal(detailsOf(await rightOf(log.readAll({ limit: 9 }))), all);
    const ofTypes = log.readAll({ limit: 9, filter: { types: ['WorkPaused', 'WorkResumed', 'GraphAborted'] } });
    assert.equal(detailsOf(await rightOf(ofTypes)), ['WorkPaused', 'WorkResumed']);
    const stored = await rightOf(log.readStored({ limit: 9, graphId: '' }));
    assert.equal(
      stored.map(({ jobId }) => jobId),
      [null, 'other/a', null],
    );
    const { events } = await collect(log, (got) => got.length === 5);
    assert.equal(detailsOf(events), all);
  },

  'given an event that a reader tries to change, then the next reader sees it as it was': async (logs) => {
    const log = await logs.holding((written) => inTurn(written, append(jobA, -1, newEvent(beat({ list: [1] })))));
    const [read] = await rightOf(log.readStream(jobA));
    const { details } = read!.data as unknown as { details: { list: number[] } };
    try {
      details.list.push(2);
    } catch (error) {
      assert.instance(error, TypeError, 'it is frozen');
    }
    assert.equal(detailsOf(await rightOf(log.readStream(jobA))), [{ list: [1] }]);
  },

  'given two namespaces in one log, then neither sees the other’s graphs or events': async (logs) => {
    const one = await logs.open({ namespace: 'one' });
    const two = await logs.inAnotherNamespace(one, 'two');
    assert.is.not(one.namespace, two.namespace);
    for (const [log, name] of [
      [one, 'one'],
      [two, 'two'],
    ] as const) {
      await inTurn(log, append(graphStream, -1, newEvent(submitted('a'))), append(jobA, -1, newEvent(beat(name))));
    }
    for (const [written, name] of [
      [one, 'one'],
      [two, 'two'],
    ] as const) {
      const log = await logs.written(written);
      assert.is(log.namespace, written.namespace);
      assert.equal(detailsOf(await rightOf(log.readAll({ limit: 9 }))), ['GraphSubmitted', name]);
      assert.equal(detailsOf(await rightOf(log.readGraph('g'))), ['GraphSubmitted', name]);
      assert.equal(detailsOf(await rightOf(log.readStream(jobA))), [name]);
    }
  },
};
