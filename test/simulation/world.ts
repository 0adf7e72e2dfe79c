/**
 * The machines of the simulation: those of `overseer/testing`, each behind a network of its own that loses, delays and
 * repeats by chance, with a clock that is wrong, and perhaps with an older release on it.
 */
import type { RecordedEvent } from '../../src/domain/events.js';
import type { EventLog } from '../../src/log/event-log.js';
import type { Either } from '../../src/prelude/fp.js';
import type { LogTraffic } from '../../src/testing/log-traffic.js';
import type { Network } from '../../src/testing/log-faults.js';
import { Machine } from '../../src/testing/machine.js';
import type { VirtualTime } from '../../src/testing/virtual-time.js';

/** Chances that something goes wrong with a call of the log. */
export interface Troubles {
  /** Of an append: to be lost, to lose its answer, to be late. */
  readonly lost: number;
  readonly answerLost: number;
  readonly late: number;
  readonly lateMsMax: number;
  /** Of any call, and of any message of a subscription: that the log cannot be reached. */
  readonly unreachable: number;
}

export interface HostOptions {
  readonly name: string;
  readonly time: VirtualTime;
  readonly random: () => number;
  readonly troubles: Troubles;
  readonly log: EventLog;
  readonly traffic: LogTraffic;
  /** Whether its program is of a release that does not know the newest version of an event yet. */
  readonly isOlder?: boolean;
}

/** A machine whose clock on the wall is up to ten minutes off. */
export function createHost({ random, log, isOlder = false, troubles, ...options }: HostOptions): Machine {
  const seed = Math.floor(random() * 2 ** 32);
  const network = chanceNetwork(options.time, random, troubles);
  const machine = new Machine({ ...options, seed, network, log: isOlder ? seenByOlder(log) : log });
  machine.clockSetByMs = Math.round((random() - 0.5) * 1_200_000);
  return machine;
}

function chanceNetwork(time: VirtualTime, random: () => number, troubles: Troubles): Network {
  return {
    isDown: () => random() < troubles.unreachable,
    up: () => Promise.resolve(),
    fateOf: () => {
      const fate = random();
      if (fate < troubles.lost) return { kind: 'lost' };
      if (fate < troubles.lost + troubles.late) {
        const lateMs = random() * troubles.lateMsMax;
        return { kind: 'held', until: new Promise((resolve) => void time.setTimer(lateMs, resolve)) };
      }
      return { kind: fate > 1 - troubles.answerLost ? 'answer-lost' : 'arrives' };
    },
  };
}

/** The log as a release sees it that knows only the first version of each event, and no pauses. */
function seenByOlder(log: EventLog): EventLog {
  type Read = () => Promise<Either<unknown, readonly RecordedEvent[]>>;
  const seen =
    <R extends Read>(read: R) =>
    async () => {
      const result = await read();
      return result._tag === 'Left' ? result : { ...result, right: result.right.map(asOlder) };
    };
  return {
    ...log,
    subscribe: (request) => {
      const subscription = log.subscribe(request);
      const messages = async function* () {
        for await (const message of subscription) {
          yield message.kind === 'events' ? { ...message, events: message.events.map(asOlder) } : message;
        }
      };
      return { [Symbol.asyncIterator]: messages, close: () => subscription.close() };
    },
    readStream: (stream, range?) => seen(log.readStream(stream, range)) as ReturnType<EventLog['readStream']>,
    readGraph: (graphId, upTo?) => seen(log.readGraph(graphId, upTo)) as ReturnType<EventLog['readGraph']>,
    readAll: (request) => seen(log.readAll(request)) as ReturnType<EventLog['readAll']>,
    readGraphs: (graphIds, upTo, accept) =>
      log.readGraphs(graphIds, upTo, (id, history) =>
        accept(id, Array.isArray(history) ? history.map(asOlder) : history),
      ),
  };
}

const unknownToOlder: readonly string[] = ['GraphPaused', 'GraphResumed', 'WorkPaused', 'WorkResumed'];

function asOlder(event: RecordedEvent): RecordedEvent {
  if (event.type === 'Unreadable') return event;
  const isUnknown = unknownToOlder.includes(event.type);
  if (event.schemaVersion === 1 && !isUnknown) return event;
  const { type, data, ...envelope } = event;
  const explanation = `version ${event.schemaVersion} of ${type} was written by a newer release`;
  const problem = isUnknown ? 'unknown-event-type' : 'event-from-the-future';
  return { ...envelope, type: 'Unreadable', data: { storedType: type, problem, explanation, stored: data } };
}
