import { graphInfo, verify } from '../../src/index.js';
import { isDeepStrictEqual } from 'node:util';
import { certainly } from './heard-log.js';
import { answerAll } from './answering.js';
import { resumeAll } from './people.js';
import { endLimits } from './limits.js';
import { removeSchedules, resumeSchedules } from './schedules.js';
import type { Plan } from './plan.js';
import { World } from './world.js';
import type { Strike } from './chance.js';
import type { Coverage } from './coverage.js';
import type { RecordedEvent } from '../../src/domain/events.js';
import type { EventLog } from '../../src/log/event-log.js';

const minute = 60_000;

/** How long a world may take to end once faults have stopped, in milliseconds of virtual time. */
const recoveryMs = 60 * minute;
/** After that, whatever was under way when faults ended has reached the log. */
const lateMs = 40_000;
const answeredEveryMs = 20_000;
/** After that, schedules are taken away. */
const scheduledMs = 2 * lateMs;
/** After so many steps a world is taken to go round for ever. Most have less than two thousand. */
const stepsMax = 100_000;
const stoppingMs = 30 * minute;
/** Verifying a log costs as much as making it: only some worlds are. */
const verifiedEvery = 8;

/** How a world was played, and what was wrong with it. */
export interface Played {
  readonly plan: Plan;
  readonly engine: 'memory' | 'sqlite';
  readonly problems: readonly string[];
  readonly events: readonly RecordedEvent[];
  readonly strikes: readonly Strike[];
  readonly coverage: Coverage;
  readonly virtualMs: number;
  readonly runs: number;
  readonly crashes: number;
}

export interface PlayOptions {
  readonly engine?: 'memory' | 'sqlite';
  /** Is handed the log before it is closed. */
  readonly onEnd?: (log: EventLog) => Promise<void>;
}

/** Plays a world from its plan to its end, and judges it. */
export async function play(plan: Plan, { engine = 'memory', onEnd }: PlayOptions = {}): Promise<Played> {
  const world = new World(plan, engine);
  const { judge, time, chances, coverage, log } = world;
  try {
    await world.begin();
    await time.pass(
      bounded(world, () => judge.problems.length > 0),
      plan.disturbedMs,
    );
    world.calm();
    // A pause may still be under way, and reach the log after the first time.
    for (const ms of [0, lateMs]) {
      time.setTimer(ms, () => world.go(resumeAll(world)));
      time.setTimer(ms, () => world.go(resumeSchedules(world)));
    }
    // From now on, whoever is asked answers.
    for (let ms = 0; ms < recoveryMs; ms += answeredEveryMs) time.setTimer(ms, () => world.go(answerAll(world)));
    time.setTimer(scheduledMs, () => world.go(endSchedules(world)));
    for (const ms of [0, lateMs]) time.setTimer(ms, () => world.go(endLimits(world)));
    await recover(world);
    if (judge.problems.length === 0) await judgeTheEnd(world);
  } catch (error) {
    judge.problems.push(error instanceof Error ? error.message : String(error));
  }
  time.end();
  await onEnd?.(log);
  await log.close();
  const { problems, events, runs } = judge;
  return {
    plan,
    engine,
    problems,
    events,
    strikes: chances.struck,
    coverage,
    virtualMs: time.elapsedMs,
    runs: runs.size,
    crashes: world.crashes,
  };
}

/** A world that is busy without end has failed, too. */
function bounded(world: World, isDone: () => boolean): () => boolean {
  return () => {
    world.steps += 1;
    if (world.steps === stepsMax) world.judge.problems.push(`it has taken ${stepsMax} steps: ${whatIsLeft(world)}`);
    return isDone();
  };
}

/** By now a worker whose clock is right has had time to decide what was due when faults ended. Schedules would go on for ever. */
async function endSchedules(world: World): Promise<void> {
  const { judge, plan } = world;
  const logAt = Date.parse(judge.events.at(-1)?.recordedAt ?? '');
  const untilMs = Math.min(logAt, world.time.startMs + plan.disturbedMs);
  judge.problems.push(...judge.schedules.atTheEnd(untilMs));
  await removeSchedules(world);
}

/** Lets time pass until every graph has ended and everybody has heard of it, and then stops all who work. */
async function recover(world: World): Promise<void> {
  const { judge, time, expected, pending, follower } = world;
  // Only the follower goes on for ever.
  const isQuiet = () => judge.open.size === 0 && pending.size === 1 && follower.told.size === judge.finished;
  const isOver = () =>
    judge.problems.length > 0 ||
    (time.elapsedMs > until - recoveryMs + scheduledMs + lateMs &&
      expected.size === world.plan.graphs.length &&
      isQuiet());
  const until = time.elapsedMs + recoveryMs;
  const passed = await time.pass(bounded(world, isOver), until);
  if (judge.problems.length > 0) return;
  if (passed !== 'done') judge.problems.push(`it stands still (${passed}): ${whatIsLeft(world)}`);
  world.compareProjections();
  const ended = { is: false };
  void world.end().then(
    () => (ended.is = true),
    (error: unknown) => judge.problems.push(`stopping failed: ${String(error)}`),
  );
  const stopped = await time.pass(() => ended.is || judge.problems.length > 0, time.elapsedMs + stoppingMs);
  if (stopped !== 'done') judge.problems.push(`not all stopped (${stopped})`);
}

function whatIsLeft(world: World): string {
  const { judge, plan, expected, pending } = world;
  const missing = plan.graphs.filter(({ id }) => !expected.has(id)).map(({ id }) => `${id} is not submitted`);
  const open = [...judge.open].map(
    (id) => `${id} has not ended: ${JSON.stringify(judge.graphs.get(id)!.state.countByStatus())}`,
  );
  const unheard = judge.finished - world.follower.told.size;
  return [
    ...missing,
    ...open,
    `${pending.size - 1} people wait`,
    `the follower was not told of ${unheard} results`,
  ].join('; ');
}

/** What can be said only once all is over: what the functions of the engine tell of the log is what the judge knows of it. */
async function judgeTheEnd(world: World): Promise<void> {
  const { judge, plan, log } = world;
  const { store } = world.newHost('reader');
  const stored = await certainly(log.readAll({ limit: 1_000_000 }));
  if (
    !isDeepStrictEqual(
      stored.map(({ id }) => id),
      judge.events.map(({ id }) => id),
    )
  )
    judge.problems.push('the log holds other events than were seen to reach it');
  judge.problems.push(...judge.schedules.atTheEnd(0));
  for (const [id, { reference }] of judge.graphs) {
    if (!reference.exists) continue;
    const told = await graphInfo(store, id);
    const isSame = Object.values(told.jobs).every(
      ({ id: job, status }) => status === reference.status(reference.jobs.get(job)!),
    );
    if (told.status !== reference.outcome || !isSame) judge.problems.push(`graphInfo tells something else of ${id}`);
  }
  if (plan.seed % verifiedEvery !== 0) return;
  for (const { problem } of (await verify(store)).problems) judge.problems.push(`verify finds: ${problem}`);
}
