/** What a subscription that polls says of where it is: whoever acts on it must not act too early, or give up too soon. */
import type { Position, RecordedEvent } from '../../src/domain/events.js';
import { LogError, type SubscriptionMessage } from '../../src/log/event-log.js';
import { type Batch, pollingSubscription, type PollingSource } from '../../src/log/polling-subscription.js';
import { Recorder, started } from '../support/given.js';
import { assert, describe } from '../support/spec.js';

const spec = describe('a subscription that polls');

const recorder = new Recorder();
const event = (): RecordedEvent => recorder.record({ graphId: 'g', jobId: 'a' }, started());

function batch(hasMore: boolean, ...events: readonly RecordedEvent[]): Batch {
  return { events, upTo: events.at(-1)?.position ?? ('9' as Position), hasMore };
}

/** A log whose reads give these batches and failures, one after another, and the last of them for ever. */
function source(...answers: readonly (Batch | LogError)[]): PollingSource & { readonly asked: (Position | null)[] } {
  const asked: (Position | null)[] = [];
  return {
    asked,
    readBatch(after) {
      const answer = answers[Math.min(asked.length, answers.length - 1)]!;
      asked.push(after);
      if (answer instanceof LogError) throw answer;
      return answer;
    },
    onChange: () => () => {},
  };
}

async function firstOf(count: number, of: PollingSource): Promise<readonly SubscriptionMessage[]> {
  const messages: SubscriptionMessage[] = [];
  for await (const message of pollingSubscription(of, { safetyNetMs: 1 })) {
    messages.push(message);
    if (messages.length === count) break;
  }
  return messages;
}

const kinds = (messages: readonly SubscriptionMessage[]) => messages.map(({ kind }) => kind);
const failure = new LogError('store-unavailable', 'it fails for a test', { isTransient: true });

spec.test('given several full batches, then it says that it has caught up after the last one only', async () => {
  const [a, b, c] = [event(), event(), event()];
  const of = source(batch(true, a), batch(true, b), batch(false, c), batch(false));
  assert.equal(kinds(await firstOf(4, of)), ['events', 'events', 'events', 'caughtUp']);
  assert.equal(of.asked.slice(0, 4), [null, a.position, b.position, c.position]);
});

spec.test(
  'given a failure while it waits, when it works again, then it says so though nothing new has come',
  async () => {
    const of = source(batch(false), failure, failure, batch(false));
    assert.equal(kinds(await firstOf(4, of)), ['caughtUp', 'interrupted', 'interrupted', 'caughtUp']);
  },
);

spec.test('given a failure between two batches, then it goes on where it was', async () => {
  const [a, b] = [event(), event()];
  const of = source(batch(true, a), failure, batch(false, b), batch(false));
  assert.equal(kinds(await firstOf(4, of)), ['events', 'interrupted', 'events', 'caughtUp']);
  assert.equal(of.asked.slice(0, 3), [null, a.position, a.position]);
});

spec.run();
