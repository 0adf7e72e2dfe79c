/** Overseer under test, in a process of its own: `overseer-program.ts {"address": …, "concurrency": …}`. */
import { install, jobGraph, start, store, transactGraph, type Worker } from 'overseer';
import { inParts, serve } from './peers/program.js';

const { address, concurrency } = JSON.parse(process.argv[2]!) as { address: string; concurrency: number };
const db = await store(address);
let worker: Worker | null = null;

serve({
  async prepare() {
    await install(db);
  },
  async submit({ copies, jobs }) {
    const described = Object.fromEntries(jobs.map(({ id, parents }) => [id, { type: 'noop', after: parents }]));
    const graphs = Array.from({ length: copies }, () => jobGraph({ jobs: described }));
    await inParts(graphs, 500, (part) => Promise.all(part.map((graph) => transactGraph(db, graph))));
  },
  async start() {
    worker = null;
    const started = await start({ concurrency }, db, { noop: () => null });
    worker = started;
    return () => started.stop();
  },
  ended: () => worker?.statistics.finished ?? 0,
  close: () => db.close(),
});
