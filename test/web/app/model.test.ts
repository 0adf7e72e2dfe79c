// takes: 20s
/** What the page computes is what the library, and so the command line, says of the same moment. */
import fc from 'fast-check';
import {
  bisect,
  diff,
  explainGraph,
  explainJob,
  graphInfo,
  jobGraph,
  jobInfo,
  pause,
  resume,
  type Store,
  start,
  timeline,
  transactGraph,
  waitForGraph,
} from '../../../src/index.js';
import type { RecordedEvent } from '../../../src/domain/events.js';
import { GraphState } from '../../../src/domain/graph.js';
import { toGraphInfo } from '../../../src/domain/graph-info.js';
import { initialWork } from '../../../src/domain/pauses.js';
import { completesSubmission } from '../../../src/domain/submission.js';
import { recentSince, workersOf } from '../../../src/history/explain/claims.js';
import { explainJob as explainNode, pastEvents } from '../../../src/history/explain/explanation.js';
import { bisectHistory } from '../../../src/history/bisect/question.js';
import { workersSeenLately } from '../../../src/history/explain/workers-seen.js';
import { GraphHistory } from '../../../src/history/moments/graph-history.js';
import { timelineOf } from '../../../src/history/timeline/spans.js';
import { namespaceStream } from '../../../src/domain/namespace-stream.js';
import { compareSides } from '../../../src/web/app/model/comparison.js';
import { eventAt } from '../../../src/web/app/model/read-lines.js';
import { GraphModel } from '../../../src/web/app/model/graph-model.js';
import { completions, findMoment, shapeOfGraph, watch } from '../../../src/web/app/model/questions.js';
import { rightOf } from '../../support/right.js';
import { graphShape, simulate, steps } from '../../support/simulate.js';
import { assert, describe } from '../../support/spec.js';
import { exportText, freshStore } from '../../support/stores.js';
import { whyNoInstances, workflowInstances } from '../../support/workflow-instances.js';
import { runFailing } from '../server/browser.js';

const runs = { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 100) };
const generatedId = 'graph 0';

const histories = fc
  .record({ shape: graphShape, taken: steps() })
  .map(({ shape, taken }) => simulate([shape], taken))
  .filter((events) => events.some(completesSubmission));

const turns = { now: () => 0, next: () => Promise.resolve() };
const find = (model: GraphModel, where: string) =>
  findMoment(model, where, turns, new AbortController().signal, () => {});

const laws = describe('the page and generated histories', { timeoutMs: 120_000 });

laws.test('at any moment, in whatever order one jumps, its state is the fold, and so is its timeline', () => {
  fc.assert(
    fc.property(histories, fc.array(fc.nat(), { minLength: 1, maxLength: 12 }), (events, jumps) => {
      const model = new GraphModel(generatedId, events, []);
      for (const jump of jumps) {
        const number = model.first + (jump % (events.length - model.first + 1));
        const prefix = events.slice(0, number);
        const graph = folded(prefix);
        const now = Date.parse(prefix.at(-1)!.recordedAt);
        assert.equal(model.infoAt(number), toGraphInfo(graph, { now, work: initialWork }));
        assert.equal(model.timelineAt(number), timelineOf(generatedId, prefix, now));
        const workersSeen = model.workersSeen(number);
        const claims = prefix.filter(({ recordedAt }) => recordedAt >= recentSince(now)).toReversed();
        assert.equal(
          workersSeen,
          workersOf(claims, ({ jobId }) => graph.jobs.get(jobId!)?.definition.type),
        );
        for (const node of graph.jobs.values()) {
          const expected = explainNode(node, { now, work: initialWork, workersSeen, past: pastEvents(prefix) });
          assert.equal(model.explainJob(number, node.id), expected);
        }
      }
    }),
    runs,
  );
});

laws.test('one that grew event by event is one that was given all at once', () => {
  fc.assert(
    fc.property(histories, fc.nat(), (events, cut) => {
      const whole = new GraphModel(generatedId, events, []);
      const at = whole.first + (cut % (events.length - whole.first + 1));
      const grown = new GraphModel(generatedId, events.slice(0, at), []);
      // Some come twice, as after a lost connection.
      for (const event of events.slice(Math.max(0, at - 3))) grown.add([event]);
      const shown = (model: GraphModel) => ({
        info: model.infoAt(model.length),
        timeline: model.timelineAt(model.length),
        marks: model.marks,
        times: model.times,
        troubled: [...model.troubled],
      });
      assert.equal(shown(grown), shown(whole));
    }),
    runs,
  );
});

laws.test('it finds the moment that bisect finds, and a watch says what holds there', async () => {
  const questions = [
    'count.finished > 0',
    'count.failed > 0',
    'number >= 5',
    'status == "aborted"',
    'event.type == "JobFaulted"',
  ];
  await fc.assert(
    fc.asyncProperty(histories, fc.constantFrom(...questions), async (events, where) => {
      const model = new GraphModel(generatedId, events, []);
      const { event: _, ...expected } = bisectHistory(new GraphHistory(generatedId, events, model.first, []), {
        where,
      });
      assert.equal(await find(model, where), expected);
      const { number } = expected;
      if (number !== null) assert.equal(watch(model, where)(number), { value: true });
    }),
    runs,
  );
});
laws.run();

function folded(events: readonly RecordedEvent[]): GraphState {
  const graph = new GraphState(generatedId);
  for (const event of events) graph.apply(event);
  return graph;
}

async function modelOf(db: Store, graphId: string): Promise<GraphModel> {
  // As the page gets them: the lines of an export, and the namespace's own events.
  const lines = (await exportText(db, { graphId })).split('\n').slice(1, -2);
  const stored = await rightOf(db.log.readGraph(graphId));
  const events = lines.map((line, index) => eventAt(line, stored[index]!.position));
  return new GraphModel(graphId, events, await rightOf(db.log.readStream(namespaceStream)));
}

/** At every nth moment, what the page shows is what the library says. */
async function assertSame(db: Store, graphId: string, every: number): Promise<GraphModel> {
  const model = await modelOf(db, graphId);
  for (let number = model.first; number <= model.length; number += every) {
    const asOf = model.event(number).position;
    assert.equal(model.infoAt(number), await graphInfo(db, graphId, { asOf }));
    assert.equal(model.timelineAt(number), await timeline(db, graphId, { asOf }));
    // The page asks the server for these, since workers take jobs of other graphs too.
    const seen = await workersSeenLately(db, model.times[number - 1]!, { asOf });
    const { now: _, ...whole } = await explainGraph(db, graphId, { asOf });
    assert.equal(model.explainGraph(number, seen), whole);
    const jobId = model.event(number).jobId ?? [...model.latest.jobs.keys()][0]!;
    assert.equal(model.jobAt(number, jobId), await jobInfo(db, graphId, jobId, { asOf }));
    const { now: __, ...told } = await explainJob(db, graphId, jobId, { asOf });
    assert.equal(model.explainJob(number, jobId, { workersSeen: seen }), told);
  }
  const [a, b] = [model.first, model.length].map((number) => ({ graphId, asOf: model.event(number).position }));
  const sides = [model.first, model.length].map((number) => ({ model, number }));
  assert.equal(compareSides(sides[0]!, sides[1]!).diff, await diff(db, a!, b!));
  return model;
}

const recorded = describe('the page and recorded histories', { timeoutMs: 120_000 });

recorded.test('a run that failed, was paused and was looked at: every moment is as the library says', async () => {
  const db = await freshStore('memory');
  const why = { by: 'ann', reason: 'the site is down' };
  await transactGraph(db, jobGraph({ good: [], late: ['good'] }, {}, { id: 'held' }));
  await pause(db, { type: 'good' }, why);
  await pause(db, { graphId: 'held' }, why);
  await resume(db, { type: 'good' }, why);
  await runFailing(db, 'nightly');
  await resume(db, { graphId: 'held' }, why);
  await runFailing(db, 'other');
  await assertSame(db, 'nightly', 1);
  await assertSame(db, 'held', 1);
  const model = await modelOf(db, 'nightly');
  for (const where of [
    'jobs.bad.attempt >= 1',
    'count.failed > 0',
    'isPaused',
    'jobs.last.derivedStatus == "blocked"',
  ]) {
    const { event: _, ...expected } = await bisect(db, 'nightly', { where });
    assert.equal(await find(model, where), expected, where);
  }
  await db.close();
});

recorded.test('an expression is completed by what the state has', async () => {
  const db = await freshStore('memory');
  await runFailing(db, 'nightly');
  const shape = shapeOfGraph(await modelOf(db, 'nightly'));
  const offered = (text: string) => completions(shape, text).map((each) => each.text);
  assert.equal(offered('cou'), ['count']);
  assert.equal(offered('count.finished > 0 && jobs.la'), ['count.finished > 0 && jobs.last']);
  assert.equal(offered('jobs.bad.att'), ['jobs.bad.attempt']);
  assert.equal(offered('jobs.bad.result.whatever.'), []);
  assert.equal(offered('jobs["bad"].failure.mess'), ['jobs["bad"].failure.message']);
  assert.equal(offered('nothing.like.this'), []);
  await db.close();
});

for (const { name, graph } of workflowInstances().slice(0, 3)) {
  recorded.test(`the recorded workflow ${name}: moments all along are as the library says`, async () => {
    const db = await freshStore('memory');
    const worker = await start({ concurrency: 20 }, db, { task: (job) => ({ seconds: job.args['seconds'] ?? 0 }) });
    await transactGraph(db, graph);
    await waitForGraph(db, graph.id);
    await worker.stop();
    const model = await modelOf(db, graph.id);
    await assertSame(db, graph.id, Math.max(1, Math.floor(model.length / 12)));
    await db.close();
  });
}
if (whyNoInstances !== null) recorded.skip('recorded workflows', whyNoInstances);
recorded.run();
