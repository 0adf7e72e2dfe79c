/** How a share of the log is found without reading the rest: what a worker asks that does not follow all graphs. */
import { eventDefinitions } from '../../domain/events.js';
import { partitionCount } from '../../domain/share.js';
import { selectEvents } from './select-events.js';

const finishedVersion = eventDefinitions.JobFinished.version;
const readable = Object.entries(eventDefinitions).map(([name, { version }]) => `('${name}', ${version})`);

/** The last character of a graph's id as a number, and that as `partitionOf` puts it: a bit for the partition. */
const lastCode = 'unicode(substr(g.name, -1))';
const partitionBit = `(1 << ((${lastCode} + 9 * (${lastCode} >> 6)) & ${partitionCount - 1}))`;

/** The same rule as `isForShare`; the values are the bits of the partitions, and the ids of the graphs as a JSON array. */
export const isForShare = `(
  ${partitionBit} & ?
  or g.name = ''
  or g.name in (select value from json_each(?))
  or (
    e.type = (select id from names where name = 'GraphSubmitted')
    and case when json_valid(e.data) then e.data ->> 'priority' end <> 0
  )
)`;

/**
 * The graphs that have events after a position: id, whether it is not certain that all of it has finished, and whether it has a
 * priority; only the first, if the last value is 0. It is certain if each job's stream ends in a JobFinished that can be read, as
 * many streams of jobs are there as the submission has jobs, and nothing in the graph's own stream is newer than this release.
 */
export const selectGraphsAfter = `
  with touched as materialized (
    select t.graph
    from (
      select distinct s.graph from events e cross join streams s on s.id = e.stream where e.position > ?
    ) t
    cross join graphs g on g.id = t.graph
    where g.namespace = ? and g.name <> '' and ${partitionBit} & ?
  ), readable as materialized (
    select n.id as type, r.column2 as version from (values ${readable.join(', ')}) r join names n on n.name = r.column1
  ), submitted as materialized (
    select s.graph,
      sum(case when n.name = 'GraphSubmitted' and json_valid(e.data) then json_array_length(e.data, '$.jobs') end) as jobs,
      max(case when n.name = 'GraphSubmitted' and json_valid(e.data) then e.data ->> 'priority' <> 0 end) as hasPriority,
      max(e.version > coalesce((select version from readable r where r.type = e.type), 0)) as isNewer
    from touched t
    cross join streams s on s.graph = t.graph and s.job = ''
    cross join events e on e.stream = s.id
    cross join names n on n.id = e.type
    group by s.graph
  ), judged as (
    select t.graph,
      d.jobs is null or d.isNewer
        or d.jobs > (select count(*) from streams s where s.graph = t.graph and s.job <> '')
        or exists (
          select 1 from streams s
          where s.graph = t.graph and s.job <> '' and not coalesce((
            select e.type = (select id from names where name = 'JobFinished') and e.version <= ${finishedVersion}
            from events e where e.stream = s.id order by e.revision desc limit 1
          ), 0)
        ) as mayBeOpen,
      coalesce(d.hasPriority, 0) as hasPriority
    from touched t
    left join submitted d on d.graph = t.graph
  )
  select g.name, j.mayBeOpen, j.hasPriority
  from judged j
  cross join graphs g on g.id = j.graph
  where j.mayBeOpen or ?`;

/** The last claim of each worker after a position; the actor of a claim is the worker. */
export const selectLastClaims = `${selectEvents} and e.position in (
  select max(e.position)
  from events e
  cross join streams s on s.id = e.stream
  cross join graphs g on g.id = s.graph
  where e.position > ? and e.type = (select id from names where name = 'JobStarted') and g.namespace = ?
  group by e.actor
)`;

/** Partitions as bits of a number. */
export function bitsOf(partitions: ReadonlySet<number>): number {
  let bits = 0;
  for (const partition of partitions) bits |= 1 << partition;
  return bits;
}
