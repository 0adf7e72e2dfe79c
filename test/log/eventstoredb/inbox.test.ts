/** The messages of one call to the server: none is lost, whatever comes after them, and the server is made to wait. */
import { EventEmitter } from 'node:events';
import type { ClientReadableStream } from '@grpc/grpc-js';
import { Inbox } from '../../../src/log/eventstoredb/protocol/inbox.js';
import { assert, describe } from '../../support/spec.js';

const spec = describe('an inbox');

/** A call that notes whether it is paused. */
class Call extends EventEmitter {
  isPaused = false;
  pause(): void {
    this.isPaused = true;
  }
  resume(): void {
    this.isPaused = false;
  }
  cancel(): void {}
}

function opened() {
  const call = new Call();
  return { call, inbox: new Inbox<number>(call as unknown as ClientReadableStream<number>) };
}

spec.test(
  'given messages and then a failure, then the messages can be taken first, and then it is thrown',
  async () => {
    const { call, inbox } = opened();
    call.emit('data', 1);
    call.emit('data', 2);
    call.emit('error', new Error('the call has failed'));
    assert.is(await inbox.arrival(), 'messages');
    assert.equal(inbox.drain(), [1, 2]);
    await assert.rejects(inbox.arrival(), /the call has failed/);
  },
);

spec.test('given messages and then the end, then the messages can be taken first', async () => {
  const { call, inbox } = opened();
  call.emit('data', 1);
  call.emit('end');
  assert.is(await inbox.arrival(), 'messages');
  assert.equal(inbox.drain(), [1]);
  assert.is(await inbox.arrival(), 'ended');
});

spec.test('given a slow reader, then the call is paused, and goes on when its messages were taken', async () => {
  const { call, inbox } = opened();
  for (let n = 0; n < 1999; n++) call.emit('data', n);
  assert.is(call.isPaused, false);
  call.emit('data', 1999);
  assert.is(call.isPaused, true);
  assert.is(await inbox.arrival(), 'messages');
  assert.equal(
    inbox.drain(),
    Array.from({ length: 2000 }, (_, n) => n),
  );
  assert.is(call.isPaused, false);
});

spec.test('given nothing, then a wait ends when its time is up, and a later message wakes the next one', async () => {
  const { call, inbox } = opened();
  assert.is(await inbox.arrival(1), 'nothing');
  const next = inbox.arrival(60_000);
  call.emit('data', 1);
  assert.is(await next, 'messages');
});

spec.run();
