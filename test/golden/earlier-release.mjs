/**
 * A program of an earlier release, at the other end of `earlier-release.ts`: it does what it is told, one call at a time, with
 * nothing but what that release exports.
 */
import { pathToFileURL } from 'node:url';

const [, , index, address, namespace] = process.argv;
const { explainJob, fault, graphInfo, install, jobGraph, start, store, transactGraph, verify, waitForGraph } =
  await import(pathToFileURL(index).href);

let db = null;
let worker = null;
/** What the worker says from level `warn` up. */
const said = [];
const note = (level) => (_, message) => said.push(`${level}: ${message}`);
const logger = { debug() {}, info() {}, warn: note('warn'), error: note('error') };

/** By type: `flaky` works the second time, a second and a half later, `broken` never; all others give what they were given. */
const handlerOf = (type) => (job) => {
  if (type === 'broken') throw new Error('it is broken');
  if (type === 'flaky' && job.attempt === 1) fault('not yet', { retryAfterMs: 1500 });
  return { ran: type, with: Object.keys(job.inputs).sort() };
};

const calls = {
  open: async () => {
    db = await store(address, { namespace });
    await install(db);
  },
  submit: async (graph, options) => (await transactGraph(db, jobGraph(graph, {}, options))).graphId,
  work: async (types) => {
    const options = { concurrency: 4, heartbeat: { sleepTime: 500, tolerance: 3 }, logger };
    worker = await start(options, db, Object.fromEntries(types.map((type) => [type, handlerOf(type)])));
  },
  ended: async (graphId) => (await waitForGraph(db, graphId)).status,
  graphInfo: async (graphId) => await graphInfo(db, graphId),
  explain: async (graphId, jobId) => await explainJob(db, graphId, jobId),
  problems: async () => (await verify(db)).problems,
  stop: async () => {
    await worker.stop();
    worker = null;
    return said;
  },
  close: async () => await db?.close(),
};

process.on('message', async ({ id, call, args }) => {
  try {
    process.send({ id, result: await calls[call](...args) });
  } catch (error) {
    process.send({ id, failure: { code: error.code, message: error.message } });
  }
});
process.on('disconnect', () => process.exit());
