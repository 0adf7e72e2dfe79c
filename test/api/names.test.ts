/** Names that do not exist, in every place of the API that takes one: an error names the nearest, and nothing is done. */
import * as overseer from '../../src/index.js';
import { refusal } from '../support/refusal.js';
import { assert, describe } from '../support/spec.js';
import { freshStore } from '../support/stores.js';

const spec = describe('names that do not exist', { timeoutMs: 60_000 });

const { jobGraph } = overseer;

const jobs = { 'page-1': { type: 'fetch' }, report: { type: 'join', after: ['page-1'] } };
const nightly = jobGraph({ jobs }, {}, { id: 'nightly' });

async function world(): Promise<overseer.Store> {
  const db = await freshStore('memory');
  await overseer.install(db);
  await overseer.transactGraph(db, nightly);
  return db;
}

/** What is said of the same call with a slip in it. A slip is what the types refuse, so they are put aside here. */
type Call = (db: overseer.Store, slip: never) => unknown;
const projection = overseer.defineProjection({ name: 'p', initial: 0, evolve: (state: number) => state });

/** What is given, and the option that is meant. */
const options: readonly (readonly [title: string, call: Call, slip: object, meant: string])[] = [
  ['jobsWithStatus', (db, slip) => overseer.jobsWithStatus(db, 'failed', slip), { limt: 3 }, 'limit'],
  ['jobsUnstarted', (db, slip) => overseer.jobsUnstarted(db, slip), { limt: 3 }, 'limit'],
  ['graphInfo', (db, slip) => overseer.graphInfo(db, 'nightly', slip), { asof: '1' }, 'asOf'],
  ['jobInfo', (db, slip) => overseer.jobInfo(db, 'nightly', 'report', slip), { asof: '1' }, 'asOf'],
  ['history', (db, slip) => overseer.history(db, 'nightly', slip), { jobID: 'report' }, 'jobId'],
  ['waitForGraph', (db, slip) => overseer.waitForGraph(db, 'nightly', slip), { timeout: 5 }, 'timeoutMs'],
  ['abortGraph', (db, slip) => overseer.abortGraph(db, 'nightly', slip), { reson: 'x' }, 'reason'],
  ['explainGraph', (db, slip) => overseer.explainGraph(db, 'nightly', slip), { asof: '1' }, 'asOf'],
  ['explainJob', (db, slip) => overseer.explainJob(db, 'nightly', 'report', slip), { asof: '1' }, 'asOf'],
  ['timeline', (db, slip) => overseer.timeline(db, 'nightly', slip), { asof: '1' }, 'asOf'],
  ['graphHistory', (db, slip) => overseer.graphHistory(db, 'nightly', slip), { asof: '1' }, 'asOf'],
  ['diff', (db, slip) => overseer.diff(db, { graphId: 'nightly' }, slip), { graphId: 'nightly', asof: '1' }, 'asOf'],
  [
    'bisect',
    (db, slip) => overseer.bisect(db, 'nightly', slip),
    { where: 'number > 3', isMonotonc: true },
    'isMonotonic',
  ],
  ['bisectLog', (db, slip) => overseer.bisectLog(db, slip), { where: 'number > 3', asof: '1' }, 'asOf'],
  ['forkGraph', (db, slip) => overseer.forkGraph(db, 'nightly', slip), { from: ['report'], dryrun: true }, 'dryRun'],
  ['whatIf', (db, slip) => overseer.whatIf(db, 'nightly', slip), { retry: {}, asof: '1' }, 'asOf'],
  [
    'compareProjections',
    (db, slip) => overseer.compareProjections(db, projection, projection, slip),
    { graphID: 'nightly' },
    'graphId',
  ],
  ['project', (db, slip) => overseer.project(db, projection, slip), { until: 'caughtup' }, 'caughtUp'],
  [
    'project',
    (db, slip) => overseer.project(db, projection, slip),
    { until: 'caughtUp', onchange: () => 1 },
    'onChange',
  ],
  ['projected', (db, slip) => overseer.projected(db, projection, slip), { asof: '1' }, 'asOf'],
  ['recordedAttempt', (db, slip) => overseer.recordedAttempt(db, 'nightly', 'report', slip), { atempt: 1 }, 'attempt'],
  ['auditHead', (db, slip) => overseer.auditHead(db, slip), { recomput: true }, 'recompute'],
  ['auditProve', (db, slip) => overseer.auditProve(db, { eventId: 'x' }, slip), { redcat: ['result'] }, 'redact'],
  ['verify', (db, slip) => overseer.verify(db, slip), { onprogress: () => {} }, 'onProgress'],
  ['exportLog', (db, slip) => overseer.exportLog(db, slip), { graphID: 'nightly' }, 'graphId'],
  ['exportIncident', (db, slip) => overseer.exportIncident(db, slip), { graphID: 'nightly' }, 'graphId'],
  ['importLog', (db, slip) => overseer.importLog(db, db, slip), { onprogress: () => {} }, 'onProgress'],
  ['pauses', (db, slip) => overseer.pauses(db, slip), { asof: '1' }, 'asOf'],
  ['pause', (db, slip) => overseer.pause(db, { graphId: 'nightly' }, slip), { reson: 'x' }, 'reason'],
  ['resume', (db, slip) => overseer.resume(db, { graphId: 'nightly' }, slip), { reson: 'x' }, 'reason'],
  ['setSchedule', (db, slip) => overseer.setSchedule(db, 'n', slip), { graph: nightly, evry: { ms: 1000 } }, 'every'],
  ['schedules', (db, slip) => overseer.schedules(db, slip), { asof: '1' }, 'asOf'],
  ['schedule', (db, slip) => overseer.schedule(db, 'n', slip), { limt: 3 }, 'limit'],
  ['pauseSchedule', (db, slip) => overseer.pauseSchedule(db, 'n', slip), { reson: 'x' }, 'reason'],
  ['resumeSchedule', (db, slip) => overseer.resumeSchedule(db, 'n', slip), { reson: 'x' }, 'reason'],
  ['removeSchedule', (db, slip) => overseer.removeSchedule(db, 'n', slip), { reson: 'x' }, 'reason'],
  ['triggerSchedule', (db, slip) => overseer.triggerSchedule(db, 'n', slip), { reson: 'x' }, 'reason'],
  ['backfillSchedule', (db, slip) => overseer.backfillSchedule(db, 'n', slip), { from: 'x', too: 'y' }, 'to'],
  ['estimateTimeLeft', (db, slip) => overseer.estimateTimeLeft(db, 'nightly', slip), { slot: 2 }, 'slots'],
  ['graphs', (db, slip) => overseer.graphs(db, slip), { serch: 'x' }, 'search'],
  ['webHandler', (db, slip) => overseer.webHandler(db, slip), { host: ['x'] }, 'hosts'],
  ['jobs', (db, slip) => overseer.jobs(db, slip), { graphID: 'nightly' }, 'graphId'],
  ['workers', (db, slip) => overseer.workers(db, slip), { hots: 'a' }, 'host'],
  ['abortMatching', (db, slip) => overseer.abortMatching(db, { type: 'fetch' }, slip), { dryrun: true }, 'dryRun'],
  ['the selection of retryMatching', (db, slip) => overseer.retryMatching(db, slip), { tipe: 'fetch' }, 'type'],
  ['startProcesses', (_, slip) => overseer.startProcesses(slip, 'sqlite:x.db', 'h.mjs'), { proceses: 2 }, 'processes'],
  ['archiveGraphs', (db, slip) => overseer.archiveGraphs(db, slip), { olderThen: '90d' }, 'olderThan'],
  ['finishJob', (db, slip) => overseer.finishJob(db, 'nightly', 'report', 1, slip), { reson: 'x' }, 'reason'],
  ['failJob', (db, slip) => overseer.failJob(db, 'nightly', 'report', 'no', slip), { dta: {} }, 'data'],
  ['defer', (_, slip) => overseer.defer('too early', slip), { delay: 3 }, 'delayMs'],
  ['fault', (_, slip) => overseer.fault('busy', slip), { retryAfter: 3 }, 'retryAfterMs'],
];
const calls: readonly (readonly [title: string, call: Call, slip: unknown, code: string, sentence: RegExp])[] = [
  [
    'jobGraph',
    (_, slip) => jobGraph({ a: [] }, {}, slip),
    { prioriti: 1 },
    'graph-invalid',
    /^jobGraph has no option "prioriti"; did you mean priority\? There are id, labels, priority, startAfter, deadline, deadlineMs$/,
  ],
  ['jobGraph', (_, slip) => jobGraph({ a: [] }, {}, slip), { lables: {} }, 'graph-invalid', /did you mean labels\?/],
  [
    'jobGraph',
    (_, slip) => jobGraph({ a: [] }, {}, slip),
    5,
    'graph-invalid',
    /^the options of jobGraph must be an object, not a number$/,
  ],
  [
    'a job',
    (_, slip) => jobGraph({ jobs: { a: slip } }),
    { type: 'a', afer: [] },
    'graph-invalid',
    /^job "a" has no field "afer"; did you mean after\?/,
  ],
  [
    'a job',
    (_, slip) => jobGraph({ jobs: { a: slip } }),
    { type: 'a', argz: {} },
    'graph-invalid',
    /did you mean args\?/,
  ],
  [
    'a rule of overlapping runs',
    (db, slip) => overseer.setSchedule(db, 'n', slip),
    { graph: nightly, every: { ms: 1000 }, overlap: 'skp' },
    'name-unknown',
    /^the rule of overlapping runs cannot be "skp"; did you mean skip\?/,
  ],
  [
    'a policy',
    (_, slip) => jobGraph({ jobs: { a: { type: 'a', retry: slip } } }),
    { maximumAttemps: 3 },
    'graph-invalid',
    /^job "a": retry: .*"maximumAttemps"; did you mean maximumAttempts\?/,
  ],
  [
    'a full form',
    (_, slip) => jobGraph(slip),
    { jobs, args: {} },
    'graph-invalid',
    /^there is "args" beside jobs; args and options follow it/,
  ],
  [
    'a parent',
    (_, slip) => jobGraph(slip),
    { fetch: [], report: ['fecth'] },
    'graph-invalid',
    /^job "report" depends on "fecth", which is not a job of this graph; did you mean fetch\?$/,
  ],
  [
    'simpleGraph',
    (_, slip) => overseer.simpleGraph(slip),
    { id: 'a', type: 'a', argz: {} },
    'graph-invalid',
    /^job 1 has no field "argz"; did you mean args\?/,
  ],
  [
    'transactGraph',
    (db, slip) => overseer.transactGraph(db, slip),
    { ...nightly, prioriti: 4 },
    'graph-invalid',
    /^this graph has no field "prioriti"; did you mean priority\?/,
  ],
  [
    'transactGraph',
    (db, slip) => overseer.transactGraph(db, slip),
    { ...nightly, jobs: { report: { ...nightly.jobs['report'], timeoutMS: 1 } } },
    'graph-invalid',
    /did you mean timeoutMs\?/,
  ],
  [
    'a handler',
    (_, slip) => overseer.validateGraphHandlers(slip, { fetch: [], report: [] }),
    { fetch: 1, reprot: 1 },
    'handlers-missing',
    /^there is no handler for "report" \(did you mean reprot\?\)$/,
  ],
  [
    'a stage',
    (_, slip) =>
      overseer.harness(
        () => 1,
        slip,
        (stage) => stage,
      ),
    'postproces',
    'handler-invalid',
    /did you mean postProcess\?/,
  ],
  [
    'start',
    (db, slip) => overseer.start(slip, db, {}),
    { concurency: 4 },
    'configuration-invalid',
    /did you mean concurrency\?$/,
  ],
  [
    'start',
    (db, slip) => overseer.start(slip, db, {}),
    { types: { a: { concurency: 4 } } },
    'configuration-invalid',
    /did you mean concurrency\?/,
  ],
  [
    'store',
    (_, slip) => overseer.store('memory:', slip),
    { namspace: 'x' },
    'name-unknown',
    /^store has no option "namspace"; did you mean namespace\?/,
  ],
  [
    'graphs',
    (db, slip) => overseer.graphs(db, slip),
    { status: 'finised' },
    'name-unknown',
    /^the status of graphs cannot be "finised"; did you mean finished\? There are running, /,
  ],
  [
    'graphs',
    (db, slip) => overseer.graphs(db, slip),
    { satus: 'finished' },
    'name-unknown',
    /^graphs has no option "satus"; did you mean status\?/,
  ],
  [
    'graphs',
    (db, slip) => overseer.graphs(db, slip),
    'failed',
    'name-unknown',
    /^the options of graphs must be an object, not a string$/,
  ],
  [
    'jobsWithStatus',
    (db, slip) => overseer.jobsWithStatus(db, slip),
    'finishd',
    'name-unknown',
    /did you mean finished\?/,
  ],
  ['jobsReady', (db, slip) => overseer.jobsReady(db, slip), { limt: 3 }, 'name-unknown', /did you mean limit\?/],
  ['queueDepths', (db, slip) => overseer.queueDepths(db, slip), { asof: '1' }, 'name-unknown', /did you mean asOf\?/],
  [
    'retryJob',
    (db, slip) => overseer.retryJob(db, 'nightly', 'report', slip),
    'because',
    'name-unknown',
    /must be an object/,
  ],
  [
    'forkGraph',
    (db, slip) => overseer.forkGraph(db, 'nightly', slip),
    { from: ['reprot'] },
    'job-not-found',
    /has no job "reprot"; did you mean report\?$/,
  ],
  [
    'whatIf',
    (db, slip) => overseer.whatIf(db, 'nightly', slip),
    { retry: { maximumAttemps: 3 } },
    'retry-invalid',
    /did you mean maximumAttempts\?/,
  ],
  [
    'defineProjection',
    (_, slip) => overseer.defineProjection(slip),
    { name: 'p', initial: 0, evolv: () => 0 },
    'projection-invalid',
    /did you mean evolve\?/,
  ],
  [
    'defineProjection',
    (_, slip) => overseer.defineProjection(slip),
    { name: 'p', initial: 0, evolve: () => 0, filter: { type: [] } },
    'projection-invalid',
    /did you mean types\?/,
  ],
  [
    'exportLog',
    (db, slip) => overseer.exportLog(db, slip),
    { redact: ['resul'] },
    'redaction-invalid',
    /events have no field "resul"; did you mean result\?/,
  ],
  [
    'exportLog',
    (db, slip) => overseer.exportLog(db, slip),
    { redact: ['failure.mesage'] },
    'redaction-invalid',
    /a failure has no field "mesage"; did you mean message\?/,
  ],
];
const slips = [
  ...calls,
  ...options.map(([title, call, slip, meant]) => {
    return [title, call, slip, 'name-unknown', new RegExp(`; did you mean ${meant}\\?`)] as const;
  }),
];
for (const [title, call, slip, code, sentence] of slips) {
  spec.test(`${title} with ${JSON.stringify(slip)}`, async () => {
    const db = await world();
    const before = (await overseer.auditHead(db)).size;
    const [found, message] = await refusal(() => call(db, slip as never));
    assert.is(found, code, message);
    assert.match(message, sentence);
    assert.is((await overseer.auditHead(db)).size, before, 'something was written');
  });
}

spec.test('given settings of a type that is near to a handler, then the worker says so, and works', async () => {
  const db = await world();
  const warned: string[] = [];
  const logger = { debug() {}, info() {}, error() {}, warn: (_: object, message: string) => void warned.push(message) };
  const types = { fecth: { concurrency: 1 }, elsewhere: { concurrency: 1 } };
  const worker = await overseer.start({ types, logger }, db, { fetch: () => 1, join: () => 2 });
  assert.is((await overseer.waitForGraph(db, 'nightly')).status, 'finished');
  await worker.stop();
  assert.equal(warned, ['the settings name a type without a handler, "fecth"; did you mean fetch?']);
});
spec.run();
