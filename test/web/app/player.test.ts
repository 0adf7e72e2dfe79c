/** A history that is played: each moment comes at its time, or as much sooner as was chosen. */
import { signal } from '@preact/signals';
import { GraphModel } from '../../../src/web/app/model/graph-model.js';
import { Player, speeds } from '../../../src/web/app/state/player.js';
import { finished, heartbeat, started } from '../../support/given.js';
import { freshStore } from '../../support/stores.js';
import { assert, describe } from '../../support/spec.js';
import { webOver } from '../server/browser.js';
import { job, modelOf } from './graphs.js';
import { PageWorld } from './page-world.js';

const spec = describe('a history that is played');
let world: PageWorld;

spec.before(async () => {
  world = new PageWorld(webOver(await freshStore('memory')));
});

/** Seven events, ten seconds apart, at the first of them. */
function played(everyMs = 10_000) {
  const happenings = [started(), heartbeat(), heartbeat(), heartbeat(), heartbeat(), finished()];
  const model = modelOf(
    [job('a')],
    happenings.map((event) => ['a', event]),
  );
  const events = model.events.map((event, index) => ({
    ...event,
    recordedAt: new Date(Date.parse('2026-01-01T00:00:00Z') + index * everyMs).toISOString(),
  }));
  const number = signal(1);
  const session = { model: signal(new GraphModel('drawn', events, [])), number };
  const player = new Player({ ...session, moveTo: (to) => (number.value = to) });
  return { player, number };
}

/** Draws frames at times since it began to play, and tells what was shown. */
function framesFrom(from: number, number: { readonly value: number }) {
  return (...seconds: readonly number[]) =>
    seconds.map((second) => {
      world.draw(from + second * 1000);
      return number.value;
    });
}

spec.test('given a speed, then the moments come so much faster than they did; it ends with the last', () => {
  for (const speed of [1, 10, 100]) {
    const { player, number } = played();
    player.choose(speed);
    const shown = framesFrom(performance.now(), number);
    player.toggle();
    // A little after each event: to begin takes a moment.
    const at = [5, 15, 25, 55].map((seconds) => seconds / speed);
    assert.equal(shown(...at), [1, 2, 3, 6], `${speed} times`);
    assert.is(player.isPlaying.value, true);
    assert.equal(shown(65 / speed), [7]);
    assert.is(player.isPlaying.value, false);
  }
});

spec.test('when no speed is chosen, then it takes half a minute at most', () => {
  for (const [everyMs, speed] of [
    [1000, 1],
    [10_000, 3],
    [1_000_000, 300],
    [1_000_000_000, speeds.at(-1)],
  ] as const) {
    const { player } = played(everyMs);
    player.toggle();
    assert.is(player.speed.value, speed);
    player.stop();
  }
});

spec.test('when somebody moves back meanwhile, then it goes on from there', () => {
  const { player, number } = played();
  player.choose(1);
  const shown = framesFrom(performance.now(), number);
  player.toggle();
  assert.equal(shown(45), [5]);
  number.value = 2;
  assert.equal(shown(46, 54, 58), [2, 2, 3]);
  player.stop();
});

spec.test('when it is stopped, then nothing moves any more; played from the end, it begins again', () => {
  const { player, number } = played();
  player.choose(1);
  const shown = framesFrom(performance.now(), number);
  player.toggle();
  assert.equal(shown(15), [2]);
  player.toggle();
  assert.equal(shown(1000), [2]);
  assert.is(player.isPlaying.value, false);
  number.value = 7;
  const again = framesFrom(performance.now(), number);
  player.toggle();
  assert.is(number.value, 1);
  assert.equal(again(15), [2]);
  player.stop();
});
spec.run();
