import { bounds } from './quick-check.js';

const select =
  'select e.position, s.graph, s.job, e.revision, e.type, e.version, hex(e.id) || hex(e.causation), e.actor, e.at, e.data';
/** (The sign keeps the planner from searching by it.) */
const isPossible = `+e.position <= ${bounds.position.last}`;

/** Events with their stream and graph; conditions follow. */
export const selectEvents = `
  ${select}
  from events e
  cross join streams s on s.id = e.stream
  cross join graphs g on g.id = s.graph
  where ${isPossible}`;

/** The events of some graphs of a namespace, given as a JSON array of their ids, after a position and up to another: in no order. */
export const selectEventsOfGraphs = `
  ${select}
  from json_each(?) i
  cross join graphs g on g.name = i.value
  cross join streams s on s.graph = g.id
  cross join events e on e.stream = s.id
  where g.namespace = ? and +e.position > ? and +e.position <= ? and ${isPossible}`;

/** A bare parameter there would have SQLite (since 3.46) plan the whole statement anew whenever it runs. */
export const limitTo = 'limit cast(? as integer)';

/** The last position, of whatever namespace; null in an empty file. */
export const selectLast = `select max(position) from events where position <= ${bounds.position.last}`;
