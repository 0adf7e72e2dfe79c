/** How a share of the log is found without reading the rest: what a worker asks that does not follow all graphs. */
import { eventDefinitions } from '../../domain/events.js';
import { partitionCount } from '../../domain/share.js';

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
 * Graphs in a range that are not certain to have ended: a job's stream ends in something else than a JobFinished that can be
 * read, or there are fewer streams of jobs than the submission has jobs, or something in the graph's own stream is newer.
 */
export const selectOpenGraphs = `
  with touched as materialized (
    select distinct s.graph
    from events e
    cross join streams s on s.id = e.stream
    cross join graphs g on g.id = s.graph
    where e.position > ? and e.position <= ? and g.namespace = ? and g.name <> '' and ${partitionBit} & ?
  ), readable as materialized (
    select n.id as type, r.column2 as version from (values ${readable.join(', ')}) r join names n on n.name = r.column1
  ), known as materialized (
    select s.graph,
      sum(case when n.name = 'GraphSubmitted' and json_valid(e.data) then json_array_length(e.data, '$.jobs') end) as jobs,
      max(case when n.name = 'GraphSubmitted' and json_valid(e.data) then e.data ->> 'priority' <> 0 end) as hasPriority,
      max(e.version > coalesce((select version from readable r where r.type = e.type), 0)) as isNewer
    from touched t
    cross join streams s on s.graph = t.graph and s.job = ''
    cross join events e on e.stream = s.id
    cross join names n on n.id = e.type
    group by s.graph
  )
  select g.name, coalesce(k.hasPriority, 0)
  from touched t
  cross join graphs g on g.id = t.graph
  left join known k on k.graph = t.graph
  where k.jobs is null or k.isNewer
    or k.jobs > (select count(*) from streams s where s.graph = t.graph and s.job <> '')
    or exists (
      select 1 from streams s
      where s.graph = t.graph and s.job <> '' and not coalesce((
        select e.type = (select id from names where name = 'JobFinished') and e.version <= ${finishedVersion}
        from events e where e.stream = s.id order by e.revision desc limit 1
      ), 0)
    )`;

/** The actor of a claim is the worker. */
export const selectClaimants = `
  select distinct e.actor
  from events e
  cross join streams s on s.id = e.stream
  cross join graphs g on g.id = s.graph
  where e.position > ? and e.type = (select id from names where name = 'JobStarted') and g.namespace = ?`;

/** Partitions as bits of a number. */
export function bitsOf(partitions: ReadonlySet<number>): number {
  let bits = 0;
  for (const partition of partitions) bits |= 1 << partition;
  return bits;
}
