/* eslint-disable no-console */
import { writeFileSync } from 'node:fs';
import { install, jobGraph, start, store, transactGraph, waitForGraph } from 'overseer';
import { auditCheck, auditConsistent, auditHead, auditProve, exportLog, importLog } from 'overseer';

const db = await store('memory:');
await install(db);
const worker = await start({}, db, { charge: () => ({ amount: 120, card: '4929 1234' }), ship: () => 'sent' });
const { graphId } = await transactGraph(db, jobGraph({ charge: [], ship: ['charge'] }, {}, { id: 'order-7' }));
await waitForGraph(db, graphId);

// #region audit
const head = await auditHead(db);
console.log(head.size, head.rootHash.length);

const proof = await auditProve(db, { position: head.position! }, { redact: ['result'] });
console.log(auditCheck(proof, head).problem);

await waitForGraph(db, (await transactGraph(db, jobGraph({ ship: [] }))).graphId);
const found = await auditConsistent(db, head);
console.log(found.isConsistent && found.proof.treeHead.size);
// #endregion

// #region export
let text = '';
for await (const line of exportLog(db, { graphId, redact: ['result.card'] })) text += line;
writeFileSync('order-7.jsonl', text);

const incident = await store('order-7.jsonl');
console.log(incident.namespace, (await auditHead(incident)).size, text.includes('4929 1234'));
// #endregion

// #region import
const copy = await store('sqlite:./copy.db');
await install(copy);
console.log(await importLog(copy, db));
console.log(await importLog(copy, db));
// #endregion

await worker.stop();
for (const each of [db, incident, copy]) await each.close();
