/** BullMQ under test: `bullmq.ts {"port": …, "concurrency": …}`. Graphs are flows: trees of jobs that wait for those below. */
import { FlowProducer, Queue, Worker } from 'bullmq';
import { asTrees, type Tree } from '../shapes.js';
import { inParts, serve } from './program.js';

const { port, concurrency } = JSON.parse(process.argv[2]!) as { port: number; concurrency: number };
const connection = { host: '127.0.0.1', port, maxRetriesPerRequest: null } as const;
const queueName = 'bench';
const queue = new Queue(queueName, { connection });
const producer = new FlowProducer({ connection });
let ended = 0;

interface Flow {
  readonly name: string;
  readonly queueName: string;
  readonly data: object;
  readonly children?: Flow[];
}

function flowOf({ children }: Tree): Flow {
  const job = { name: 'noop', queueName, data: {} };
  return children.length === 0 ? job : { ...job, children: children.map(flowOf) };
}

await queue.waitUntilReady();
serve({
  prepare: () => queue.obliterate({ force: true }),
  async submit(shape) {
    const trees = asTrees(shape);
    if (shape.jobs.length === 1) {
      const jobs = Array.from({ length: shape.copies }, () => ({ name: 'noop', data: {} }));
      await inParts(jobs, 1000, (part) => queue.addBulk(part));
    } else {
      const flows = Array.from({ length: shape.copies }, () => trees.map(flowOf)).flat();
      await inParts(flows, 200, (part) => producer.addBulk(part));
    }
  },
  start() {
    ended = 0;
    const worker = new Worker(queueName, () => Promise.resolve(null), { connection, concurrency });
    worker
      .on('completed', () => ended++)
      .on('error', console.error)
      .on('failed', console.error);
    return Promise.resolve(() => worker.close());
  },
  ended: () => ended,
  async close() {
    await producer.close();
    await queue.close();
  },
});
