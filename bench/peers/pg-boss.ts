/**
 * pg-boss under test: `pg-boss.ts {"url": …, "batch": …, "loops": …}`. It fetches, completes, and has what waits released by
 * calls of its own, one after the other: the poll of the package would have every step of a graph wait for a second.
 */
import { PgBoss } from 'pg-boss';
import { inParts, serve } from './program.js';

const { url, batch, loops } = JSON.parse(process.argv[2]!) as { url: string; batch: number; loops: number };
const queue = 'bench';
const boss = new PgBoss({ connectionString: url, supervise: false, schedule: false, max: loops + 1 });
boss.on('error', console.error);
let ended = 0;
let isStopping = false;
/** One pass at a time; who comes while it is on waits for its end. */
let resolving: Promise<void> | null = null;

async function resolveFlow(): Promise<void> {
  resolving ??= boss.resolveFlow().finally(() => (resolving = null));
  await resolving;
}

/** The first loop never rests, so that nothing waits; if the others did not, they would only disturb it in a chain. */
async function work(isFirst: boolean): Promise<void> {
  while (!isStopping) {
    const jobs = await boss.fetch(queue, { batchSize: batch });
    const ids = jobs.map(({ id }) => id);
    if (ids.length > 0) await boss.complete(queue, ids);
    ended += ids.length;
    if (ids.length < batch) await resolveFlow();
    if (ids.length === 0 && !isFirst) await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

await boss.start();
serve({
  prepare: () => boss.createQueue(queue),
  async submit({ copies, jobs }) {
    if (jobs.length === 1) {
      const singles = Array.from({ length: copies }, () => ({}));
      await inParts(singles, 1000, (part) => boss.insert(queue, part));
      return;
    }
    const named = Array.from({ length: copies }, (_, copy) =>
      jobs.map(({ id, parents }) => ({
        ref: `${copy}/${id}`,
        name: queue,
        ...(parents.length > 0 && { dependsOn: parents.map((parent) => `${copy}/${parent}`) }),
      })),
    );
    await inParts(named, 100, (part) => boss.flow(part.flat()));
  },
  start() {
    ended = 0;
    isStopping = false;
    const working = Promise.all(Array.from({ length: loops }, (_, loop) => work(loop === 0)));
    working.catch(console.error);
    return Promise.resolve(async () => {
      isStopping = true;
      await working;
    });
  },
  ended: () => ended,
  close: () => boss.stop({ graceful: false }),
});
