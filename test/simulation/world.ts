/**
 * A small world in which time, chance and failure follow from a seed: workers with clocks that disagree, on one log,
 * each behind a network of its own that loses, delays and repeats; workers that pause and crash.
 */
import { Store } from '../../src/store/store.js';
import type { RecordedEvent } from '../../src/domain/events.js';
import type { Either } from '../../src/prelude/fp.js';
import type { Environment } from '../../src/store/environment.js';
import { type EventLog, LogError } from '../../src/log/event-log.js';

/** Mulberry32: small, and the same everywhere. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly host: Host;
  readonly fire: () => void;
}

/** Time that passes only when nothing is left to do. */
export class VirtualTime {
  now = 0;
  private order = 0;
  private readonly timers = new Set<Timer>();

  after(host: Host, ms: number, fire: () => void): () => void {
    const timer: Timer = { at: this.now + Math.max(0, ms), order: this.order++, host, fire };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  /** Lets everything that is ready happen, then goes on to the next timer. False if there is none before the end. */
  async step(end: number): Promise<boolean> {
    for (let turn = 0; turn < 8; turn++) await new Promise((resolve) => setImmediate(resolve));
    const due = [...this.timers].filter((timer) => !timer.host.isCrashed);
    if (due.length === 0) return false;
    const when = (timer: Timer) => Math.max(timer.at, timer.host.pausedUntil);
    const next = due.reduce((a, b) => (when(b) < when(a) || (when(b) === when(a) && b.order < a.order) ? b : a));
    if (when(next) > end) return false;
    this.now = Math.max(this.now, when(next));
    this.timers.delete(next);
    next.fire();
    return true;
  }
}

export interface Troubles {
  /** Chances of an append: to be lost, to lose its answer, to be late. */
  readonly lost: number;
  readonly answerLost: number;
  readonly late: number;
  readonly lateMsMax: number;
  readonly readFails: number;
}

const unknownToOlder: readonly string[] = ['GraphPaused', 'GraphResumed', 'WorkPaused', 'WorkResumed'];

/** An event as a release sees it that knows only the first version of each, and no pauses. */
function seenByOlder(event: RecordedEvent): RecordedEvent {
  if (event.type === 'Unreadable') return event;
  const isUnknown = unknownToOlder.includes(event.type);
  if (event.schemaVersion === 1 && !isUnknown) return event;
  const { type, data, ...envelope } = event;
  const problem = isUnknown ? 'unknown-event-type' : 'event-from-the-future';
  const explanation = `version ${event.schemaVersion} of ${type} was written by a newer release`;
  return { ...envelope, type: 'Unreadable', data: { storedType: type, problem, explanation, stored: data } };
}

/** A machine with one worker on it. */
export class Host {
  isCrashed = false;
  pausedUntil = 0;
  /** How far its clock has been set since the beginning; a clock on the wall may be set at any time, and by hours. */
  clockSetByMs = 0;
  /** Whether its program is of a release that does not know the newest version of an event yet. */
  isOlder = false;
  readonly store: Store;
  readonly environment: Environment;

  constructor(
    readonly name: string,
    private readonly time: VirtualTime,
    private readonly random: () => number,
    private readonly troubles: Troubles,
    log: EventLog,
  ) {
    const skewMs = Math.round((random() - 0.5) * 1_200_000);
    let ids = 0;
    const prefix = Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
    this.environment = {
      now: () => Date.parse('2026-01-01T00:00:00.000Z') + time.now + skewMs + this.clockSetByMs,
      monotonic: () => time.now + 1000 * skewMs,
      setTimer: (ms, callback) => time.after(this, ms, callback),
      newId: () => `${prefix}-0000-4000-8000-${(ids++).toString(16).padStart(12, '0')}`,
      random,
      host: name,
      pid: 1,
    };
    this.store = new Store(this.behindNetwork(log), this.environment);
  }

  private behindNetwork(log: EventLog): EventLog {
    const { troubles, random } = this;
    const failed = (outcomeUnknown: boolean) =>
      ({
        _tag: 'Left',
        left: new LogError('store-unavailable', 'the network fails', { isTransient: true, outcomeUnknown }),
      }) as const;
    const reading =
      <Args extends readonly unknown[], A>(read: (...args: Args) => () => Promise<A>) =>
      (...args: Args) =>
      async () => {
        await this.reachable();
        return random() < troubles.readFails ? (failed(false) as A) : await read(...args)();
      };
    const asSeen = (event: RecordedEvent) => (this.isOlder ? seenByOlder(event) : event);
    const seenIn = async (result: Promise<Either<LogError, readonly RecordedEvent[]>>) => {
      const read = await result;
      return read._tag === 'Left' ? read : { ...read, right: read.right.map(asSeen) };
    };
    return {
      ...log,
      subscribe: (request) => {
        const subscription = log.subscribe(request);
        const messages = async function* () {
          for await (const message of subscription) {
            yield message.kind === 'events' ? { ...message, events: message.events.map(asSeen) } : message;
          }
        };
        return { [Symbol.asyncIterator]: messages, close: () => subscription.close() };
      },
      append: (requests) => async () => {
        await this.reachable();
        const fate = random();
        if (fate < troubles.lost) return failed(true);
        if (fate < troubles.lost + troubles.late) await this.sleep(random() * troubles.lateMsMax);
        const result = await log.append(requests)();
        await this.reachable();
        return fate > 1 - troubles.answerLost ? failed(true) : result;
      },
      readStream: reading((stream, range?) => () => seenIn(log.readStream(stream, range)())),
      readGraph: reading((graphId, upTo?) => () => seenIn(log.readGraph(graphId, upTo)())),
      readGraphs: reading((graphIds, upTo, accept) =>
        log.readGraphs(graphIds, upTo, (id, history) =>
          accept(id, Array.isArray(history) ? history.map(asSeen) : history),
        ),
      ),
      readAll: reading((request) => () => seenIn(log.readAll(request)())),
    };
  }

  /** Waits while the host is paused; for ever if it has crashed. */
  private async reachable(): Promise<void> {
    if (this.isCrashed) await new Promise(() => {});
    while (this.pausedUntil > this.time.now) await this.sleep(this.pausedUntil - this.time.now);
  }

  private sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.time.after(this, ms, resolve));
  }
}
