import type { RecordedEvent } from '../../src/domain/events.js';
import {
  type Append,
  type AppendResult,
  type Claimants,
  type Subscribe,
  type SubscriptionMessage,
} from '../../src/log/event-log.js';
import { E } from '../../src/prelude/fp.js';
import { unreachable } from '../../src/testing/log-faults.js';
import type { Machine } from '../../src/testing/machine.js';
import type { Owner, VirtualTime } from '../../src/testing/virtual-time.js';
import type { Answer, Wire } from '../../src/testing/wire.js';
import { between, type Calling, type Chances } from './chance.js';
import type { Judge } from './judge.js';

/** How much too fast or too slow a clock may be. */
export const clockDriftMax = 0.01;

/** Which calls do not pass. */
export type Cut = 'all' | 'writes' | 'reads';

export interface WireOptions {
  readonly time: VirtualTime;
  readonly chances: Chances;
  readonly judge: Judge;
}

/** The wire between a machine of the simulation and the log, by which faults strike, and by which the judge listens. */
export class FaultyWire implements Wire {
  /** Until when which calls do not pass. */
  private readonly cuts: { readonly cut: Cut; readonly untilMs: number }[] = [];
  /** Whether the subscription is dropped when the machine runs again. */
  private isDropDue = false;

  constructor(private readonly options: WireOptions) {}

  cut(cut: Cut, forMs: number): void {
    this.cuts.push({ cut, untilMs: this.options.time.elapsedMs + forMs });
  }

  wasSuspended(name: string): void {
    this.isDropDue = this.options.chances.next(name, 'resume').strikes('dropped-in-pause');
  }

  /** Everything passes from now on. */
  mend(): void {
    this.cuts.length = 0;
  }

  async append(
    from: Owner,
    requests: readonly Append[],
    send: () => Answer<readonly AppendResult[]>,
  ): Answer<readonly AppendResult[]> {
    const call = this.options.chances.next(from.name, 'append');
    if (this.isCut('writes') || call.strikes('append-lost')) return E.left(unreachable(from, true));
    if (crashes(from, call)) return await never();
    if (call.strikes('append-late')) await this.pass(between(call.random, 1, 9000));
    const result = await send();
    if (call.strikes('append-twice')) void this.again(call, send);
    if (crashes(from, call)) return await never();
    if (call.strikes('answer-late')) await this.pass(between(call.random, 1, 9000));
    if (call.strikes('answer-lost')) return E.left(unreachable(from, true));
    if (E.isRight(result)) this.options.judge.acknowledged(requests, result.right);
    return result;
  }

  async read<A>(from: Owner, name: string, send: () => Answer<A>): Answer<A> {
    const call = this.options.chances.next(from.name, 'read');
    if (this.isCut('reads') || call.strikes('read-failed')) return E.left(unreachable(from, false));
    if (crashes(from, call)) return await never();
    const answer = await send();
    if (call.strikes('read-late')) await this.pass(between(call.random, 1, 5000));
    if (crashes(from, call)) return await never();
    if (E.isLeft(answer)) return answer;
    if (name === 'claimantsAfter' && call.strikes('claimants-wrong'))
      return E.right(wrong(answer.right as Claimants, call) as A);
    if (Array.isArray(answer.right) && name !== 'readStored') this.options.judge.read(answer.right as RecordedEvent[]);
    return answer;
  }

  async *messages(
    to: Owner,
    messages: AsyncIterable<SubscriptionMessage>,
    request: Subscribe,
  ): AsyncGenerator<SubscriptionMessage> {
    const { chances, judge } = this.options;
    const heard = judge.follower(request);
    let before: SubscriptionMessage | null = null;
    for await (const message of messages) {
      const call = chances.next(to.name, 'message');
      if (call.strikes('messages-late')) await this.pass(between(call.random, 1, 5000));
      if (this.isCut('reads') || this.isDropDue || call.strikes('subscription-dropped')) {
        this.isDropDue = false;
        yield { kind: 'interrupted', error: unreachable(to, false) };
        await this.pass(between(call.random, 10, 2000));
        while (this.isCut('reads')) await this.pass(500);
      }
      if (message.kind === 'events') heard(message.events);
      if (crashes(to, call)) await never();
      if (before !== null && call.strikes('messages-again')) yield before;
      if (message.kind === 'events') before = message;
      yield message;
    }
  }

  private isCut(what: 'writes' | 'reads'): boolean {
    const now = this.options.time.elapsedMs;
    return this.cuts.some(({ cut, untilMs }) => untilMs > now && (cut === 'all' || cut === what));
  }

  private pass(ms: number): Promise<void> {
    return new Promise((resolve) => void this.options.time.setTimer(ms, resolve));
  }

  private async again(call: Calling, send: () => Answer<readonly AppendResult[]>): Promise<void> {
    await this.pass(between(call.random, 1, 20_000));
    await send();
  }
}

/** Some of the workers, under their names or under others of the same kind. */
function wrong({ workers, upTo }: Claimants, { random }: Calling): Claimants {
  const told = workers.filter(() => random() < 0.6);
  const named = told.map((worker) =>
    random() < 0.5 ? worker : { ...worker, id: `ghost ${worker.id}`, host: `ghost ${worker.host}` },
  );
  return { workers: named, upTo };
}

/** Whether the machine dies here. */
function crashes(machine: Owner, call: Calling): boolean {
  const isDead = call.strikes('crash-at-await');
  if (isDead) (machine as Machine).kill();
  return isDead;
}

function never(): Promise<never> {
  return new Promise(() => {});
}
