/** What a transaction that was rolled back must not leave behind in this process. */
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { openSqliteLog } from '../../../src/log/sqlite/sqlite-log.js';
import { leftOf, rightOf } from '../../support/right.js';
import { assert, describe } from '../../support/spec.js';
import { temporaryFolder } from '../../support/stores.js';
import { anAppend } from './sqlite-file.js';

const spec = describe('an SQLite log after a transaction that was rolled back');

/** Makes the file refuse events, as a disk does that is full when the rows of their names are written already. */
function refuseEvents(theirs: Sqlite.Database): void {
  theirs.exec("create trigger refusing before insert on events begin select raise(abort, 'no room for events'); end");
}

spec.test(
  'given appends to new streams that fail when their names are stored, then later ones go to streams of their own',
  async () => {
    const path = join(temporaryFolder(), 'overseer.db');
    const log = openSqliteLog({ path });
    await rightOf(log.install());
    await rightOf(log.append([anAppend('before')]));
    const theirs = new Sqlite(path);
    refuseEvents(theirs);
    const lost = { ...anAppend('lost'), jobId: 'a job' };
    assert.match((await leftOf(log.append([lost]))).message, 'no room for events');
    theirs.exec('drop trigger refusing');
    // Another process is the next to store names: it is given the numbers that the failed transaction had.
    const other = openSqliteLog({ path });
    const others = anAppend('of the other');
    await rightOf(other.append([others]));
    const own = anAppend('lost');
    assert.equal(await rightOf(log.append([lost, own])), [
      { appended: true, revision: 0 },
      { appended: true, revision: 0 },
    ]);
    const found = await rightOf(other.readAll({ limit: 9 }));
    assert.equal(
      found.map(({ graphId, jobId, id }) => [graphId, jobId, id]),
      [
        ['before', null, found[0]!.id],
        ['of the other', null, others.events[0]!.id],
        ['lost', 'a job', lost.events[0]!.id],
        ['lost', null, own.events[0]!.id],
      ],
    );
    assert.equal(await rightOf(log.check()), []);
    theirs.close();
    await other.close();
    await log.close();
  },
);

spec.test('given a new type and a new actor in it, then a later event is of its own type and actor', async () => {
  const path = join(temporaryFolder(), 'overseer.db');
  const log = openSqliteLog({ path });
  await rightOf(log.install());
  await rightOf(log.append([anAppend('before')]));
  const theirs = new Sqlite(path);
  refuseEvents(theirs);
  const { events, ...stream } = anAppend('g');
  const append = { ...stream, events: events.map((event) => ({ ...event, actor: 'a new actor' })) };
  await leftOf(log.append([append]));
  theirs.exec('drop trigger refusing');
  const other = openSqliteLog({ path });
  await rightOf(other.append([{ ...stream, graphId: 'h', events: events.map((e) => ({ ...e, actor: 'the other' })) }]));
  await rightOf(log.append([append]));
  assert.equal(
    (await rightOf(other.readAll({ limit: 9 }))).map(({ graphId, actor }) => [graphId, actor]),
    [
      ['before', 't'],
      ['h', 'the other'],
      ['g', 'a new actor'],
    ],
  );
  theirs.close();
  await other.close();
  await log.close();
});

spec.run();
