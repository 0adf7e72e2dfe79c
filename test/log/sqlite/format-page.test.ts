/** The page on the SQLite format says what a file holds, and its queries give what it shows. */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite, { type Database } from 'better-sqlite3';
import { openSqliteLog } from '../../../src/log/sqlite/sqlite-log.js';
import { readPage, root } from '../../docs/pages.js';
import { rightOf } from '../../support/right.js';
import { assert, describe } from '../../support/spec.js';
import { temporaryFolder } from '../../support/stores.js';

const page = readPage('docs/reference/sqlite-format.md');
const spec = describe('the page on the SQLite format');

/** Opens a file that this release has installed, or migrated to its format. */
async function installed(golden?: string): Promise<Database> {
  const path = join(temporaryFolder(), 'overseer.db');
  if (golden !== undefined) copyFileSync(join(root, 'test/golden', golden), path);
  const log = openSqliteLog({ path });
  await rightOf(log.install());
  await log.close();
  return new Sqlite(path, { readonly: true });
}

const inOneLine = (sql: string) => sql.replaceAll(/\s+/g, ' ').replaceAll('; ', ';').trim();

function objectsOf(db: Database, type: 'table' | 'trigger') {
  const select = "select name, sql from sqlite_schema where type = ? and name not like 'sqlite%' order by name";
  return db.prepare(select).all(type) as { name: string; sql: string }[];
}

spec.test('its tables are those of a fresh file', async () => {
  const db = await installed();
  const shown = [...page.matchAll(/^create table \w+ \([\s\S]*?;$/gm)].map(([sql]) => inOneLine(sql));
  const there = objectsOf(db, 'table').map(({ sql }) => `${inOneLine(sql.replace('CREATE TABLE', 'create table'))};`);
  assert.equal(shown.sort(), there.sort());
  db.close();
});

spec.test('its triggers are those of a fresh file', async () => {
  const db = await installed();
  const shown = [...page.matchAll(/`(\w+_(?:are|have)_\w+)`/g)].map(([, name]) => name!);
  assert.equal(
    shown.sort(),
    objectsOf(db, 'trigger').map(({ name }) => name),
  );
  db.close();
});

spec.test('its numbers are those of a fresh file', async () => {
  const db = await installed();
  assert.match(page, `(${String(db.pragma('application_id', { simple: true }))})`);
  assert.match(page, `describes format ${String(db.pragma('user_version', { simple: true }))}.`);
  db.close();
});

spec.test('its columns are those of the events', async () => {
  const db = await installed();
  const [, table] = /\| column of `events`[^\n]*\n\|[^\n]*\n([\s\S]*?)\n\n/.exec(page)!;
  assert.equal(
    [...table!.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name),
    db.prepare("select name from pragma_table_info('events')").pluck().all(),
  );
  db.close();
});

spec.test('its queries give what it shows, on the golden log of the first release', async () => {
  const db = await installed('0.1.0.db');
  const queries = [...page.matchAll(/^```sql\n(select[\s\S]*?)```\n\n```text\n([\s\S]*?)```$/gm)];
  assert.is(queries.length, 4);
  for (const [, sql, shown] of queries) {
    const rows = db.prepare(sql!).raw().all() as unknown[][];
    assert.is(rows.map((row) => `${row.join('|')}\n`).join(''), shown, sql);
  }
  db.close();
});

spec.run();
