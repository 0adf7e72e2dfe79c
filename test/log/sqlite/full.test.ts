/** A disk that is full is a trouble that passes: whoever meets it may try again, and the worker does. */
import Sqlite from 'better-sqlite3';
import { asLogError } from '../../../src/log/sqlite/errors.js';
import { assert, describe } from '../../support/spec.js';
import { temporaryFolder } from '../../support/stores.js';
import { join } from 'node:path';

const spec = describe('a full disk under an SQLite file');

/** What SQLite itself throws where there is no room for another page. */
function fullError(path: string): unknown {
  const db = new Sqlite(path);
  db.exec('create table rows (text)');
  db.pragma('max_page_count = 3');
  try {
    for (;;) db.prepare('insert into rows values (?)').run('x'.repeat(4000));
  } catch (error) {
    return error;
  } finally {
    db.close();
  }
}

spec.test(
  'given SQLite’s own error, then it is store-full, may be tried again, and says that nothing was written',
  () => {
    const path = join(temporaryFolder(), 'small.db');
    const error = asLogError(fullError(path), path);
    assert.equal([error.code, error.isTransient, error.outcomeUnknown], ['store-full', true, false]);
    assert.match(error.message, 'make room and try again');
  },
);

spec.run();
