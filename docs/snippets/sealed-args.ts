/* eslint-disable no-console */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { harness, install, jobGraph, start, store, transactGraph, waitForGraph, type Wrapper } from 'overseer';

// A key for each customer, kept outside the log: in a table, or in a key service.
const keys = new Map([['customer 7', randomBytes(32)]]);

// #region sealing
const seal = (customer: string, value: unknown): string => {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', keys.get(customer)!, nonce);
  const sealed = Buffer.concat([cipher.update(JSON.stringify(value)), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64');
};

const open = (customer: string, text: string): unknown => {
  const key = keys.get(customer);
  if (key === undefined) throw new Error(`the key of ${customer} was destroyed`);
  const bytes = Buffer.from(text, 'base64');
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12)).setAuthTag(bytes.subarray(12, 28));
  return JSON.parse(Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString());
};

/** The handler sees the args as they were before they were sealed. */
const unsealed: Wrapper = (process) => (job) => {
  const { customer, sealed } = job.args as { customer: string; sealed: string };
  return process({ ...job, args: open(customer, sealed) as typeof job.args });
};
// #endregion

// #region use
const handlers = { greet: harness((job) => `Dear ${job.args.name as string}`, unsealed) };
const args = { customer: 'customer 7', sealed: seal('customer 7', { name: 'Ada' }) };
// #endregion

const db = await store('memory:');
await install(db);
const worker = await start({}, db, handlers);
const { graphId } = await transactGraph(db, jobGraph({ greet: [] }, args));
console.log((await waitForGraph(db, graphId)).jobs.greet?.result);

keys.delete('customer 7');
const again = await transactGraph(db, jobGraph({ greet: [] }, args));
console.log((await waitForGraph(db, again.graphId)).jobs.greet?.failure?.message);
await worker.stop();
