import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Position, RecordedEvent } from '../../src/domain/events.js';
import { type EventLog, LogError, type SubscriptionMessage } from '../../src/log/event-log.js';
import { E, type Either } from '../../src/prelude/fp.js';
import type { Judge } from './judge.js';

export interface HearingOptions {
  readonly judge: Judge;
  /** Whether nothing can be written just now. */
  readonly isFull: () => boolean;
  readonly onEvent: (event: RecordedEvent) => void;
  /** Whether appends to several streams go in together, if the log can do that. */
  readonly mayJoin: boolean;
}

type Read<A> = () => Promise<Either<LogError, A>>;

/** A log whose first reader is the judge: nobody is shown an event, or told of one, that it has not seen. */
export function heardLog(log: EventLog, { judge, isFull, onEvent, mayJoin }: HearingOptions): EventLog {
  const hear = async () => {
    const after: Position | null = judge.events.at(-1)?.position ?? null;
    const fresh = judge.fresh(await certainly(log.readAll({ after, limit: 1_000_000 })));
    judge.take(fresh);
    for (const event of fresh) onEvent(event);
  };
  const shown = async (events: readonly RecordedEvent[]) => {
    // They may be told backwards.
    const ends = events.length === 0 ? [] : [events[0]!, events.at(-1)!];
    if (ends.some((event) => judge.fresh([event]).length > 0)) await hear();
  };
  const read =
    (work: Read<readonly RecordedEvent[]>): Read<readonly RecordedEvent[]> =>
    async () => {
      const answer = await work();
      if (E.isRight(answer)) await shown(answer.right);
      return answer;
    };
  const { joinsStreams, ...alone } = log;
  return {
    ...alone,
    ...(mayJoin && joinsStreams === true ? { joinsStreams } : {}),
    append: (requests) => async () => {
      if (isFull()) return full();
      const answer = await log.append(requests)();
      await hear();
      return answer;
    },
    saveSnapshot: (name, snapshot) => async () => (isFull() ? full() : await log.saveSnapshot(name, snapshot)()),
    readStream: (stream, range?) => read(log.readStream(stream, range)),
    readGraph: (graphId, upTo?) => read(log.readGraph(graphId, upTo)),
    readAll: (request) => read(log.readAll(request)),
    subscribe: (request) => {
      const subscription = log.subscribe(request);
      const messages = async function* (): AsyncGenerator<SubscriptionMessage> {
        for await (const message of subscription) {
          if (message.kind === 'events') await shown(message.events);
          yield message;
        }
      };
      return { [Symbol.asyncIterator]: messages, close: () => subscription.close() };
    },
  };
}

/** The judge goes on until it can read. */
export async function certainly<A>(read: Read<A>): Promise<A> {
  for (let tries = 0; tries < 1000; tries++) {
    const answer = await read();
    if (E.isRight(answer)) return answer.right;
    await nextTurn();
  }
  throw new Error('the judge cannot read the log any more');
}

function full(): Either<LogError, never> {
  const message = 'the disk is full: a fault that belongs to the test';
  return E.left(new LogError('store-full', message, { isTransient: true }));
}
