/** How a share of the log is found without reading the rest: what a worker asks that does not follow all graphs. */
import { partitionCount } from '../../domain/share.js';
import { selectEvents } from './select-events.js';

/** The last character of a graph's id as a number, and that as `partitionOf` puts it: a bit for the partition. */
const lastCode = 'unicode(substr(g.name, -1))';
export const partitionBit = `(1 << ((${lastCode} + 9 * (${lastCode} >> 6)) & ${partitionCount - 1}))`;

/**
 * The same rule as that of domain/priorities.ts, of a submission or of jobs that are spawned. Only where the word stands a second
 * time, or in what is spawned at all, the jobs are gone through.
 */
export const givesPriority = `case when json_valid(e.data) then
  coalesce(e.data ->> 'priority', 0) <> 0
  or (
    instr(substr(e.data, 1 + instr(e.data, '"priority":') * (e.data ->> 'parts' is not null)), '"priority":') > 0
    and exists (select 1 from json_each(e.data, '$.jobs') j where json_type(j.value, '$.priority') is not null)
  )
end`;

/** The same rule as `isForShare`; the values are the bits of the partitions, and the ids of the graphs as a JSON array. */
export const isForShare = `(
  ${partitionBit} & ?
  or g.name = ''
  or g.name in (select value from json_each(?))
  or (
    e.type in (select id from names where name in ('GraphSubmitted', 'JobsSpawned'))
    and ${givesPriority}
  )
)`;

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
