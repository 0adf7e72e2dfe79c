/** People outside who answer jobs: the right one or another, once or twice, and whatever the network does. */
import { failJob, finishJob, GraphConflictError, RejectedError, type Store } from '../../src/index.js';
import { between, chanceOf, oneOf } from './chance.js';
import { isTransient } from './people.js';
import type { ReferenceJob } from './reference.js';
import type { World } from './world.js';

interface Question {
  readonly graphId: string;
  readonly jobId: string;
}

/** Jobs that wait for an answer as the log stands. */
function awaiting(world: World): readonly Question[] {
  return [...world.judge.graphs].flatMap(([graphId, { reference }]) =>
    [...reference.jobs.values()]
      .filter((job) => reference.isAwaiting(job))
      .map(({ id: jobId }) => ({ graphId, jobId })),
  );
}

/** Somebody answers a job, mostly one that waits for it; sometimes somebody else does at the same time. */
export async function answer(world: World, seed: number): Promise<void> {
  const random = chanceOf(seed, 'answer');
  const graphIds = [...world.judge.graphs].filter(([, { reference }]) => reference.exists).map(([id]) => id);
  const open = awaiting(world);
  if (graphIds.length === 0) return;
  const any = { graphId: oneOf(random, graphIds), jobId: `job ${between(random, 0, 10)}` };
  const question = open.length > 0 && random() < 0.7 ? oneOf(random, open) : any;
  const people = random() < 0.4 ? 2 : 1;
  await Promise.all(
    Array.from({ length: people }, () => answerAs(world, question, random() < 0.75 ? 'finish' : 'fail')),
  );
}

/** Answers all that waits, so that the world can come to its end. */
export async function answerAll(world: World): Promise<void> {
  await Promise.all(awaiting(world).map((question) => answerAs(world, question, 'finish')));
}

/** One person answers, tries again when the log cannot be reached, and is told the truth. */
async function answerAs(world: World, { graphId, jobId }: Question, kind: 'finish' | 'fail'): Promise<void> {
  const host = world.newHost('answerer');
  const by = host.machine.name;
  const give = (store: Store) =>
    kind === 'finish'
      ? finishJob(store, graphId, jobId, { by }, { by, reason: 'looked at it' })
      : failJob(store, graphId, jobId, 'it is wrong', { by });
  for (let tries = 0; tries < 4 && !host.machine.isDead; tries++) {
    try {
      await world.on(host, () => give(host.store));
      return told(world, { graphId, jobId }, by);
    } catch (error) {
      if (error instanceof RejectedError) return refused(world, { graphId, jobId }, error);
      if (error instanceof GraphConflictError) throw error;
      if (!host.machine.isDead && !isTransient(error)) throw error;
      await world.pass(500);
    }
  }
}

/** Whoever was told that an answer is recorded finds it in the log, and it took effect. */
function told({ judge }: World, { graphId, jobId }: Question, by: string): void {
  const isThere = judge.events.some(
    (event) =>
      event.type === 'JobAnswered' && event.graphId === graphId && event.jobId === jobId && event.data.by === by,
  );
  if (!isThere) judge.problems.push(`an answer of ${by} to ${graphId}/${jobId} was acknowledged and is not in the log`);
}

/** A refusal says what is so, or was so a moment before. */
function refused({ judge }: World, { graphId, jobId }: Question, error: RejectedError): void {
  const job = judge.graphs.get(graphId)?.reference.jobs.get(jobId);
  const isRight = whyRefused(job, error);
  if (!isRight) judge.problems.push(`an answer to ${graphId}/${jobId} was refused without reason: ${error.message}`);
}

function whyRefused(job: ReferenceJob | undefined, { code, message }: RejectedError): boolean {
  const isExternal = job?.definition.external !== undefined;
  switch (code) {
    case 'job-not-found':
      return job === undefined;
    case 'job-not-external':
      return job !== undefined && !isExternal;
    case 'job-already-ended': {
      const by = /answered by (\w+ \d+) at/.exec(message)?.[1];
      return isExternal && (by === undefined || job.answeredBy.includes(by));
    }
    case 'job-not-ready':
      return isExternal;
    default:
      return code === 'graph-not-found';
  }
}
