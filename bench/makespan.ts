/**
 * How long recorded workflows take, run times scaled down, against list scheduling of the same jobs on the same number of
 * places: the schedule of a scheduler that knows everything and costs nothing.
 */
import { install, jobGraph, start, store, transactGraph, waitForGraph } from 'overseer';
import { whyNoInstances, workflowInstances } from '../test/support/workflow-instances.js';
import { type Figure, freshAddress, report, timed } from './measure.js';
import { median } from './statistics.js';

const places = 16;
const targetMs = 4000;

/** Jobs start in the order they become ready, as soon as a place is free. */
function listSchedule(jobs: ReadonlyMap<string, { readonly ms: number; readonly parents: readonly string[] }>): number {
  const pending = new Map([...jobs].map(([id, job]) => [id, job.parents.length]));
  const children = new Map<string, string[]>();
  for (const [id, job] of jobs)
    for (const parent of job.parents) children.set(parent, [...(children.get(parent) ?? []), id]);
  const ready = [...pending].filter(([, count]) => count === 0).map(([id]) => id);
  const running: { id: string; end: number }[] = [];
  let now = 0;
  while (ready.length > 0 || running.length > 0) {
    while (ready.length > 0 && running.length < places) {
      const id = ready.shift()!;
      running.push({ id, end: now + jobs.get(id)!.ms });
    }
    running.sort((a, b) => a.end - b.end);
    const done = running.shift()!;
    now = done.end;
    for (const child of children.get(done.id) ?? []) {
      pending.set(child, pending.get(child)! - 1);
      if (pending.get(child) === 0) ready.push(child);
    }
  }
  return now;
}

const figures: Figure[] = [];
if (whyNoInstances !== null) {
  console.log(`skipped: ${whyNoInstances}`);
} else {
  const ratios: number[] = [];
  for (const { name, graph } of workflowInstances()) {
    const seconds = new Map(Object.values(graph.jobs).map((job) => [job.id, Number(job.args['seconds'])]));
    const shape = (scale: number) =>
      new Map(
        Object.values(graph.jobs).map((job) => [
          job.id,
          { ms: Math.max(1, Math.round(seconds.get(job.id)! * scale)), parents: job.parents },
        ]),
      );
    const scale = (1000 * targetMs) / listSchedule(shape(1000));
    const jobs = shape(scale);
    const ideal = listSchedule(jobs);
    const db = await store(freshAddress());
    await install(db);
    const worker = await start({ concurrency: places }, db, {
      sleep: (job) => new Promise((resolve) => setTimeout(resolve, Number(job.args['ms']))),
    });
    const scaled = jobGraph({
      jobs: Object.fromEntries(
        [...jobs].map(([id, job]) => [id, { type: 'sleep', after: job.parents, args: { ms: job.ms } }]),
      ),
    });
    const { ms } = await timed(async () => {
      await transactGraph(db, scaled);
      await waitForGraph(db, scaled.id);
    });
    await worker.stop();
    await db.close();
    ratios.push(ms / ideal);
    figures.push({
      what: `makespan of ${name}`,
      value: ms / ideal,
      unit: '× list schedule',
      note: `${jobs.size} jobs, ideal ${Math.round(ideal)} ms`,
    });
  }
  figures.push({
    what: 'makespan of recorded workflows, median',
    value: median(ratios),
    unit: '× list schedule',
    target: { atMost: 1.03 },
    note: `${places} places, one worker process`,
  });
}
report(figures);
