import { bounds } from './quick-check.js';

/** Events with their stream and graph; conditions follow. (The sign keeps the planner from searching by it.) */
export const selectEvents = `
  select e.position, s.graph, s.job, e.revision, e.type, e.version, hex(e.id) || hex(e.causation), e.actor, e.at, e.data
  from events e
  cross join streams s on s.id = e.stream
  cross join graphs g on g.id = s.graph
  where +e.position <= ${bounds.position.last}`;

/** The last position, of whatever namespace; null in an empty file. */
export const selectLast = `select max(position) from events where position <= ${bounds.position.last}`;
