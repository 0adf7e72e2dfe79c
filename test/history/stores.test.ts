/** Looking back in real logs: what was run by real workers, asked for moment by moment. */
import type { Position, RecordedEvent } from '../../src/domain/events.js';
import { LiveProjection } from '../../src/domain/live-projection.js';
import { GraphState } from '../../src/domain/graph.js';
import { initialWork } from '../../src/domain/pauses.js';
import {
  applyPatch,
  bisect,
  bisectLog,
  diff,
  explainGraph,
  explainJob,
  fault,
  graphHistory,
  graphInfo,
  graphs,
  type Handlers,
  history,
  jobGraph,
  jobsReady,
  queueDepths,
  resolveLogMoment,
  resolveMoment,
  retryJob,
  start,
  type Store,
  timeline,
  transactGraph,
  waitForGraph,
} from '../../src/index.js';
import { toGraphInfo } from '../../src/domain/graph-info.js';
import type { Json } from '../../src/prelude/json.js';
import { rightOf } from '../support/right.js';
import { assert, describe } from '../support/spec.js';
import { engines, freshStore, missingFor } from '../support/stores.js';
import { whyNoInstances, workflowInstances } from '../support/workflow-instances.js';

const handlers: Handlers = {
  work: (job) => ({ id: job.id, from: Object.keys(job.inputs) }),
  flaky: (job) => (job.attempt < 3 ? fault('busy', { retryAfterMs: 40 }) : 'ok'),
  bad: () => {
    throw new TypeError('no such thing');
  },
};

const jobs = {
  fetch: { type: 'work' },
  'page-1': { type: 'work', after: ['fetch'] },
  flaky: { type: 'flaky', after: ['fetch'] },
  bad: { type: 'bad', after: ['page-1'] },
  below: { type: 'work', after: ['bad'] },
  report: { type: 'work', after: ['page-1', 'flaky'] },
};

/** Two graphs run to their end, one job of the first reset and run again. */
async function runTwo(db: Store): Promise<void> {
  await transactGraph(db, jobGraph({ jobs }, {}, { id: 'first', labels: { run: '1' } }));
  const worker = await start({ concurrency: 3 }, db, handlers);
  await waitForGraph(db, 'first');
  await transactGraph(db, jobGraph({ jobs }, {}, { id: 'second' }));
  await waitForGraph(db, 'second');
  await retryJob(db, 'first', 'bad', { by: 'somebody' });
  await waitForGraph(db, 'first');
  await worker.stop();
}

async function allEvents(db: Store): Promise<readonly RecordedEvent[]> {
  return await rightOf(db.log.readAll({ limit: 100_000 }));
}

/** The state of a graph folded from a part of the log, as it is shown; null if it did not exist. */
function foldedAt(events: readonly RecordedEvent[], graphId: string) {
  const graph = new GraphState(graphId);
  const own = events.filter((event) => event.graphId === graphId);
  for (const event of own) graph.apply(event);
  return graph.existsFrom === null
    ? null
    : toGraphInfo(graph, { now: Date.parse(own.at(-1)!.recordedAt), work: initialWork });
}

const code = (expected: string) => (error: unknown) => (error as { readonly code?: string }).code === expected;

for (const engine of engines) {
  const spec = describe(`looking back on ${engine}`, { timeoutMs: 60_000, missing: missingFor(engine) });
  let db: Store;
  let log: readonly RecordedEvent[];

  spec.before(async () => {
    db = await freshStore(engine);
    await runTwo(db);
    log = await allEvents(db);
  });
  spec.after(() => db.close());

  spec.test('as of every position, each graph is the fold of the log up to there', async () => {
    for (const [index, { position }] of log.entries()) {
      const prefix = log.slice(0, index + 1);
      for (const graphId of ['first', 'second']) {
        const expected = foldedAt(prefix, graphId);
        if (expected === null) {
          await assert.rejects(graphInfo(db, graphId, { asOf: position }), code('graph-not-found'));
        } else assert.equal(await graphInfo(db, graphId, { asOf: position }), expected);
      }
    }
  });

  spec.test('as of every position, graphs, ready jobs and queues are those of the fold', async () => {
    for (const [index, { position }] of log.entries()) {
      const prefix = log.slice(0, index + 1);
      const listed = await graphs(db, { asOf: position });
      const expected = ['second', 'first'].flatMap((graphId) => foldedAt(prefix, graphId) ?? []);
      assert.equal(
        listed.items.map(({ id, status, counts }) => ({ id, status, counts })),
        expected.map(({ id, status, counts }) => ({ id, status, counts })),
      );
      if (index % 5 !== 0) continue;
      const now = Date.parse(prefix.at(-1)!.recordedAt);
      const open = expected.filter(({ status }) => status === 'running');
      const derived = open.flatMap((graph) => Object.values(graph.jobs));
      const ready = (await jobsReady(db, { asOf: position })).items.map(({ graphId, jobId }) => `${graphId}/${jobId}`);
      const mayBe = derived.filter((job) => job.status === 'unstarted' && readyAt(job.notBefore, now));
      const parentsDone = mayBe.filter((job) =>
        job.parents.every((parent) => open.find(({ id }) => id === job.graphId)!.jobs[parent]!.status === 'finished'),
      );
      assert.equal(ready.sort(), parentsDone.map(({ graphId, id }) => `${graphId}/${id}`).sort());
      const depths = await queueDepths(db, { asOf: position });
      const total = (kind: 'ready' | 'started' | 'waiting') => depths.reduce((sum, depth) => sum + depth[kind], 0);
      assert.is(total('ready'), ready.length);
      assert.is(total('started'), derived.filter(({ status }) => status === 'started').length);
    }
  });

  spec.test('without a moment, queues and ready jobs are those of now', async () => {
    await transactGraph(db, jobGraph({ jobs }, {}, { id: 'third' }));
    assert.equal((await jobsReady(db)).items, [{ graphId: 'third', jobId: 'fetch', type: 'work' }]);
    const depths = await queueDepths(db);
    assert.equal(
      depths.map(({ type, ready, waiting, started, backingOff }) => [type, ready, waiting, started, backingOff]),
      [
        ['bad', 0, 1, 0, 0],
        ['flaky', 0, 1, 0, 0],
        ['work', 1, 3, 0, 0],
      ],
    );
  });

  spec.test('the history of a graph shows any of its moments, and what is none is refused', async () => {
    const events: RecordedEvent[] = [];
    for await (const event of history(db, 'first')) events.push(event);
    const past = await graphHistory(db, 'first');
    assert.is(past.existsFrom, 1);
    for (const number of [events.length, 1, 5, 4, events.length - 1]) {
      assert.equal(past.at(number), foldedAt(events.slice(0, number), 'first'));
      assert.is(past.numberAt(events[number - 1]!.position), number);
      assert.is(await resolveMoment(db, 'first', `#${number}`), events[number - 1]!.position);
    }
    for (const number of [0, -1, 1.5, events.length + 1]) assert.throws(() => past.at(number), code('moment-invalid'));
    await assert.rejects(graphHistory(db, 'nobody'), code('graph-not-found'));
  });

  spec.test(
    'a moment of the log: a position or a time; before its first event and after its last there is none',
    async () => {
      const last = log.at(-1)!.position;
      assert.is(await resolveLogMoment(db, `@${last}`), last);
      await assert.rejects(resolveLogMoment(db, '#3'), /names an event of one graph, and no graph is given/);
      await assert.rejects(
        resolveLogMoment(db, '1999-01-01'),
        /nothing had happened at 1999-01-01; the log begins at @/,
      );
      await assert.rejects(resolveLogMoment(db, '@0'), /nothing had happened at @0/);
      await assert.rejects(resolveLogMoment(db, '@99999999999999'), /the log has not reached/);
      const empty = await freshStore(engine);
      await assert.rejects(resolveLogMoment(empty, '1999-01-01'), /the log is empty/);
      await empty.close();
    },
  );

  spec.test('a diff of two moments is what happened between; applied to the one, it gives the other', async () => {
    const positions = log.filter(({ graphId }) => graphId === 'first').map(({ position }) => position);
    const sides = (a: Position, b: Position) =>
      [
        { graphId: 'first', asOf: a },
        { graphId: 'first', asOf: b },
      ] as const;
    for (let index = 0; index + 3 < positions.length; index += 3) {
      const [a, b] = [positions[index]!, positions[index + 3]!];
      const found = await diff(db, ...sides(a, b));
      const [before, after] = [await graphInfo(db, 'first', { asOf: a }), await graphInfo(db, 'first', { asOf: b })];
      assert.equal(applyPatch(before as unknown as Json, found.patch), after);
      const changed = Object.keys(after.jobs).filter(
        (id) => before.jobs[id]!.derivedStatus !== after.jobs[id]!.derivedStatus,
      );
      assert.equal(
        found.changed.filter(({ status }) => status !== undefined).map(({ jobId }) => jobId),
        changed,
      );
      const back = await diff(db, ...sides(b, a));
      assert.equal(applyPatch(after as unknown as Json, back.patch), before);
    }
    const same = await diff(db, ...sides(positions[4]!, positions[4]!));
    assert.equal([same.changed, same.patch], [[], []]);
  });

  spec.test('a diff of two runs of one definition: what came out otherwise', async () => {
    const found = await diff(db, { graphId: 'second' }, { graphId: 'first' });
    assert.equal([found.added, found.removed], [[], []]);
    const bad = found.changed.find(({ jobId }) => jobId === 'bad')!;
    assert.equal(bad.attempt, { before: 1, after: 2 });
    assert.is(bad.status, undefined);
    for (const { definition } of found.changed) assert.is(definition, undefined);
  });

  spec.test('bisect finds what a look at every state finds, and says how', async () => {
    const events = log.filter(({ graphId }) => graphId === 'first');
    const stateAt = (number: number) => foldedAt(events.slice(0, number), 'first')!;
    const linear = (holds: (graph: ReturnType<typeof stateAt>) => boolean) =>
      events.findIndex((_, index) => holds(stateAt(index + 1))) + 1;
    const cases: readonly (readonly [string, (graph: ReturnType<typeof stateAt>) => boolean, 'linear' | 'binary'])[] = [
      ['count.failed > 0', (graph) => graph.jobs['bad']!.status === 'failed', 'linear'],
      ['jobs.flaky.attempt >= 2', (graph) => graph.jobs['flaky']!.attempt >= 2, 'binary'],
      ['jobs["page-1"].result.id == "page-1"', (graph) => graph.jobs['page-1']!.status === 'finished', 'linear'],
      [
        'jobs.bad.attempt == 2 && jobs.bad.status == "failed"',
        (g) => g.jobs['bad']!.attempt === 2 && g.jobs['bad']!.status === 'failed',
        'linear',
      ],
      [
        'status == "failed" && jobs.report.status == "finished"',
        (g) => g.status === 'failed' && g.jobs['report']!.status === 'finished',
        'linear',
      ],
    ];
    for (const [where, holds, method] of cases) {
      const found = await bisect(db, 'first', { where });
      assert.equal([found.number, found.method], [linear(holds), method], where);
      assert.is(found.event?.id, events[found.number! - 1]!.id);
      assert.is(found.events, events.length);
    }
    const byFunction = await bisect(db, 'first', {
      where: (graph) => graph.jobs['flaky']!.attempt > 2,
      isMonotonic: true,
    });
    assert.equal(
      [byFunction.number, byFunction.method],
      [linear((graph) => graph.jobs['flaky']!.attempt > 2), 'binary'],
    );
    const never = await bisect(db, 'first', { where: 'count.aborted > 0' });
    assert.equal([never.event, never.number, never.looks], [null, null, events.length]);
    await assert.rejects(bisect(db, 'first', { where: 'count.failed >' }), code('expression-invalid'));
    await assert.rejects(bisect(db, 'first', { where: 'status + 1' }), code('expression-invalid'));
  });

  spec.test('bisect over the whole log', async () => {
    const upTo = { asOf: log.at(-1)!.position };
    const firstWhere = (holds: (prefix: readonly RecordedEvent[]) => boolean) =>
      log.findIndex((_, index) => holds(log.slice(0, index + 1))) + 1;
    const statusesAt = (prefix: readonly RecordedEvent[]) =>
      ['first', 'second'].map((id) => foldedAt(prefix, id)?.status);
    const both = await bisectLog(db, { where: 'graphs.failed == 2', ...upTo });
    assert.is(
      both.number,
      firstWhere((prefix) => statusesAt(prefix).every((status) => status === 'failed')),
    );
    const reopened = await bisectLog(db, {
      where: 'graphs.failed == 1 && graphs.running == 1 && event.type == "JobReset"',
      ...upTo,
    });
    assert.is(reopened.event?.type, 'JobReset');
    const busy = await bisectLog(db, { where: (state) => state.started >= 2, ...upTo });
    const projection = new LiveProjection();
    const expected = log.findIndex((event) => (projection.apply(event), projection.started.size >= 2)) + 1;
    assert.is(busy.number, expected === 0 ? null : expected);
    assert.is((await bisectLog(db, { where: 'started < 0', ...upTo })).number, null);
  });

  spec.test('explaining a job as of a moment, with the chain of what led to it', async () => {
    const events = log.filter(({ graphId }) => graphId === 'first');
    const at = events.findIndex(({ type, jobId }) => type === 'JobStarted' && jobId === 'report');
    const told = await explainJob(db, 'first', 'report', { asOf: events[at]!.position });
    assert.is(told.status, 'started');
    assert.is(told.causes[0]!.number, at + 1);
    assert.equal(told.causes.map(({ type }) => type).slice(-3), ['JobFinished', 'JobStarted', 'GraphSubmitted']);
    for (const [index, { number }] of told.causes.entries()) {
      if (index > 0) assert.is(events[told.causes[index - 1]!.number - 1]!.causationId, events[number - 1]!.id);
    }
    assert.equal(
      told.candidates.map(({ types }) => types.includes('work')),
      [true],
    );
    const before = await explainJob(db, 'first', 'report', { asOf: events[0]!.position });
    assert.equal([before.status, before.candidates, before.causes.length], ['waiting', [], 1]);
    assert.is((await explainGraph(db, 'first', { asOf: events[0]!.position })).counts.ready, 1);
    assert.is((await explainJob(db, 'first', 'below')).status, 'blocked');
  });

  spec.test('the timeline of a run: attempts, waits, and the path that decided', async () => {
    const { jobs: rows, criticalPath, to, from } = await timeline(db, 'second');
    const flaky = rows.find(({ jobId }) => jobId === 'flaky')!;
    const ran = flaky.spans.filter(({ kind }) => kind === 'running');
    assert.equal(
      ran.map(({ ending }) => ending),
      ['fault', 'fault', 'finished'],
    );
    assert.ok(flaky.totals['backing-off'] > 0, 'it backed off');
    assert.is(criticalPath[0], 'fetch');
    assert.ok(to - from >= flaky.totals['backing-off']);
    assert.equal(
      rows.find(({ jobId }) => jobId === 'below')!.spans.map(({ kind }) => kind),
      ['blocked'],
    );
    const begun = await timeline(db, 'second', { asOf: (await graphHistory(db, 'second')).events[0]!.position });
    assert.equal([begun.from, begun.criticalPath], [begun.to, []]);
  });

  spec.run();
}

function readyAt(notBefore: string | null, now: number): boolean {
  return notBefore === null || Date.parse(notBefore) <= now;
}

const recorded = describe('looking back at recorded workflows', { timeoutMs: 120_000, missing: whyNoInstances });

recorded.test(
  'as of every moment, a graph is the fold of its events up to there; diffs lead from one to the next',
  async () => {
    const smallest = [...workflowInstances()].sort(
      (a, b) => Object.keys(a.graph.jobs).length - Object.keys(b.graph.jobs).length,
    );
    for (const { graph, name } of smallest.slice(0, 3)) {
      const db = await freshStore('sqlite');
      await transactGraph(db, graph);
      const worker = await start({ concurrency: 8 }, db, { task: (job) => job.attempt });
      await waitForGraph(db, graph.id);
      await worker.stop();
      const past = await graphHistory(db, graph.id);
      const running = new GraphState(graph.id);
      for (const [index, event] of past.events.entries()) {
        running.apply(event);
        if (index + 1 < past.existsFrom) continue;
        const expected = toGraphInfo(running, { now: Date.parse(event.recordedAt), work: initialWork });
        assert.equal(past.at(index + 1), expected, `${name} at #${index + 1}`);
        if (index % 50 === 0) assert.equal(await graphInfo(db, graph.id, { asOf: event.position }), expected);
      }
      for (const where of ['count.finished >= 10', 'count.started > 3']) {
        const found = await bisect(db, graph.id, { where });
        const holds = await bisect(db, graph.id, {
          where: (view) => (where.startsWith('count.f') ? view.count.finished >= 10 : view.count.started > 3),
        });
        assert.is(found.number, holds.number);
      }
      await db.close();
    }
  },
);

recorded.run();
