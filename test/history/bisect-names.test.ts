/** Names in the questions that `bisect` takes: one that does not exist is refused, and no answer to the question. */
import {
  bisect,
  bisectLog,
  install,
  jobGraph,
  OverseerError,
  type RecordedEvent,
  store,
  type Store,
  transactGraph,
} from '../../src/index.js';
import { graphShape } from '../../src/history/bisect/state-shapes.js';
import { readExpression } from '../../src/history/bisect/expression.js';
import { right } from '../support/right.js';
import { assert, describe } from '../support/spec.js';

const spec = describe('names in a question');

async function world(): Promise<Store> {
  const db = await store('memory:');
  await install(db);
  const jobs = { 'page-1': { type: 'fetch' }, report: { type: 'join', after: ['page-1'] } };
  await transactGraph(db, jobGraph({ jobs }, { rows: 3 }, { id: 'nightly', labels: { team: 'billing' } }));
  return db;
}

async function refusal(asked: Promise<unknown>): Promise<string> {
  try {
    await asked;
  } catch (error) {
    if (error instanceof OverseerError && error.code === 'expression-invalid') return error.message;
    throw error;
  }
  throw new Error('expected a refusal');
}

const unknown: Readonly<Record<string, RegExp>> = {
  'count.finnished > 1': /: count has no "finnished"; did you mean finished\? It has finished, skipped, /,
  'jobs.reprot.attempt > 1': /: there is no job "reprot"; did you mean report\?$/,
  'jobs["page_1"].attempt > 1': /: there is no job "page_1"; did you mean \["page-1"\]\?$/,
  'jobs.page-1 > 1': /: there is no job "page"; did you mean \["page-1"\]\?$/,
  'jobs.constructor == null': /: there is no job "constructor"$/,
  'jobs.report.stauts == "failed"': /: jobs\.report has no "stauts"; did you mean status\?/,
  'jobs[event.jobId].stauts == "failed"': /: jobs\[…\] has no "stauts"; did you mean status\?/,
  'jobs.report.failure.mesage == "x"': /: jobs\.report\.failure has no "mesage"; did you mean message\?/,
  'jobs.report.worker.pdi > 1': /: jobs\.report\.worker has no "pdi"; did you mean pid\?/,
  'jobs.report.parents.first == "x"': /: jobs\.report\.parents is a list, and has no first$/,
  'status.length > 3': /: status has no members, such as "length"$/,
  'report.status == "failed"': /: the state has no "report"; did you mean jobs\.report\?/,
  'failed > 0': /: the state has no "failed"; did you mean count\.failed\?/,
  '__proto__ == null': /: the state has no "__proto__"; it has number, /,
  'stats == "failed"': /: the state has no "stats"; did you mean status\?/,
  'event.jobid == "report"': /: event has no "jobid"; did you mean jobId\?/,
  'number > 3 || !(count.ready > 0 && count.blocke > 0)': /: count has no "blocke"; did you mean blocked\?/,
  'number > 3 ? status == "failed" : statu == "failed"': /: the state has no "statu"; did you mean status\?/,
  'status == "finised"': /: status is never "finised"; did you mean "finished"\? It is one of running, /,
  '"finised" != status': /: status is never "finised"/,
  'status in ["failed", "abortd"]': /: status is never "abortd"; did you mean "aborted"\?/,
  'jobs.report.status == "ready"': /: jobs\.report\.status is never "ready"; .*one of unstarted, started, /,
  'jobs.report.derivedStatus == "waitng"': /: jobs\.report\.derivedStatus is never "waitng"; did you mean "waiting"\?/,
  'event.type == "JobFinish"': /: event\.type is never "JobFinish"; did you mean "JobFinished"\?/,
  'event.jobId == "reprot"': /: event\.jobId is never "reprot"; did you mean "report"\?/,
};
for (const [where, sentence] of Object.entries(unknown)) {
  spec.test(`refused of a graph: ${where}`, async () => {
    assert.match(await refusal(bisect(await world(), 'nightly', { where })), sentence);
  });
}

const known: readonly string[] = [
  'jobs.report.result.rows.of > 3',
  'jobs.report.args.anything == 3',
  'jobs.report.details["any thing"][0] == 3',
  'jobs.report.failure.data.anything == 3',
  'labels.nobody == "x"',
  'jobs.report.failure.message == "no such thing"',
  'jobs.report.carriedFrom.graphId == "x"',
  'jobs.report.retry.maximumAttempts > 3',
  'jobs.report.parents[0] == "x"',
  'jobs[event.jobId].attempt > 1',
  'event.actor == "whoever"',
  'jobs.report.type == "whatever"',
  'event.type == "Unreadable"',
  'count["backing-off"] > 1',
  'null == number',
];
for (const where of known) {
  spec.test(`asked of a graph: ${where}`, async () => {
    const { event, events } = await bisect(await world(), 'nightly', { where });
    assert.equal([event, events], [null, 1]);
  });
}

spec.test('of the log: what there never was is refused once the log was read to its end', async () => {
  const db = await world();
  const refused: Readonly<Record<string, RegExp>> = {
    'ready.fetchh > 0': /: there is no type of job "fetchh"; did you mean fetch\?$/,
    'graphs.runing > 0': /: graphs has no "runing"; did you mean running\?/,
    'strated > 0': /: the state has no "strated"; did you mean started\?/,
    'event.graphId == "nightyl"': /: event\.graphId is never "nightyl"; did you mean "nightly"\?/,
    'count.failed > 0': /: the state has no "count"; /,
  };
  for (const [where, sentence] of Object.entries(refused))
    assert.match(await refusal(bisectLog(db, { where })), sentence);
  assert.is((await bisectLog(db, { where: 'ready.fetch > 0' })).number, 1);
  assert.is((await bisectLog(db, { where: 'ready.join > 0' })).event, null);
});

spec.test('given a graph in parts, then every job of every part may be named, from the first event on', () => {
  const shape = graphShape(['a', 'b']);
  const expression = right(readExpression('jobs.b.attempt > 0', []));
  assert.is(expression.unknownIn(shape), null);
  assert.is(expression.evaluate({ jobs: { a: {} } }), false);
});

spec.test('given a function, then it may name what it likes', async () => {
  const where = (view: object) => (view as { nothing?: RecordedEvent }).nothing !== undefined;
  assert.is((await bisect(await world(), 'nightly', { where })).event, null);
});
spec.run();
