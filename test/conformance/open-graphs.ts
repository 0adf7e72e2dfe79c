/** Which graphs are open, for an engine that can tell: others may be named, but none that is open may be missing. */
import type { DomainEvent } from '../../src/domain/events.js';
import type { EventLog } from '../../src/log/event-log.js';
import { comparePositions } from '../../src/domain/positions.js';
import { fromTheStart } from '../support/from-the-start.js';
import { rightOf } from '../support/right.js';
import { assert } from '../support/spec.js';
import { append, type ConformanceTests, inTurn, newEvent, submitted } from './log-fixture.js';

const started: DomainEvent = {
  type: 'JobStarted',
  data: { attempt: 1, worker: { id: 'w', host: 'here', pid: 1 }, leaseMs: 1000 },
};
const finished: DomainEvent = { type: 'JobFinished', data: { attempt: 1, result: null } };

/** A graph of jobs `a` and `b`, of which some are done. */
async function graph(log: EventLog, graphId: string, ...done: readonly ('a' | 'b')[]): Promise<void> {
  await inTurn(
    log,
    append({ graphId, jobId: null }, -1, newEvent(submitted('a', 'b'))),
    ...done.map((jobId) => append({ graphId, jobId }, -1, newEvent(started), newEvent(finished))),
  );
}

async function overGraphs(log: EventLog): Promise<void> {
  for (let n = 0; n < 10; n++) await graph(log, `over ${n}`, 'a', 'b');
}

/** Those that may be open, over the whole log. */
async function openIn(log: EventLog) {
  const found = await rightOf(log.graphsAfter!(fromTheStart));
  return { upTo: found.upTo, graphIds: found.graphs.map(({ graphId }) => graphId) };
}

export const openGraphTests: ConformanceTests = {
  'given graphs of which some are over, then those that are open are named, at the end of the log': async (logs) => {
    const log = await logs.holding(async (it) => {
      await overGraphs(it);
      await graph(it, 'new');
      await graph(it, 'half', 'a');
    });
    const found = await openIn(log);
    const [last] = await rightOf(log.readAll({ direction: 'backwards', limit: 1 }));
    assert.is(comparePositions(found.upTo!, last!.position), 0);
    assert.equal([...found.graphIds].sort(), ['half', 'new']);
  },

  'given a graph that goes on while others look for it, then its later events are behind the position': async (
    logs,
  ) => {
    const log = await logs.open();
    await overGraphs(log);
    await graph(log, 'g', 'a');
    const [found] = await Promise.all([
      openIn(log),
      inTurn(log, append({ graphId: 'g', jobId: 'b' }, -1, newEvent(started), newEvent(finished))),
    ]);
    const after = await rightOf(log.readAll({ after: found.upTo, limit: 10 }));
    assert.ok(found.graphIds.includes('g') || after.every(({ graphId }) => graphId === 'g'));
  },

  'given a graph that has grown, then it is open until what was spawned has finished too': async (logs) => {
    const log = await logs.open();
    const jobs = [{ id: 'b/x', type: 'x', parents: ['b'] }];
    const spawned: DomainEvent = { type: 'JobsSpawned', data: { attempt: 1, jobs, args: {} } };
    const [begun, ended] = [newEvent(started), newEvent(finished)];
    await graph(log, 'over', 'a', 'b');
    await graph(log, 'grown', 'a');
    await inTurn(log, append({ graphId: 'grown', jobId: 'b' }, -1, begun, newEvent(spawned), ended));
    assert.equal((await openIn(log)).graphIds, ['grown']);
    await inTurn(log, append({ graphId: 'grown', jobId: 'b/x' }, -1, newEvent(started), newEvent(finished)));
    assert.equal((await openIn(log)).graphIds, []);
  },

  'given an event of a newer release, then its graph is open, whatever else it says': async (logs) => {
    const log = await logs.open();
    await overGraphs(log);
    const [first] = await rightOf(log.readStored({ limit: 1 }));
    const id = newEvent().id;
    await rightOf(
      log.restore([{ ...first!, id, revision: 1, type: 'GraphExtended', recordedAt: new Date().toISOString() }]),
    );
    assert.equal((await openIn(log)).graphIds, [first!.graphId]);
  },

  'given a log without events, then there are none, and no end': async (logs) => {
    assert.equal(await openIn(await logs.open()), { upTo: null, graphIds: [] });
  },

  'given two namespaces in one log, then neither names the other’s graphs': async (logs) => {
    const one = await logs.open({ namespace: 'one' });
    const two = await logs.inAnotherNamespace(one, 'two');
    await overGraphs(one);
    await graph(one, 'ours');
    await graph(two, 'theirs');
    assert.equal((await openIn(one)).graphIds, ['ours']);
  },
};

export const noOpenGraphs: ConformanceTests = {
  'given an engine that cannot tell which graphs are open, then it does not offer to': async (logs) => {
    assert.not.ok('graphsAfter' in (await logs.open()));
  },
};
