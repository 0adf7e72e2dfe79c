import type { Database, Statement } from 'better-sqlite3';
import { readableArchives } from './archive/archive-check.js';
import { bounds } from './quick-check.js';
import { selectEvents } from './select-events.js';

/** After this many failures, the rest of the file is not read. */
const failuresMax = 2000;
const rangesNamedMax = 5;

/** Which events of a damaged file can still be read, in words. */
export function readableEvents(db: Database): string {
  const survey = new Survey(db);
  const last = survey.lastPosition();
  if (last !== null) survey.look(bounds.position.first, last);
  const archives = survey.tried(() => readableArchives(db));
  return archives === null ? survey.words : `${survey.words}; ${archives}`;
}

type Range = [from: number, to: number];

/** Reads ranges of events; a range that cannot be read is halved, down to the single events that cannot be read. */
class Survey {
  private readonly select: Statement | null;
  private readonly ranges: Range[] = [];
  private readonly graphs = new Set<number>();
  private failures = 0;

  constructor(private readonly db: Database) {
    this.select = this.tried(() =>
      db.prepare(`${selectEvents} and e.position between ? and ? order by e.position`).raw(),
    );
  }

  /** The position of the last event, from whatever still tells it. */
  lastPosition(): number | null {
    const ask = (sql: string) => this.tried(() => this.db.prepare(sql).pluck().get() as number | null);
    const last =
      ask('select max(position) from events') ?? ask("select seq from sqlite_sequence where name = 'events'");
    return last === null ? null : Math.min(last, bounds.position.last);
  }

  look(from: number, to: number): void {
    if (this.select === null || this.failures > failuresMax) return;
    const ranges: Range[] = [];
    const graphs = new Set<number>();
    try {
      for (const [position, graph] of this.select.iterate(from, to) as Iterable<[number, number]>) {
        graphs.add(graph);
        add(ranges, [position, position]);
      }
    } catch {
      this.failures += 1;
      if (from === to) return;
      const middle = Math.floor((from + to) / 2);
      this.look(from, middle);
      this.look(middle + 1, to);
      return;
    }
    for (const range of ranges) add(this.ranges, range);
    for (const graph of graphs) this.graphs.add(graph);
  }

  get words(): string {
    const events = this.ranges.reduce((sum, [from, to]) => sum + to - from + 1, 0);
    if (events === 0) return 'no event';
    const named = this.ranges
      .slice(0, rangesNamedMax)
      .map(([from, to]) => (from === to ? `@${from}` : `@${from} to @${to}`));
    const more = this.ranges.length > named.length ? ', …' : '';
    const isWhole = this.failures <= failuresMax ? '' : ', and perhaps more';
    return `${events} events of ${this.graphs.size} graphs (${named.join(', ')}${more})${isWhole}`;
  }

  tried<A>(work: () => A): A | null {
    try {
      return work();
    } catch {
      return null;
    }
  }
}

/** Adds a range that comes after the others; joined to the last one if nothing is between them. */
function add(ranges: Range[], [from, to]: Range): void {
  const last = ranges.at(-1);
  if (last !== undefined && last[1] === from - 1) last[1] = to;
  else ranges.push([from, to]);
}
