import assert from 'node:assert/strict';
import { abort, defer, fault, type Handlers, type RunningJob, skip } from '../../src/index.js';
import type { Machine } from '../../src/testing/machine.js';
import type { VirtualTime } from '../../src/testing/virtual-time.js';
import { kept, refused, thrown } from '../worker/odd-values.js';
import { between, type Chances, oneOf } from './chance.js';
import { spawnedFor } from './graphs.js';
import type { Judge } from './judge.js';

/** Odd values that cost much time to look at: they are left to tests of their own. */
const costly: readonly string[] = [
  'nested much too deep',
  'more than memory holds',
  'a text that is too long',
  'as deep as can be',
];

const without = <A>(odd: Readonly<Record<string, A>>): readonly A[] =>
  Object.entries(odd).flatMap(([name, value]) => (costly.includes(name) ? [] : [value]));

const oddKept = without(kept);
const oddRefused = without(refused);
const oddThrown = without(thrown);

export interface Stage {
  readonly machine: Machine;
  readonly time: VirtualTime;
  readonly chances: Chances;
  readonly judge: Judge;
  /** A worker of an older release has no handlers that spawn. */
  readonly canSpawn: boolean;
  /** Whether jobs come under limits. */
  readonly isLimited: boolean;
}

/** Handlers that do what handlers do: all that is good, bad or odd, by chance that follows from the job and its attempt. */
export function scriptedHandlers(stage: Stage): Handlers {
  const perform = (job: RunningJob) => new Performance(stage, job).play();
  return { t: perform, u: perform };
}

class Performance {
  private readonly chance: ReturnType<Chances['of']>;
  private readonly run: ReturnType<Judge['began']>;
  private readonly heedsSignal: boolean;

  constructor(
    private readonly stage: Stage,
    private readonly job: RunningJob,
  ) {
    const { machine, chances, judge } = stage;
    this.run = judge.began(job, machine.name);
    this.chance = chances.of(machine.name, `attempt ${job.graphId}/${job.id} ${job.attempt}`);
    this.heedsSignal = this.chance.random() < 0.5;
  }

  async play(): Promise<unknown> {
    try {
      return await this.act();
    } finally {
      this.stage.judge.ended(this.run, this.stage.machine.name);
    }
  }

  private async act(): Promise<unknown> {
    const { random, strikes } = this.chance;
    await this.sleep(between(random, 0, 3000));
    if (random() < 0.25) await this.job.heartbeat({ at: this.job.attempt }, random());
    if (strikes('loop-blocked')) await this.block(between(random, 200, 20_000));
    if (strikes('handler-slow')) await this.sleep(between(random, 4000, 25_000));
    // One without a time-out would run for ever, as it should.
    if (this.job.args['hasTimeout'] === true && strikes('handler-hangs')) await new Promise(() => {});
    if (random() < 0.1) void this.job.heartbeat();
    if (this.mayStillSpawn() && strikes('handler-spawns')) this.spawn();
    this.throwMaybe();
    return this.returned();
  }

  private mayStillSpawn(): boolean {
    const { id, args } = this.job;
    return this.stage.canSpawn && args['isMemoized'] === false && id.split('/').length < 4;
  }

  private spawn(): void {
    const { random } = this.chance;
    // What cannot be is refused, and leaves no trace.
    assert.throws(() => this.job.spawn({ fine: { type: 't' }, wrong: { type: 't', after: ['nowhere'] } }));
    this.run.spawned.push(...this.job.spawn(spawnedFor(random, this.stage.isLimited)));
    if (random() < 0.2) this.run.spawned.push(...this.job.spawn({ more: { type: 'u', args: { hasTimeout: false } } }));
  }

  private throwMaybe(): void {
    const { random, strikes } = this.chance;
    if (strikes('handler-faults')) fault('not now', { retryAfterMs: between(random, 0, 5000) });
    if (strikes('handler-aborts')) abort('no need');
    if (strikes('handler-skips')) skip('nothing new');
    if (strikes('handler-defers')) this.putOff();
    if (strikes('handler-throws')) throw random() < 0.4 ? new Error('boom') : oneOf(random, oddThrown)[0]();
  }

  /** Mostly for a while; sometimes to a time that has passed by the clock of its machine, which means in a second. */
  private putOff(): never {
    const { random } = this.chance;
    const delayMs = between(random, 0, 20_000);
    if (random() < 0.5) defer('too early', { delayMs });
    defer('too early', { untilMs: this.stage.machine.environment.now() + delayMs - 5000 });
  }

  private returned(): unknown {
    const { random, strikes } = this.chance;
    const { machine } = this.stage;
    if (strikes('handler-returns-odd')) {
      if (random() < 0.5) return oneOf(random, oddRefused)[0]();
      const [value, result] = oneOf(random, oddKept);
      return this.giving(result, value());
    }
    const text = strikes('large-result') ? 'x'.repeat(between(random, 1000, 40_000)) : '';
    const result = { by: machine.name, inputs: Object.keys(this.job.inputs).length, ...(text === '' ? {} : { text }) };
    return this.giving(result, result);
  }

  /** Notes the result that is to be recorded. */
  private giving(result: unknown, value: unknown): unknown {
    this.run.isReturned = true;
    this.run.result = result;
    return value;
  }

  private async sleep(ms: number): Promise<void> {
    await new Promise<void>((resolve) => void this.stage.machine.environment.setTimer(ms, resolve));
    if (this.chance.strikes('crash-at-await')) this.stage.machine.kill();
    if (this.heedsSignal) this.job.signal.throwIfAborted();
  }

  /** Nothing happens on the machine meanwhile: no timer fires, and no answer is heard. */
  private async block(ms: number): Promise<void> {
    const { machine, time } = this.stage;
    machine.suspend();
    await new Promise<void>((resolve) => void time.setTimer(ms, resolve));
    machine.resume();
  }
}
