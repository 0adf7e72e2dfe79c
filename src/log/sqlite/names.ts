import type { Database, Statement } from 'better-sqlite3';
import { BoundedMap } from '../../prelude/bounded-map.js';

const namesKeptMax = 50_000;

/** Names by their numbers, kept in memory: many events share a few names, and a number never changes its name. */
export class Names {
  private readonly known = new BoundedMap<number, string>(namesKeptMax);
  private readonly select: Statement;

  constructor(db: Database, table: 'names' | 'graphs') {
    this.select = db.prepare(`select name from ${table} where id = ?`).pluck();
  }

  /** @param number or the name itself, as archives have it */
  get(number: number | string): string {
    if (typeof number === 'string') return number;
    const known = this.known.get(number);
    if (known !== undefined) return known;
    // A damaged file may have lost a name, or hold something else. The event is shown even so, and `check` says what is wrong.
    const found = this.select.get(number);
    const name = typeof found === 'string' ? found : `(name ${number} is missing)`;
    this.known.set(number, name);
    return name;
  }
}
