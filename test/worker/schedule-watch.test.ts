/** A worker's watch of schedules, by itself: when it looks, and what it does not need to read. */
import { graphs, install, jobGraph, setSchedule, store, type Store } from '../../src/index.js';
import type { EventLog } from '../../src/log/event-log.js';
import { runId, scheduleStream } from '../../src/domain/schedules.js';
import { loadWork } from '../../src/store/load-work.js';
import { orThrow } from '../../src/store/or-throw.js';
import { storeGraph } from '../../src/store/submit.js';
import { silentLogger } from '../../src/worker/logger.js';
import { OwnTimers } from '../../src/worker/own-timers.js';
import { ScheduleWatch } from '../../src/worker/schedule-watch.js';
import { eventually } from '../support/eventually.js';
import { ManualEnvironment } from '../support/manual-environment.js';
import { assert, describe } from '../support/spec.js';

const spec = describe('the watch of schedules', { timeoutMs: 20_000 });

const graph = jobGraph({ report: [] });
const hour = 3_600_000;

/** A machine whose clock on the wall can be set. */
class SetClock extends ManualEnvironment {
  setByMs = 0;

  override now(): number {
    return super.now() + this.setByMs;
  }
}

class Stage {
  readonly environment = new SetClock();
  readonly said: string[] = [];
  watch!: ScheduleWatch;
  store!: Store;
  reads = 0;
  private underWay = 0;
  private heardUpTo: string | null = null;

  async begin(): Promise<this> {
    const { environment } = this;
    this.store = await store('memory:', { environment });
    await install(this.store);
    const { log } = this.store;
    const read = log.readStream.bind(log);
    const readStream: EventLog['readStream'] = (...given) => {
      this.reads += 1;
      return read(...given);
    };
    Object.assign(log, { readStream });
    this.watch = new ScheduleWatch({
      ...{ workerId: 'w1', store: this.store, environment: new OwnTimers(environment) },
      logger: { ...silentLogger, info: (_, message) => void this.said.push(String(message)) },
      isOpen: () => false,
      underWay: (work) => {
        this.underWay += 1;
        void work.finally(() => (this.underWay -= 1));
      },
      onDefect: (error) => {
        throw error;
      },
    });
    return this;
  }

  /** Lets the watch hear what is new in the log, and do what it then does at once. */
  async hear(): Promise<void> {
    const events = await orThrow(this.store.log.readAll({ after: this.heardUpTo as never, limit: 1000 }));
    this.heardUpTo = events.at(-1)?.position ?? this.heardUpTo;
    this.watch.hear(events);
    await this.quiet();
  }

  async advance(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 100) {
      this.environment.advance(Math.min(100, left));
      await this.quiet();
    }
  }

  /** Another worker decides a run. */
  async decideElsewhere(): Promise<string> {
    const instant = Math.ceil(this.environment.now() / hour) * hour;
    const known = await orThrow(this.store.log.readStream(scheduleStream('tick')));
    const graphId = runId('tick', instant);
    const event = {
      type: 'ScheduleFired',
      data: { instant: new Date(instant).toISOString(), kind: 'due', graphId },
    } as const;
    const events = [{ id: this.environment.newId(), event, causationId: null, actor: 'w2' }];
    await orThrow(this.store.log.append([{ ...scheduleStream('tick'), expectedRevision: known.length - 1, events }]));
    return graphId;
  }

  async ids(): Promise<readonly string[]> {
    return (await graphs(this.store)).items.map(({ id }) => id);
  }

  private async quiet(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    await eventually('it is quiet', () => this.underWay === 0);
  }
}

async function watching(every = hour): Promise<Stage> {
  const stage = await new Stage().begin();
  await setSchedule(stage.store, 'tick', { graph, every: { ms: every } });
  stage.watch.begin((await loadWork(stage.store)).schedules);
  await stage.hear();
  return stage;
}

spec.test(
  'given a run that another has decided, when it is not submitted for some seconds, then this one submits it',
  async () => {
    const stage = await watching();
    stage.environment.advance(hour - 500);
    await stage.hear();
    const graphId = await stage.decideElsewhere();
    await stage.hear();
    await stage.advance(1500);
    assert.equal(await stage.ids(), [], 'it leaves the other one time');
    await stage.advance(3000);
    assert.equal(await stage.ids(), [graphId]);
  },
);

spec.test('given a run that another has decided and submitted, then this one reads nothing for it', async () => {
  const stage = await watching();
  stage.environment.advance(hour - 500);
  await stage.hear();
  const graphId = await stage.decideElsewhere();
  await stage.hear();
  await storeGraph(stage.store, { ...graph, id: graphId, labels: { schedule: 'tick' } });
  await stage.hear();
  stage.reads = 0;
  stage.environment.advance(200);
  await stage.hear();
  // The timer that was set for that goes off, and one look finds nothing to do.
  await stage.advance(60_000);
  assert.ok(stage.reads <= 2, `${stage.reads} reads`);
  assert.equal(await stage.ids(), [graphId]);
});

spec.test('given no schedule, then it sets no timer and reads nothing; when one is set, it hears of it', async () => {
  const stage = await new Stage().begin();
  stage.watch.begin(new Set());
  await stage.hear();
  await stage.advance(hour);
  assert.equal([stage.reads, stage.environment.timersSet, stage.said], [0, [], []]);
  await setSchedule(stage.store, 'tick', { graph, every: { ms: hour } });
  await stage.hear();
  await stage.advance(hour + 200);
  assert.equal(await stage.ids(), ['tick@2026-01-01T02:00:00Z']);
});

spec.test('given schedules at the start, then it says how many it watches', async () => {
  assert.equal((await watching()).said, ['watching 1 schedule']);
});

spec.test('given an instant in years, then one timer is as long as that', async () => {
  const years = 3650 * 24 * hour;
  const { environment } = await watching(years);
  const longest = Math.max(...environment.timersSet);
  assert.ok(longest > 2 ** 31 && longest <= years, String(longest));
});

spec.test('given a clock that is set, then what is due by it is noticed within a minute', async () => {
  const stage = await watching(24 * hour);
  stage.environment.setByMs = 24 * hour;
  await stage.advance(61_000);
  assert.equal(await stage.ids(), ['tick@2026-01-02T00:00:00Z']);
});

spec.test('given a watch that is closed, then it decides nothing more', async () => {
  const stage = await watching();
  stage.watch.close();
  await stage.advance(hour + 500);
  assert.equal(await stage.ids(), []);
});

spec.run();
