/** Several graphs read at once are read by one statement, unless they are too large for that. */
import { join } from 'node:path';
import type { RecordedEvent } from '../../../src/domain/events.js';
import { openSqliteLog } from '../../../src/log/sqlite/sqlite-log.js';
import { append, beat, newEvent, submitted } from '../../conformance/log-fixture.js';
import { rightOf } from '../../support/right.js';
import { assert, describe } from '../../support/spec.js';
import { temporaryFolder } from '../../support/stores.js';

const spec = describe('graphs of an SQLite log read together');

spec.test('given graphs with more events than are read in one piece, then each comes whole all the same', async () => {
  const log = openSqliteLog({ path: join(temporaryFolder(), 'overseer.db') });
  await rightOf(log.install());
  const ids = ['small', 'large', 'long', 'another'];
  for (const graphId of ids) {
    await rightOf(log.append([append({ graphId, jobId: null }, -1, newEvent(submitted('a')))]));
  }
  for (let from = 0; from < 6000; from += 500) {
    const beats = Array.from({ length: 500 }, (_, index) => newEvent(beat(from + index)));
    await rightOf(
      log.append([
        append({ graphId: 'large', jobId: 'a' }, from - 1, ...beats),
        append({ graphId: 'long', jobId: `a${from}` }, -1, newEvent(beat(from))),
      ]),
    );
  }
  const [end] = await rightOf(log.readAll({ direction: 'backwards', limit: 1 }));
  for (const wanted of [ids, ['long', 'small'], ['nowhere', 'another']]) {
    const together = new Map<string, readonly RecordedEvent[]>();
    await rightOf(
      log.readGraphs(wanted, end!.position, (id, history) => together.set(id, history as readonly RecordedEvent[])),
    );
    assert.equal([...together.keys()], wanted);
    for (const [graphId, events] of together) assert.equal(events, await rightOf(log.readGraph(graphId)));
  }
  assert.is((await rightOf(log.readGraph('large'))).length, 6001);
  await log.close();
});

spec.run();
