import { randomUUID } from 'node:crypto';
import type { DomainEvent, Position, RecordedEvent } from '../../src/domain/events.js';
import { GraphCheck, LogCheck, type Problem } from '../../src/history/verify/invariants.js';
import {
  abortGraph,
  type Handlers,
  jobGraph,
  retryGraph,
  start,
  type Store,
  transactGraph,
  waitForGraph,
} from '../../src/index.js';
import { comparePositions } from '../../src/domain/positions.js';
import { verify, type VerifyProgress } from '../../src/history/verify/verify.js';
import { eventually } from '../support/eventually.js';
import {
  failed,
  faulted,
  finished,
  graphAborted,
  graphReset,
  type Happening,
  Recorder,
  reset,
  started,
  submitted,
} from '../support/given.js';
import { rightOf } from '../support/right.js';
import { assert, describe } from '../support/spec.js';
import { engines, freshStore, missingFor } from '../support/stores.js';

/** What happened to graph `g`, as events. */
function history(...happenings: readonly Happening[]): RecordedEvent[] {
  const recorder = new Recorder();
  return happenings.map((happening) => {
    const [jobId, event] = 'type' in happening ? [null, happening] : happening;
    return recorder.record({ graphId: 'g', jobId }, event);
  });
}

function audited(events: readonly RecordedEvent[]): string[] {
  const audit = new GraphCheck('g');
  return events
    .flatMap((event) => audit.check(event))
    .map(({ position, problem }: Problem) => `@${position} ${problem}`);
}

/** The same events, one of them changed. */
function changed(events: readonly RecordedEvent[], index: number, change: Partial<RecordedEvent>): RecordedEvent[] {
  return events.map((event, at) => (at === index ? ({ ...event, ...change } as RecordedEvent) : event));
}

const pair = submitted({ a: [], b: ['a'] });

const graph = describe('auditing a graph');

graph.test('nothing to find in what can happen', () => {
  assert.equal(audited(history(pair, ['a', started()], ['a', finished()], ['b', started()], ['b', failed()])), []);
  const retried = history(
    pair,
    ['a', started(1)],
    ['a', faulted(1)],
    ['a', started(2)],
    ['a', failed(2)],
    ['a', reset()],
    ['a', started(3)],
    ['a', finished(3)],
  );
  assert.equal(audited(retried), []);
});

graph.test('nothing to find in facts that come behind the abort of their graph', () => {
  assert.equal(audited(history(pair, ['a', started()], graphAborted, ['a', finished()])), []);
  assert.equal(audited(history(pair, graphAborted, ['a', started()], ['a', finished()])), []);
  const reopened = history(pair, ['a', started(1)], graphAborted, graphReset, ['a', started(2)], ['a', finished(2)]);
  assert.equal(audited(reopened), []);
});

graph.test('an event that cannot follow', () => {
  assert.equal(audited(history(pair, ['a', finished()])), ['@2 JobFinished cannot follow while the job is unstarted']);
  assert.match(
    audited(history(pair, ['b', started()])).join(),
    /^@2 it started while 1 of its parents were not finished$/,
  );
  assert.match(
    audited(history(pair, ['a', started()], ['a', finished()], ['a', finished()])).join(),
    /^@4 JobFinished cannot follow/,
  );
});

graph.test('revisions: a gap, a repetition, a stream that does not begin at 0', () => {
  const events = history(pair, ['a', started()], ['a', finished()]);
  assert.equal(audited(changed(events, 2, { revision: 2 })), [
    '@3 it has revision 2 in its stream, where 1 was expected',
  ]);
  assert.equal(audited(changed(events, 2, { revision: 0 })), [
    '@3 it has revision 0 in its stream, where 1 was expected',
  ]);
  assert.equal(audited(changed(events, 0, { revision: 1 })), [
    '@1 it has revision 1 in its stream, where 0 was expected',
  ]);
});

graph.test('causes: an earlier event of the graph, or none', () => {
  const events = history(pair, ['a', started()], ['a', finished()]);
  assert.equal(audited(changed(events, 2, { causationId: events[0]!.id })), []);
  const unknown = '00000000-0000-4000-8000-ffffffffffff';
  assert.equal(audited(changed(events, 1, { causationId: unknown })), [
    `@2 its cause ${unknown} is not an earlier event of this graph`,
  ]);
  assert.equal(audited(changed(events, 1, { causationId: events[2]!.id })), [
    `@2 its cause ${events[2]!.id} is not an earlier event of this graph`,
  ]);
});

graph.test('an event nobody can read', () => {
  const unreadable = {
    storedType: 'JobPaused',
    problem: 'unknown-event-type',
    explanation: 'no event is called "JobPaused"',
    stored: {},
  };
  const events = changed(history(pair, ['a', started()]), 1, {
    type: 'Unreadable',
    data: unreadable,
  } as Partial<RecordedEvent>);
  assert.equal(audited(events), ['@2 no event is called "JobPaused"']);
});
graph.run();

const log = describe('auditing the log as a whole');

log.test('positions rise and time does not go backwards', () => {
  const [first, second] = history(pair, ['a', started()]) as [RecordedEvent, RecordedEvent];
  const check = (...events: readonly RecordedEvent[]) => {
    const audit = new LogCheck(comparePositions);
    return events.flatMap((event) => audit.check(event)).map(({ problem }) => problem);
  };
  assert.equal(check(first, second), []);
  assert.equal(check(first, { ...second, recordedAt: first.recordedAt }), []);
  assert.equal(check(first, { ...second, position: '1' as Position }), ['position 1 does not come after 1']);
  assert.match(
    check(second, { ...first, position: '9' as Position }).join(),
    /^it was recorded at .*, before the previous event/,
  );
});
log.run();

for (const engine of engines) {
  const whole = describe(`verifying a store (${engine})`, { timeoutMs: 60_000, missing: missingFor(engine) });

  const handlers: Handlers = {
    task: () => 1,
    slow: () => new Promise((done) => setTimeout(done, 30)),
    broken: () => {
      throw new Error('no');
    },
  };

  /** Graphs that finish, fail, are aborted while they run, and are retried long after they settled. */
  async function work(db: Store): Promise<void> {
    const big = Object.fromEntries(
      Array.from({ length: 300 }, (_, n) => [`job-${n}`, { type: n === 7 ? 'broken' : 'task' }]),
    );
    await transactGraph(db, jobGraph({ jobs: big }, {}, { id: 'big' }));
    const slow = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`job-${n}`, { type: 'slow' }]));
    await transactGraph(db, jobGraph({ jobs: slow }, {}, { id: 'slow' }));
    const worker = await start({ concurrency: 8 }, db, handlers);
    await eventually('something slow runs', async () => {
      const events = await db.log.readGraph('slow')();
      return events._tag === 'Right' && events.right.some((event) => event.type === 'JobStarted');
    });
    await abortGraph(db, 'slow');
    await retryGraph(db, 'slow');
    await waitForGraph(db, 'slow');
    await waitForGraph(db, 'big');
    await retryGraph(db, 'big');
    await waitForGraph(db, 'big');
    await worker.stop();
  }

  whole.test('what workers and operators write is sound', async () => {
    const db = await freshStore(engine);
    await work(db);
    const seen: VerifyProgress[] = [];
    const found = await verify(db, { onProgress: (progress) => seen.push(progress) });
    assert.equal(found.problems, []);
    assert.equal([found.graphs, found.jobs, found.problemCount], [2, 320, 0]);
    assert.ok(found.events > 640);
    assert.is(seen.at(-1)!.events, found.events);
    await db.close();
  });

  whole.test('a graph that settled and was let go of is read again when something concerns it', async () => {
    const db = await freshStore(engine);
    const worker = await start({ concurrency: 8 }, db, handlers);
    const { graphId } = await transactGraph(db, jobGraph({ broken: [], task: [] }));
    await waitForGraph(db, graphId);
    // More jobs than are cached for settled graphs.
    const many = Object.fromEntries(Array.from({ length: 21_000 }, (_, n) => [`job-${n}`, { type: 'never' }]));
    for (const id of ['m1', 'm2']) {
      await transactGraph(db, jobGraph({ jobs: many }, {}, { id }));
      await abortGraph(db, id);
    }
    await retryGraph(db, graphId);
    await waitForGraph(db, graphId);
    await worker.stop();
    const found = await verify(db);
    assert.equal(found.problems, []);
    assert.equal([found.graphs, found.jobs], [3, 42_002]);
    await db.close();
  });

  whole.test('graphs with late facts in turn are not read again for each of them', async () => {
    const db = await freshStore(engine);
    const { log } = db;
    const ids = Array.from({ length: 700 }, (_, n) => `job-${n}`);
    const append = async (graphId: string, jobs: readonly (string | null)[], revision: number, event: DomainEvent) => {
      const appends = jobs.map((jobId) => {
        const events = [{ id: randomUUID(), event, causationId: null, actor: 'tester' }];
        return { graphId, jobId, expectedRevision: revision, events };
      });
      await rightOf(log.append(appends));
    };
    for (const graphId of ['a', 'b']) {
      await append(graphId, [null], -1, submitted(Object.fromEntries(ids.map((id) => [id, []]))));
      await append(graphId, ids, -1, started());
      await append(graphId, [null], 0, graphAborted);
    }
    for (const id of ids.slice(0, 50)) for (const graphId of ['a', 'b']) await append(graphId, [id], 0, finished());
    let readAgain = 0;
    const readGraph = log.readGraph.bind(log);
    log.readGraph = (...request) => {
      readAgain += 1;
      return readGraph(...request);
    };
    const found = await verify(db);
    assert.equal([found.problems, found.graphs], [[], 2]);
    assert.ok(readAgain >= 1 && readAgain <= 2, `${readAgain} times`);
    await db.close();
  });

  whole.test('of very many problems only the first are kept', async () => {
    const db = await freshStore(engine);
    const { graphId } = await transactGraph(db, jobGraph({ a: [] }));
    const events = Array.from({ length: 1500 }, (_, n) => ({
      id: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
      event: finished(1),
      causationId: null,
      actor: 'a foreign writer',
    }));
    await db.log.append([{ graphId, jobId: 'a', expectedRevision: -1, events }])();
    const found = await verify(db);
    assert.equal([found.problems.length, found.problemCount], [1000, 1500]);
    await db.close();
  });
  whole.run();
}
