/** Looking back: a moment of a graph of 10,000 events, cold and warm, stepping, and searching. */
import { randomUUID } from 'node:crypto';
import { bisect, diff, graphHistory, graphInfo, install, jobGraph, store, timeline, transactGraph } from 'overseer';
import { freshAddress, report, timed } from './measure.js';
import { median, quantile } from './statistics.js';

const worker = { id: 'w', host: 'h', pid: 1 };
const layers = 10;
const jobsPerLayer = 500;
const graphId = 'large';

/** 5,000 jobs in layers, each after two of the layer before: 10,001 events. */
const jobs = Object.fromEntries(
  Array.from({ length: layers * jobsPerLayer }, (_, index) => {
    const above = index - jobsPerLayer;
    const sibling = above % jobsPerLayer === jobsPerLayer - 1 ? above - 1 : above + 1;
    return [`job-${index}`, { type: 'noop', after: above < 0 ? [] : [`job-${above}`, `job-${sibling}`] }];
  }),
);

const address = freshAddress();
const db = await store(address);
await install(db);
await transactGraph(db, jobGraph({ jobs }, {}, { id: graphId }));
for (const jobId of Object.keys(jobs)) {
  const events = [
    { type: 'JobStarted', data: { attempt: 1, worker, leaseMs: 1000 } } as const,
    { type: 'JobFinished', data: { attempt: 1, result: { of: jobId } } } as const,
  ].map((event) => ({ id: randomUUID(), event, causationId: null, actor: 'w' }));
  await db.log.append([{ graphId, jobId, expectedRevision: -1, events }])();
}
const { events } = await graphHistory(db, graphId);
const count = events.length;
const somewhere = () => 1 + Math.floor(Math.random() * (count - 1));

async function medianOf(rounds: number, work: () => unknown): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) times.push((await timed(work)).ms);
  return median(times);
}

/** A store opened for this question alone, as a command does. */
const cold = await medianOf(15, async () => {
  const opened = await store(address);
  await graphInfo(opened, graphId, { asOf: events[somewhere() - 1]!.position });
  await opened.close();
});

const past = await graphHistory(db, graphId);
past.at(count);
const warm = await medianOf(50, () => past.at(somewhere()));

/** There and back, as the stepper does: the state's counts, and what the event changed. */
const steps: number[] = [];
let number = Math.floor(count / 2);
for (let step = 0; step < 400; step++) {
  number += Math.floor(step / 40) % 2 === 0 ? 1 : -1;
  const { ms } = await timed(() => [past.viewAt(number).count, past.changesBy(number)]);
  steps.push(ms);
}

const searched = await medianOf(5, () => bisect(db, graphId, { where: 'count.finished >= 4990' }));
const halved = await medianOf(5, () => bisect(db, graphId, { where: 'jobs["job-4000"].attempt >= 1' }));
const compared = await medianOf(5, () =>
  diff(db, { graphId, asOf: events[100]!.position }, { graphId, asOf: events[count - 100]!.position }),
);
const drawn = await medianOf(5, () => timeline(db, graphId));
await db.close();

const of = `graph of ${count.toLocaleString('en')} events and 5,000 jobs`;
report([
  { what: 'as of a moment, cold', value: cold, unit: 'ms', target: { atMost: 200 }, note: `${of}, store opened anew` },
  { what: 'as of a moment, warm', value: warm, unit: 'ms', target: { atMost: 20 }, note: of },
  { what: 'a step forth or back, median', value: median(steps), unit: 'ms', target: { atMost: 10 }, note: of },
  { what: 'a step forth or back, p99', value: quantile(steps, 0.99), unit: 'ms', target: { atMost: 10 } },
  { what: 'bisect, linear', value: searched, unit: 'ms', note: of },
  { what: 'bisect, binary', value: halved, unit: 'ms', note: of },
  { what: 'diff of two moments', value: compared, unit: 'ms', note: of },
  { what: 'timeline', value: drawn, unit: 'ms', note: of },
]);
