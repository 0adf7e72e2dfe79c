/** What a worker writes goes out together, and each append gets its own answer. */
import { randomUUID } from 'node:crypto';
import type { DomainEvent } from '../../src/domain/events.js';
import type { Append, AppendResult } from '../../src/log/event-log.js';
import { createMemoryLog } from '../../src/log/memory/memory-log.js';
import { E } from '../../src/prelude/fp.js';
import { type Answer, Outbox } from '../../src/worker/outbox.js';
import type { RetryingLog } from '../../src/worker/retrying-log.js';
import { finished, started } from '../support/given.js';
import { assert, describe } from '../support/spec.js';

const spec = describe('the outbox of a worker');

function append(jobId: string, expectedRevision: number, event: DomainEvent): Append {
  const events = [{ id: randomUUID(), event, causationId: null, actor: 'w' }];
  return { graphId: 'g', jobId, expectedRevision, events };
}

function outboxOn() {
  const log = createMemoryLog();
  const calls: number[] = [];
  const defects: unknown[] = [];
  const counted: RetryingLog = {
    append: (requests) => {
      calls.push(requests.length);
      return log.append(requests)();
    },
    read: (read) => read,
  };
  const outbox = new Outbox(counted, (error) => defects.push(error));
  const send = (request: Append) =>
    new Promise<Answer>((resolve) => {
      outbox.send(request, () => true, resolve);
    });
  return { send, outbox, calls, defects };
}

const shown = (answer: Answer): AppendResult | string => (E.isLeft(answer) ? answer.left.code : answer.right);

spec.test('given appends of one moment, then they go out in one call, and each gets its own answer', async () => {
  const { send, calls } = outboxOn();
  const answers = await Promise.all([
    send(append('b', 4, finished())),
    send(append('a', -1, started(1, 'w'))),
    send(append('c', -1, started(1, 'w'))),
  ]);
  assert.equal(calls, [3]);
  assert.equal(answers.map(shown), [
    { appended: false, actualRevision: -1 },
    { appended: true, revision: 0 },
    { appended: true, revision: 0 },
  ]);
});

spec.test('given an event that no log takes among others, then only that one is refused', async () => {
  const { send, calls, defects } = outboxOn();
  const impossible = finished(0);
  const answers = await Promise.all([
    send(append('a', -1, started(1, 'w'))),
    send(append('b', -1, impossible)),
    send(append('c', -1, started(1, 'w'))),
  ]);
  assert.equal(calls, [3, 1, 1, 1]);
  assert.equal(answers.map(shown), [{ appended: true, revision: 0 }, 'event-invalid', { appended: true, revision: 0 }]);
  assert.equal(defects, []);
});

spec.test('given an answer that leads to another append, then that goes out with the next call', async () => {
  const { outbox, send, calls } = outboxOn();
  const after = await new Promise<Answer>((resolve) => {
    outbox.send(
      append('a', -1, started(1, 'w')),
      () => true,
      () => {
        outbox.send(append('a', 0, finished()), () => true, resolve);
      },
    );
  });
  assert.equal(shown(after), { appended: true, revision: 1 });
  assert.equal(shown(await send(append('b', -1, started(1, 'w')))), { appended: true, revision: 0 });
  assert.equal(calls, [1, 1, 1]);
});

spec.run();
