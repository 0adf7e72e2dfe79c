/** What verify finds: one wrong thing at a time, in a history that is sound but for that. */
import type { Position, RecordedEvent } from '../../src/domain/events.js';
import type { StoredEvent } from '../../src/evidence/canonical-event.js';
import { jobGraph, type Store, transactGraph, verify } from '../../src/index.js';
import { GraphCheck, LogCheck } from '../../src/history/verify/invariants.js';
import type { EventLog } from '../../src/log/event-log.js';
import { comparePositions } from '../../src/domain/positions.js';
import { TE } from '../../src/prelude/fp.js';
import { Store as StoreOn } from '../../src/store/store.js';
import { finished, heartbeat, Recorder, started, submitted } from '../support/given.js';
import { rightOf } from '../support/right.js';
import { assert, describe } from '../support/spec.js';
import { freshStore } from '../support/stores.js';

const graphs = describe('the checks of a graph');

/** A sound history of one job, in which each event but the first is caused by the one before. */
function history(): RecordedEvent[] {
  const recorder = new Recorder();
  const events = [
    recorder.record({ graphId: 'g', jobId: null }, submitted({ a: [] })),
    ...[started(), heartbeat(), heartbeat(), finished()].map((event) =>
      recorder.record({ graphId: 'g', jobId: 'a' }, event),
    ),
  ];
  return events.map((event, index) => ({ ...event, causationId: events[index - 1]?.id ?? null }));
}

function problemsIn(events: readonly RecordedEvent[]): readonly string[] {
  const check = new GraphCheck('g');
  return events.flatMap((event) => check.check(event)).map(({ problem }) => problem);
}

graphs.test('given a sound history, then nothing is found', () => {
  assert.equal(problemsIn(history()), []);
});

graphs.test('given an event that was taken out, then the next one of its stream is out of place', () => {
  const events = history();
  events.splice(2, 1);
  const found = problemsIn(events);
  assert.match(found[0]!, 'it has revision 2 in its stream, where 1 was expected');
});

graphs.test('given a cause that is no earlier event, then that is found; any earlier one will do', () => {
  const events = history();
  const strange = { ...events[4]!, causationId: '00000000-0000-4000-8000-ffffffffffff' };
  assert.match(problemsIn([...events.slice(0, 4), strange])[0]!, 'is not an earlier event of this graph');
  for (const cause of events.slice(0, 4)) {
    assert.equal(problemsIn([...events.slice(0, 4), { ...events[4]!, causationId: cause.id }]), []);
  }
  const later = { ...events[2]!, causationId: events[3]!.id };
  assert.match(problemsIn([...events.slice(0, 2), later])[0]!, 'is not an earlier event of this graph');
});

graphs.run();

const order = describe('the checks of the order of a log');

order.test('given positions and times, then each is compared with the one just before', () => {
  const at = (position: number, second: number) => ({
    position: String(position) as Position,
    recordedAt: `2026-01-01T00:00:0${second}.000Z`,
    id: 'e',
    graphId: 'g',
    jobId: null,
  });
  const found = (...events: readonly ReturnType<typeof at>[]) => {
    const check = new LogCheck(comparePositions);
    return events.map((event) => check.check(event).length);
  };
  assert.equal(found(at(1, 1), at(2, 1), at(3, 5), at(4, 5)), [0, 0, 0, 0]);
  assert.equal(found(at(1, 1), at(2, 5), at(3, 4), at(4, 4)), [0, 0, 1, 0]);
  assert.equal(found(at(1, 1), at(9, 2), at(8, 3), at(8, 3)), [0, 0, 1, 1]);
  assert.equal(found(at(1, 1), at(9, 3), at(8, 2)), [0, 0, 2]);
});

/** The store, as if its log held these events. */
function showing(db: Store, events: readonly StoredEvent[]): Store {
  const readStored: EventLog['readStored'] = ({ after = null, limit }) =>
    TE.right(events.filter(({ position }) => after === null || comparePositions(position, after) > 0).slice(0, limit));
  return new StoreOn({ ...db.log, readStored }, db.environment);
}

order.test('given a log whose times go back in the middle, then verify says where', async () => {
  const db = await freshStore('memory');
  for (const id of ['g', 'h', 'i']) await transactGraph(db, jobGraph({ a: [] }, {}, { id }));
  const events = await rightOf(db.log.readStored({ limit: 9 }));
  assert.equal((await verify(showing(db, events))).problems, []);
  const times = ['2026-01-01T00:00:01.000Z', '2026-01-01T00:00:03.000Z', '2026-01-01T00:00:02.000Z'];
  const { problems } = await verify(
    showing(
      db,
      events.map((event, index) => ({ ...event, recordedAt: times[index]! })),
    ),
  );
  assert.equal(
    problems.map(({ position, problem }) => [position, problem]),
    [
      [
        events[2]!.position,
        'it was recorded at 2026-01-01T00:00:02.000Z, before the previous event (2026-01-01T00:00:03.000Z)',
      ],
    ],
  );
  await db.close();
});

order.run();
