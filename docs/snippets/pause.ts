/* eslint-disable no-console */
import { install, jobGraph, jobInfo, type OverseerError, pause, pauses, resume, start, store } from 'overseer';
import { transactGraph, waitForGraph } from 'overseer';

const db = await store('memory:');
await install(db);

// #region pause
await pause(db, { type: 'send' }, { by: 'ann', reason: 'the mail server is down' });

const { graphId } = await transactGraph(db, jobGraph({ send: [] }));
const worker = await start({}, db, { send: () => 'sent' });
await waitForGraph(db, graphId, { timeoutMs: 200 }).catch((error: OverseerError) => console.log(error.code));

const { derivedStatus, pauses: held } = await jobInfo(db, graphId, 'send');
console.log(derivedStatus, held[0]?.scope, held[0]?.reason);

await resume(db, { type: 'send' }, { by: 'ann' });
console.log((await waitForGraph(db, graphId)).status, await pauses(db));
// #endregion
await worker.stop();
