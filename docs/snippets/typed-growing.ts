/* eslint-disable no-console */
import { finishJob, install, pipeline, type RunningJob, start, store, transactGraph, waitForGraph } from 'overseer';

// It says itself which args it takes, since no job of the map is of this type.
const count = ({ args }: RunningJob<{ shop: string; day: string }>) => ({ day: args.day, orders: args.day.length });

const weekly = pipeline<{ shop: string }>()({
  list: { spawns: { count } },
  total: { after: ['list/*'], timeoutMs: 60_000 },
  approve: { after: ['total'], external: { for: 'the finance team' } },
  'mail to Kari': { type: 'mail', after: ['approve'], args: { to: 'kari@example.org' } },
  'mail to Ola': { type: 'mail', after: ['approve'], args: { to: 'ola@example.org' } },
  tidy: { after: ['total', 'approve'], when: 'all-ended' },
})
  .answers<{ approve: { ok: boolean } }>()
  .handle('list', ({ spawn }) => {
    for (const day of ['monday', 'tuesday']) spawn({ [day]: { type: 'count', args: { day } } });
  })
  .handle('total', ({ inputs }) => {
    const { list: _, ...days } = inputs;
    return Object.values(days).reduce((sum, { orders }) => sum + orders, 0);
  })
  .handle('mail', ({ args, inputs }) => `${args.to}: ${inputs.approve.ok ? 'go on' : 'stop'}`)
  .handle('tidy', ({ inputs }) => `total: ${inputs.total ?? 'unknown'}`);

const db = await store('memory:');
await install(db);
const { graphId } = await transactGraph(db, weekly.graph({ shop: 'Oslo' }));
const worker = await start({}, db, weekly.handlers);

let isAnswered = false;
const { jobs } = await waitForGraph(db, graphId, weekly, {
  onChange: ({ counts }) => {
    // list, two days and total have finished: it is the turn of the finance team.
    if (counts.finished < 4 || isAnswered) return;
    isAnswered = true;
    void finishJob(db, graphId, 'approve', { ok: true });
  },
});
console.log(jobs['mail to Kari'].result, '-', jobs.tidy.result);
console.log(jobs['list/monday']?.result);
await worker.stop();
