/** How often the file is checked for growth. The clock is the test's own, so that a minute takes no time. */
import type { Statement } from 'better-sqlite3';
import { ChangeWatch, type WatchClock } from '../../../src/log/sqlite/change-watch.js';
import { assert, describe } from '../../support/spec.js';

const spec = describe('watching a file for changes');

/** A clock that is moved by hand, and a file system that reports writes by hand. */
class Stage implements WatchClock {
  time = 0;
  asked = 0;
  /** Returns the file's version, or throws as a file does that cannot be read. */
  version: () => unknown = () => 1;
  isWatchable = true;
  private timers: { readonly at: number; readonly callback: () => void }[] = [];
  readonly watchers = new Set<() => void>();

  now(): number {
    return this.time;
  }

  setTimer(ms: number, callback: () => void): () => void {
    const timer = { at: this.time + ms, callback };
    this.timers.push(timer);
    return () => (this.timers = this.timers.filter((each) => each !== timer));
  }

  watchFile(_path: string, callback: () => void): () => void {
    if (!this.isWatchable) throw new Error('ENOSPC: too many files are watched');
    this.watchers.add(callback);
    return () => this.watchers.delete(callback);
  }

  /** Lets time pass, and fires the timers that become due. */
  pass(ms: number): void {
    const end = this.time + ms;
    for (;;) {
      const [next] = this.timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.timers = this.timers.filter((each) => each !== next);
      this.time = next.at;
      next.callback();
    }
    this.time = end;
  }

  /** The file system reports a write. */
  write(): void {
    for (const callback of [...this.watchers]) callback();
  }

  get isIdle(): boolean {
    return this.timers.length === 0;
  }

  /** How often it is asked in the next `ms` milliseconds. */
  askedWithin(ms: number): number {
    const before = this.asked;
    this.pass(ms);
    return this.asked - before;
  }
}

function watched(stage: Stage): ChangeWatch {
  const get = () => {
    stage.asked += 1;
    return stage.version();
  };
  return new ChangeWatch({ version: () => ({ get }) as unknown as Statement, journal: 'overseer.db-wal' }, stage);
}

/** A watcher that waits again as soon as it was told, as a subscription does. */
function follower(watch: ChangeWatch, stage: Stage): number[] {
  const toldAt: number[] = [];
  const wait = () => {
    const unlisten = watch.onChange(() => {
      unlisten();
      toldAt.push(stage.time);
      wait();
    });
  };
  wait();
  return toldAt;
}

spec.test('nobody waits: nothing is asked', () => {
  const stage = new Stage();
  watched(stage);
  assert.equal([stage.askedWithin(10_000), stage.isIdle], [0, true]);
});

spec.test('a quiet minute: from then on a tenth of the wake-ups, and less', () => {
  const stage = new Stage();
  follower(watched(stage), stage);
  stage.pass(5000);
  const quiet = stage.askedWithin(1000);
  stage.pass(60_000);
  const idle = stage.askedWithin(1000);
  assert.ok(quiet > 300, `${quiet} in a second`);
  assert.ok(idle <= quiet / 10, `${idle} in a second, of ${quiet} before`);
  assert.is(stage.watchers.size, 1);
});

spec.test('idle, and the file system tells of a write that cannot be seen yet: it is seen a moment later', () => {
  const stage = new Stage();
  const toldAt = follower(watched(stage), stage);
  stage.pass(70_010);
  toldAt.length = 0;
  stage.write();
  stage.pass(4);
  assert.equal(toldAt, []);
  stage.version = () => 2;
  stage.pass(2);
  assert.is(toldAt.length, 1);
  assert.ok(toldAt[0]! - stage.time <= 2);
  assert.is(stage.watchers.size, 0, 'while things happen, the file system need not tell');
});

spec.test('idle, and a write the file system does not tell of: it is seen all the same', () => {
  const stage = new Stage();
  const toldAt = follower(watched(stage), stage);
  stage.pass(70_010);
  toldAt.length = 0;
  stage.version = () => 2;
  stage.pass(500);
  assert.is(toldAt.length, 1);
});

spec.test('idle where no file can be watched: a tenth all the same', () => {
  const stage = new Stage();
  stage.isWatchable = false;
  const toldAt = follower(watched(stage), stage);
  stage.pass(70_000);
  const idle = stage.askedWithin(1000);
  assert.ok(idle <= 34 && idle >= 20, `${idle} in a second`);
  toldAt.length = 0;
  stage.version = () => 2;
  stage.pass(31);
  assert.is(toldAt.length, 1);
});

spec.test('a commit of one’s own is told at once, and asked closely afterwards', () => {
  const stage = new Stage();
  const watch = watched(stage);
  const toldAt = follower(watch, stage);
  stage.pass(70_000);
  toldAt.length = 0;
  watch.notify();
  assert.equal(toldAt, [70_000]);
  assert.ok(stage.askedWithin(500) >= 400);
});

spec.test('busy for a second after a change, then quiet, then idle again after a minute', () => {
  const stage = new Stage();
  follower(watched(stage), stage);
  stage.pass(70_000);
  stage.version = () => 2;
  stage.pass(300);
  assert.ok(stage.askedWithin(500) >= 450);
  stage.pass(1000);
  assert.ok(stage.askedWithin(500) <= 170);
  stage.pass(60_000);
  assert.ok(stage.askedWithin(1000) <= 5);
});

spec.test('a file that cannot be asked is told of, so that who waits finds out by reading', () => {
  const stage = new Stage();
  const toldAt = follower(watched(stage), stage);
  stage.pass(70_000);
  toldAt.length = 0;
  stage.version = () => {
    throw new Error('it is gone');
  };
  stage.pass(500);
  assert.ok(toldAt.length >= 1);
});

spec.test('who stops waiting leaves no timer; who stops the watch leaves nothing', () => {
  const stage = new Stage();
  const watch = watched(stage);
  const unlisten = watch.onChange(() => {});
  stage.pass(70_000);
  unlisten();
  assert.ok(stage.isIdle);
  watch.onChange(() => {});
  watch.stop();
  assert.equal([stage.isIdle, stage.watchers.size], [true, 0]);
});

spec.test('many who wait share one timer and one watch', () => {
  const stage = new Stage();
  const watch = watched(stage);
  for (let n = 0; n < 20; n++) watch.onChange(() => {});
  stage.pass(70_000);
  assert.is(stage.watchers.size, 1);
  assert.ok(stage.askedWithin(1000) <= 5);
});

spec.run();
