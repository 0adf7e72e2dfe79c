import type { Database, Statement } from 'better-sqlite3';
import { eventDefinitions, type EventType, eventTypes, type Position } from '../../domain/events.js';
import { readableNestingMax } from '../../domain/read-event.js';
import type { OpenGraphs } from '../event-log.js';
import { bounds } from './quick-check.js';

/** How many graphs are looked at in one go: a few milliseconds, unless they are large. */
const graphsAtOnce = 500;

/**
 * Finds the graphs that may still be open, by what SQLite can tell of events without anybody decoding them. It goes by pieces, so
 * that the event loop gets its turn between them. Since a log only grows, it does not matter that later pieces see more of
 * it: a graph that is over by then is over whatever comes between, unless somebody reopens it, and then it is read again.
 *
 * A graph is left out if all this holds, and otherwise named:
 *
 * - Every event of it has a type and a version that this release knows, and is not nested too deeply to be read.
 * - Its own stream has every part of its submission. Behind these it has nothing more; or its last event is an abort.
 * - Unless it is aborted, it has as many streams of jobs, and as many JobFinished, as its submission names jobs. These are the
 *   last events of their streams, and of the last attempts there. (Over all streams of the graph together: that one job has two and
 *   another none, no worker writes.)
 *
 * So a graph is named in which a job has failed or was carried over, or that was paused, reset or retried as a whole, though it
 * may be over. Whoever reads its events finds out.
 */
export class OpenGraphsSearch {
  private readonly found: string[] = [];
  private readonly select: Statement;
  private readonly position: number | null;
  private readonly lastGraph: number;
  private lookedAt = 0;
  private graphs = 0;

  constructor(
    db: Database,
    private readonly namespace: string,
  ) {
    this.position = db
      .prepare(`select max(position) from events where position <= ${bounds.position.last}`)
      .pluck()
      .get() as number | null;
    this.lastGraph = (db.prepare('select max(id) from graphs').pluck().get() as number | null) ?? 0;
    const ids = new Map(db.prepare('select name, id from names').raw().all() as [string, number][]);
    this.select = db.prepare(selectGraphs((type) => ids.get(type) ?? -1)).raw();
  }

  /** Looks at the next graphs. Returns whether there are more. */
  lookOn(): boolean {
    const upTo = this.lookedAt + graphsAtOnce;
    const rows = this.select.all(this.lookedAt, upTo, this.namespace) as [name: string, isOpen: 0 | 1][];
    for (const [name, isOpen] of rows) if (isOpen === 1) this.found.push(name);
    this.graphs += rows.length;
    this.lookedAt = upTo;
    return upTo < this.lastGraph;
  }

  /** Null if the log is empty; or if so many were found that reading one after another costs more than reading the whole log. */
  get result(): OpenGraphs | null {
    if (this.position === null || this.found.length > this.graphs / 2) return null;
    return { position: String(this.position) as Position, graphIds: this.found };
  }
}

/** @param id the number of a type's name; -1 if the file has none */
function selectGraphs(id: (type: EventType) => number): string {
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
  const inSubmission = (value: string) => `case when ${is('GraphSubmitted')} and json_valid(e.data) then ${value} end`;

  const graphs = `
    select s.graph as graph,
      sum(${isOdd}) as odd,
      sum(s.job = '') as own,
      sum(${is('GraphSubmitted')}) as submissions,
      max(${inSubmission(`json_extract(e.data, '$.parts')`)}) as parts,
      sum(${inSubmission(`json_array_length(e.data, '$.jobs')`)}) as named,
      max(case when ${is('GraphAborted')} then e.revision end) = sum(s.job = '') - 1 as isAborted,
      count(*) - sum(s.job = '') as ofJobs,
      sum(s.job <> '' and e.revision = 0) as jobs,
      sum(${is('JobFinished')}) as ends,
      sum(case when ${is('JobFinished')} then e.revision + 1 end) as untilEnds,
      sum(case when ${is('JobFinished')} then ${attempt} end) as attempts,
      sum(${is('JobStarted')}) as starts
    from streams s
    cross join events e on e.stream = s.id
    where s.graph > ? and s.graph <= ?
    group by s.graph`;
  const areFinished = 'jobs = named and ends = named and untilEnds = ofJobs and attempts = starts';
  const isOver = `odd = 0 and submissions = parts and (isAborted or (submissions = own and ${areFinished}))`;
  // Without an event in its own stream, it was never submitted.
  return `
    select g.name, (own > 0 or odd > 0) and not coalesce(${isOver}, 0)
    from (${graphs}) t
    cross join graphs g on g.id = t.graph
    where g.namespace = ? and g.name <> ''`;
}

/** Asked about first. */
const commonest: readonly EventType[] = ['JobStarted', 'JobFinished', 'GraphSubmitted'];
