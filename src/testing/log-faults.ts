/** Faults between a worker and its log, as a test asks for them: each strikes the calls it is meant for, and is counted. */
import { type EventType, eventTypes } from '../domain/events.js';
import { allAppends, type Append, type AppendResult, LogError, type SubscriptionMessage } from '../log/event-log.js';
import { E } from '../prelude/fp.js';
import { type Duration, msOf } from '../prelude/duration.js';
import { assertKnown, assertOptions, invalid } from './known.js';
import type { Owner, VirtualTime } from './virtual-time.js';
import type { Answer, Wire } from './wire.js';

/** Which appends a fault strikes: those that match all that is given. */
export interface AppendMatch {
  /** Only of this worker; of any unless given. */
  readonly worker?: { readonly name: string };
  /** Only about this job. */
  readonly job?: string;
  /** Only of events of this type. */
  readonly event?: EventType;
  /** How many such appends it strikes; 1 unless given. */
  readonly times?: number;
}

/** What becomes of an append. */
type Fate =
  | { readonly kind: 'arrives' }
  /** It does not reach the log. */
  | { readonly kind: 'lost' }
  /** It reaches the log, but the answer does not come back. */
  | { readonly kind: 'answer-lost' }
  /** It reaches the log once this has resolved. */
  | { readonly kind: 'held'; readonly until: Promise<void>; readonly onArrival?: () => void };

interface Rule {
  readonly words: string;
  readonly matches: (owner: Owner, request: Append) => boolean;
  readonly fate: (owner: Owner) => Fate;
  left: number;
  hasStruck: boolean;
}

/** How long a claim in a race waits for the other one. */
const raceMsMax = 600_000;

const arrives: Fate = { kind: 'arrives' };

/** The network of a test's world: nothing goes wrong but what the test asks for. */
export class LogFaults implements Wire {
  private readonly rules: Rule[] = [];
  /** Until when a worker's log cannot be reached, by the worker's name; `*` for all. */
  private readonly downUntil = new Map<string, number>();

  constructor(
    private readonly time: VirtualTime,
    /** The job ids of the graphs that are stored, by which a misspelt one is known. */
    private readonly knownJobs: () => readonly string[],
  ) {}

  loseAppend(match: AppendMatch): void {
    this.add('loseAppend', match, () => ({ kind: 'lost' }));
  }

  loseAnswer(match: AppendMatch): void {
    this.add('loseAnswer', match, () => ({ kind: 'answer-lost' }));
  }

  delayAppend(by: Duration, match: AppendMatch): void {
    const ms = msOf(by, 'the delay of an append');
    this.add('delayAppend', match, () => ({ kind: 'held', until: this.until(this.time.elapsedMs + ms) }));
  }

  /**
   * The first claim of a job is held back until another worker has claimed the same job. The later claim arrives first and
   * wins.
   */
  race(job: string): void {
    let first: { readonly owner: Owner; readonly go: () => void } | null = null;
    const rule = this.add('race', { job, event: 'JobStarted', times: Infinity }, (owner) => {
      if (first === null) {
        const until = new Promise<void>((resolve) => {
          const cancel = this.time.setTimer(raceMsMax, () => {
            first = null;
            resolve();
          });
          first = {
            owner,
            go: () => {
              cancel();
              resolve();
            },
          };
        });
        return { kind: 'held', until };
      }
      if (first.owner === owner) return arrives;
      rule.left = 0;
      rule.hasStruck = true;
      return { kind: 'held', until: Promise.resolve(), onArrival: first.go };
    });
  }

  outage(lasts: Duration, worker: string | null): void {
    this.downUntil.set(worker ?? '*', this.time.elapsedMs + msOf(lasts, 'the length of the outage'));
  }

  /** Ends all faults. */
  clear(): void {
    this.rules.length = 0;
    this.downUntil.clear();
  }

  async append(from: Owner, requests: readonly Append[], send: () => Answer<readonly AppendResult[]>) {
    if (this.isDown(from)) return E.left(unreachable(from, true));
    const fate = this.fateOf(from, requests);
    if (fate.kind === 'lost') return E.left(unreachable(from, true));
    // Once it is on its way, it arrives, whatever becomes of its machine.
    if (fate.kind === 'held') await fate.until;
    const result = await send();
    if (fate.kind === 'held') fate.onArrival?.();
    return fate.kind === 'answer-lost' ? E.left(unreachable(from, true)) : result;
  }

  read<A>(from: Owner, _call: string, send: () => Answer<A>): Answer<A> {
    return this.isDown(from) ? Promise.resolve(E.left(unreachable(from, false))) : send();
  }

  async *messages(to: Owner, messages: AsyncIterable<SubscriptionMessage>): AsyncGenerator<SubscriptionMessage> {
    for await (const message of messages) {
      if (this.isDown(to)) {
        yield { kind: 'interrupted', error: unreachable(to, false) };
        while (this.isDown(to)) await this.until(this.downEnd(to.name));
      }
      yield message;
    }
  }

  /** Faults that were asked for and have not struck, in words. */
  unstruck(): readonly string[] {
    return this.rules.filter(({ hasStruck }) => !hasStruck).map(({ words }) => words);
  }

  private isDown({ name }: Owner): boolean {
    return this.downEnd(name) > this.time.elapsedMs;
  }

  private fateOf(owner: Owner, requests: readonly Append[]): Fate {
    const rule = this.rules.find(
      ({ left, matches }) => left > 0 && allAppends(requests).some((append) => matches(owner, append)),
    );
    if (rule === undefined) return arrives;
    rule.left -= 1;
    if (rule.left < Infinity) rule.hasStruck = true;
    return rule.fate(owner);
  }

  private add(name: string, match: AppendMatch, fate: Rule['fate']): Rule {
    assertOptions(match, ['worker', 'job', 'event', 'times'], name);
    const { worker, job, event, times = 1 } = match;
    if (event !== undefined) assertKnown(event, eventTypes, 'the type of event');
    const jobs = this.knownJobs();
    if (job !== undefined && jobs.length > 0) assertKnown(job, jobs, 'the job');
    if (!(times >= 1)) invalid(`times of ${name} is ${String(times)}; give a whole number from 1`);
    const shown = Object.entries({ worker: worker?.name, job, event }).flatMap(([key, value]) =>
      value === undefined ? [] : [`${key}: ${JSON.stringify(value)}`],
    );
    const rule: Rule = {
      words: `${name}({ ${shown.join(', ')} })`,
      matches: (owner, { jobId, events }) =>
        (worker === undefined || worker.name === owner.name) &&
        (job === undefined || job === jobId) &&
        (event === undefined || events.some((each) => each.event.type === event)),
      fate,
      left: times,
      hasStruck: false,
    };
    this.rules.push(rule);
    return rule;
  }

  private downEnd(name: string): number {
    return Math.max(this.downUntil.get('*') ?? 0, this.downUntil.get(name) ?? 0);
  }

  private until(at: number): Promise<void> {
    return new Promise((resolve) => void this.time.setTimer(at - this.time.elapsedMs, resolve));
  }
}

/** Why a call fails whose log cannot be reached. @param outcomeUnknown whether it may have reached the log even so */
export function unreachable({ name }: Owner, outcomeUnknown: boolean): LogError {
  const message = `the log cannot be reached from ${name}: a fault that belongs to the test`;
  return new LogError('store-unavailable', message, { isTransient: true, outcomeUnknown });
}
