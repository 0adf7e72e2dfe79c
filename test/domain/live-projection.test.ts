/** The live projection's lists of what is started and by whom, which the monitor and the order of claims rest on. */
import type { DomainEvent } from '../../src/domain/events.js';
import { LiveProjection } from '../../src/domain/live-projection.js';
import {
  aborted,
  faulted,
  finished,
  graphAborted,
  graphReset,
  Recorder,
  reset,
  started,
  submitted,
} from '../support/given.js';
import { assert, describe } from '../support/spec.js';

const spec = describe('the live projection');

/** A projection, and a way to tell it of events: of a job, or of the graph itself for null. */
function projecting() {
  const projection = new LiveProjection();
  const recorder = new Recorder();
  const told: Parameters<LiveProjection['apply']>[0][] = [];
  const tell = (jobId: string | null, event: DomainEvent) => {
    const recorded = recorder.record({ graphId: 'g', jobId }, event);
    told.push(recorded);
    projection.apply(recorded);
  };
  const running = () => [...projection.started.keys()].map(({ id }) => id);
  return { projection, told, tell, running };
}

spec.test('given jobs that start and end, then how many a worker runs goes up and down with them', () => {
  const { projection, tell, running } = projecting();
  tell(null, submitted({ a: [], b: [], c: [] }));
  const counts = () => ['w1', 'w2'].map((id) => projection.runningBy(id));
  tell('a', started(1, 'w1'));
  tell('b', started(1, 'w1'));
  tell('c', started(1, 'w2'));
  assert.equal(counts(), [2, 1]);
  tell('a', finished());
  tell('c', faulted());
  assert.equal([counts(), running()], [[1, 0], ['b']]);
  tell('c', started(2, 'w1'));
  assert.equal(counts(), [2, 0]);
});

spec.test('given a graph that ends while jobs of it run, then nobody watches them any more', () => {
  const { projection, tell, running } = projecting();
  tell(null, submitted({ a: [], b: ['a'] }));
  tell('a', started(1, 'w1'));
  assert.equal(running(), ['a']);
  tell('a', aborted());
  assert.equal([running(), projection.runningBy('w1'), projection.graphs.size], [[], 0, 0]);
});

spec.test('given an aborted graph whose job runs, then the job is not watched, nor counted', () => {
  const { projection, tell, running } = projecting();
  tell(null, submitted({ a: [], b: [] }));
  tell('a', started(1, 'w1'));
  tell(null, graphAborted);
  assert.equal([running(), projection.runningBy('w1'), projection.ready.size], [[], 0, 0]);
});

spec.test(
  'given a graph that has ended, when an operator opens it again, by a job or as a whole, then it is asked for',
  () => {
    const ways: readonly (readonly [jobId: string | null, abort: DomainEvent, again: DomainEvent])[] = [
      ['a', aborted(), reset()],
      [null, graphAborted, graphReset],
    ];
    for (const [jobId, abort, again] of ways) {
      const { projection, told, tell } = projecting();
      tell(null, submitted({ a: [] }));
      tell(jobId, abort);
      assert.is(projection.graphs.size, 0);
      tell(jobId, again);
      assert.equal([...projection.reopened], ['g']);
      projection.restore('g', told);
      assert.equal([projection.reopened.size, [...projection.ready.keys()]], [0, ['a']]);
    }
  },
);

spec.test('given a graph that is read again while a job of it runs, then the job is watched and counted once', () => {
  const { projection, told, tell, running } = projecting();
  tell(null, submitted({ a: [], b: [] }));
  tell('a', started(1, 'w1'));
  projection.restore('g', told);
  assert.equal([running(), projection.runningBy('w1'), [...projection.ready.keys()]], [['a'], 1, ['b']]);
  tell('a', finished());
  assert.equal([running(), projection.runningBy('w1')], [[], 0]);
});

spec.run();
