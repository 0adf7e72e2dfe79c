import type { Database, Statement } from 'better-sqlite3';
import { definingJobs, eventDefinitions, type EventType, eventTypes, type Position } from '../../domain/events.js';
import { readableNestingMax } from '../../domain/read-event.js';
import { partitionOf } from '../../domain/share.js';
import type { GraphAfter, GraphsAfter, ReadGraphsAfter } from '../event-log.js';
import { selectLast } from './select-events.js';
import { bitsOf, givesPriority, partitionBit } from './share-queries.js';

/** How many graphs are looked at in one go: a few milliseconds, unless they are large. */
const graphsAtOnce = 500;

/**
 * Finds the graphs with events after a position, and which of them may still be open, by what SQLite can tell of events without
 * anybody decoding them. It goes by pieces, so that the event loop gets its turn between them. Since a log only grows, it does
 * not matter that later pieces see more of it: a graph that is over by then is over whatever comes between, unless somebody
 * reopens it, and then it is read again.
 *
 * A graph is over if all this holds:
 *
 * - Every event of it has a type and a version that this release knows, and is not nested too deeply to be read.
 * - Its own stream has every part of its submission. Behind these it has nothing more; or its last event is an abort. (One by a
 *   deadline may have come too early, and then has no effect.)
 * - Unless it is aborted, it has as many streams of jobs, and as many JobFinished, as its submission names jobs and its attempts
 *   have spawned. These are the last events of their streams, and of the last attempts there. (Over all streams of the graph
 *   together: that one job has two and another none, no worker writes.)
 *
 * A graph of which a part is archived may be open, since that part cannot be seen: it was over, and something came after. One that is
 * archived as a whole is over, or it would not have been.
 *
 * So a graph may seem open in which a job has failed or was carried over, whose deadline has passed, an attempt that spawned jobs was lost, or that was
 * paused, reset or retried as a whole, though it is over. Whoever reads its events finds out.
 */
export class GraphsSearch {
  private readonly found: GraphAfter[] = [];
  private readonly judge: Statement;
  private readonly upTo: number | null;
  private readonly touched: readonly number[];
  private lookedAt = 0;

  constructor(
    db: Database,
    namespace: string,
    private readonly request: ReadGraphsAfter,
  ) {
    this.upTo = db.prepare(selectLast).pluck().get() as number | null;
    this.touched = touchedGraphs(db, namespace, request);
    const ids = new Map(db.prepare('select name, id from names').raw().all() as [string, number][]);
    this.judge = db.prepare(selectJudged((type) => ids.get(type) ?? -1)).raw();
  }

  /** Looks at the next graphs. Returns whether there are more. */
  lookOn(): boolean {
    const { since } = this.request;
    const numbers = this.touched.slice(this.lookedAt, this.lookedAt + graphsAtOnce);
    this.lookedAt += graphsAtOnce;
    const rows = this.judge.all(JSON.stringify(numbers)) as readonly Judged[];
    for (const [graphId, mayBeOpen, hasPriority] of rows) {
      if (mayBeOpen === 0 && since.get(partitionOf(graphId)) === null) continue;
      this.found.push({ graphId, mayBeOpen: mayBeOpen === 1, hasPriority: hasPriority === 1 });
    }
    return this.lookedAt < this.touched.length;
  }

  get result(): GraphsAfter {
    return { graphs: this.found, upTo: this.upTo === null ? null : (String(this.upTo) as Position) };
  }
}

type Judged = readonly [graphId: string, mayBeOpen: 0 | 1, hasPriority: 0 | 1];

/** The numbers of the graphs that are asked about. */
function touchedGraphs(db: Database, namespace: string, { since }: ReadGraphsAfter): readonly number[] {
  const isOurs = "g.namespace = ? and g.name <> ''";
  const from = [...new Set(since.values())].map((position) => Number(position ?? 0)).sort((a, b) => b - a);
  const first = from.at(-1);
  if (first === undefined) return [];
  const askedFrom = (position: number) =>
    bitsOf(new Set([...since].filter(([, each]) => Number(each ?? 0) <= position).map(([partition]) => partition)));
  if (first === 0 && from.length === 1) {
    const sql = `select g.id from graphs g where ${isOurs} and ${partitionBit} & ?`;
    return db.prepare(sql).pluck().all(namespace, askedFrom(0)) as number[];
  }
  // The further on in the log, the more partitions are asked about.
  const asked = `case ${from.map((position) => `when e.position > ${position} then ${askedFrom(position)}`).join(' ')} end`;
  const sql = `
    select distinct s.graph
    from events e
    cross join streams s on s.id = e.stream
    cross join graphs g on g.id = s.graph
    where e.position > ? and ${isOurs} and ${partitionBit} & ${asked}`;
  return db.prepare(sql).pluck().all(first, namespace) as number[];
}

/** @param id the number of a type's name; -1 if the file has none */
function selectJudged(id: (type: EventType) => number): string {
  const is = (type: EventType) => `e.type = ${id(type)}`;
  const known = [...commonest, ...eventTypes.filter((type) => !commonest.includes(type))];
  const versions = known.map((type) => `when ${id(type)} then ${eventDefinitions[type].version}`);
  const isUnknown = `e.version not between 1 and case e.type ${versions.join(' ')} else 0 end`;
  // As many levels need as many brackets.
  const brackets = `length(e.data) - length(replace(replace(e.data, '[', ''), '{', ''))`;
  const isLong = `octet_length(e.data) > ${2 * readableNestingMax}`;
  // Not `or`: that would count the brackets of every event.
  const isOdd = `case when ${isUnknown} then 1 when ${isLong} then ${brackets} > ${readableNestingMax} else 0 end`;
  // The text begins as every release writes it; a number is read as far as it goes.
  const attempt = `case when e.data glob '{"attempt":[0-9]*' then cast(substr(e.data, 12, 12) as integer) end`;
  const isDefining = `e.type in (${definingJobs.map(id).join(', ')})`;
  const inSubmission = (value: string) => `case when ${is('GraphSubmitted')} and json_valid(e.data) then ${value} end`;

  const graphs = `
    select g.name as name,
      exists (select 1 from archived_graphs a where a.graph = g.id) as isParted,
      sum(${isOdd}) as odd,
      sum(s.job = '') as own,
      sum(${is('GraphSubmitted')}) as submissions,
      max(${inSubmission(`json_extract(e.data, '$.parts')`)}) as parts,
      sum(case when ${isDefining} and json_valid(e.data) then json_array_length(e.data, '$.jobs') end) as named,
      max(case when ${isDefining} then ${givesPriority} end) as hasPriority,
      max(case when ${is('GraphAborted')} and instr(e.data, '"deadline":') = 0 then e.revision end) = sum(s.job = '') - 1 as isAborted,
      count(*) - sum(s.job = '') as ofJobs,
      sum(s.job <> '' and e.revision = 0) as jobs,
      sum(${is('JobFinished')}) as ends,
      sum(case when ${is('JobFinished')} then e.revision + 1 end) as untilEnds,
      sum(case when ${is('JobFinished')} then ${attempt} end) as attempts,
      sum(${is('JobStarted')}) as starts
    from json_each(?) t
    cross join graphs g on g.id = t.value
    cross join streams s on s.graph = g.id
    cross join events e on e.stream = s.id
    group by g.id`;
  const areFinished = 'jobs = named and ends = named and untilEnds = ofJobs and attempts = starts';
  const isOver = `odd = 0 and submissions = parts and (isAborted or (submissions = own and ${areFinished}))`;
  // Without an event in its own stream, it was never submitted.
  return `
    select name, isParted or ((own > 0 or odd > 0) and not coalesce(${isOver}, 0)), isParted or coalesce(hasPriority, 0)
    from (${graphs})`;
}

/** Asked about first. */
const commonest: readonly EventType[] = ['JobStarted', 'JobFinished', 'GraphSubmitted'];
