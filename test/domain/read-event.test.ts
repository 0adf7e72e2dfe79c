/** Events of other releases: what is older is brought up to date step by step, what is newer is left unread. */
import { eventDefinitions } from '../../src/domain/events.js';
import { readEvent } from '../../src/domain/read-event.js';
import { heartbeat } from '../support/given.js';
import { assert, describe } from '../support/spec.js';

const spec = describe('reading events of other releases');

spec.test('given an event that is newer by a single version, then it is not read, whatever its type', () => {
  const types = Object.entries(eventDefinitions);
  assert.ok(types.length > 8);
  for (const [type, { version }] of types) {
    const read = readEvent(type, version + 1, heartbeat().data);
    assert.is(read.type === 'Unreadable' && read.data.problem, 'event-from-the-future', type);
  }
});

spec.test('given an event that is older by two versions, then each step is taken once, in order', () => {
  const taken: number[] = [];
  const step = (version: number) => (data: unknown) => {
    taken.push(version);
    return { attempt: (data as { attempt: number }).attempt * 10 + version };
  };
  const registry = {
    Heartbeat: { ...eventDefinitions.Heartbeat, version: 3, upcasters: { 1: step(1), 2: step(2) } },
  };
  assert.equal(readEvent('Heartbeat', 1, { attempt: 7 }, registry), {
    type: 'Heartbeat',
    data: { attempt: 712 },
  });
  assert.equal(readEvent('Heartbeat', 2, { attempt: 7 }, registry).data, { attempt: 72 });
  assert.equal(readEvent('Heartbeat', 3, { attempt: 7 }, registry).data, { attempt: 7 });
  assert.equal(taken, [1, 2, 2]);
});

spec.run();
