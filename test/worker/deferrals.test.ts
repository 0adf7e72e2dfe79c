/** What a handler may ask of `defer`, and what comes of it. */
import { defer, Defer, fault, skip } from '../../src/index.js';
import { rerun } from '../../src/handlers/rerun.js';
import { delayFrom, isDefer, signalIn } from '../../src/handlers/signals.js';
import { assert, describe } from '../support/spec.js';

const spec = describe('deferring');

function thrownBy(work: () => never): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

spec.test('given a delay or a time, then a signal says until when, however it is wrapped', () => {
  const thrown = thrownBy(() => defer('too early', { delayMs: 5 })) as Defer;
  assert.instance(thrown, Defer);
  assert.equal([thrown.name, thrown.message, thrown.until], ['Defer', 'too early', { delayMs: 5 }]);
  const wrapped = new AggregateError([new Error('outer', { cause: thrown })]);
  const signal = signalIn(wrapped)!;
  assert.ok(isDefer(signal));
  for (const other of [thrownBy(() => fault('busy')), thrownBy(() => skip('nothing'))]) {
    assert.not.ok(isDefer(signalIn(other)!));
  }
});

spec.test('given a delay, or a time by the clock of the worker, then that is how long it waits', () => {
  assert.equal(
    [delayFrom({ delayMs: 7 }, 1000), delayFrom({ untilMs: 1500 }, 1000), delayFrom({ untilMs: 500 }, 1000)],
    [7, 500, -500],
  );
  assert.ok(Number.isNaN(delayFrom({}, 1000)));
});

spec.test('given neither, both, or what is no time, then the call is refused, and says what to give', () => {
  const refusals: readonly (readonly [options: object, sentence: RegExp])[] = [
    [{}, /defer is given neither of delayMs and untilMs; give one of them/],
    [{ delayMs: 1, untilMs: 2 }, /is given both/],
    [{ delayMs: -1 }, /delayMs is -1; it is a number of milliseconds from 0/],
    [{ delayMs: NaN }, /delayMs is NaN/],
    [{ delayMs: '5' }, /delayMs is 5/],
    [{ untilMs: Infinity }, /untilMs is Infinity; it is a number of milliseconds since the epoch/],
  ];
  for (const [options, sentence] of refusals) {
    const error = thrownBy(() => defer('x', options)) as Error;
    assert.instance(error, RangeError);
    assert.match(error.message, sentence);
  }
});

spec.test(
  'given a handler that defers, when it is run again on what is recorded, then nothing but that is its outcome',
  async () => {
    const input = { graphId: 'g', id: 'a', type: 't', attempt: 1, args: {}, inputs: {}, labels: {}, details: null };
    assert.equal(await rerun(() => defer('too early', { delayMs: 5 }), input), {
      kind: 'deferred',
      reason: 'too early',
    });
  },
);

spec.run();
