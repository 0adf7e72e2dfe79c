import type { Database } from 'better-sqlite3';

/** The values that a row of events may hold. Times are milliseconds, within the years that have four digits. */
export const bounds = {
  position: { first: 1, last: Number.MAX_SAFE_INTEGER },
  at: { first: Date.parse('0000-01-01T00:00:00.000Z'), last: Date.parse('9999-12-31T23:59:59.999Z') },
};

const isWithin = (column: 'position' | 'at') => `${column} between ${bounds[column].first} and ${bounds[column].last}`;

/** The same as a condition in SQL. */
export const isPossible = { position: isWithin('position'), at: isWithin('at') };

const selectEnd = `
  select position,
    ${isPossible.position} as isPosition, ${isPossible.at} as isTime,
    exists (select 1 from streams s join graphs g on g.id = s.graph where s.id = e.stream) as hasStream,
    exists (select 1 from names n where n.id = e.type) as hasType,
    exists (select 1 from names n where n.id = e.actor) as hasActor
  from events e order by position desc limit 1`;

interface End {
  readonly position: number;
  readonly isPosition: 0 | 1;
  readonly isTime: 0 | 1;
  readonly hasStream: 0 | 1;
  readonly hasType: 0 | 1;
  readonly hasActor: 0 | 1;
}

/** What is wrong with the last event, after which the next one goes. Takes no time, however long the log is. */
export function damageAtEnd(db: Database): readonly string[] {
  const end = db.prepare(selectEnd).get() as End | undefined;
  if (end === undefined) return countedBeyond(db, 0);
  const { position, isPosition, isTime, hasStream, hasType, hasActor } = end;
  const problems = countedBeyond(db, position);
  const at = `event @${position}`;
  if (!isPosition) problems.push(`${at} has a position at which no event can be read`);
  if (!isTime) problems.push(`${at} has an impossible time`);
  if (!hasStream) problems.push(`${at} belongs to no stream`);
  if (!hasType) problems.push(`the type of ${at} has no name`);
  if (!hasActor) problems.push(`the actor of ${at} has no name`);
  return problems;
}

/** Positions are assigned one by one, and a rolled-back transaction uses none up. So the count ends at the last event. */
function countedBeyond(db: Database, last: number): string[] {
  const counted = db.prepare("select seq from sqlite_sequence where name = 'events'").pluck().get() as
    number | undefined;
  if (counted === undefined || counted <= last) return [];
  return [`positions were assigned up to @${counted}, but the last event is @${last}: events at the end were removed`];
}

/** Looks at the file as it is at one moment, while others may append. A damaged file may not allow that. */
export function atOneMoment<A>(db: Database, look: () => A): A {
  tried(() => db.exec('begin'));
  try {
    return look();
  } finally {
    if (db.inTransaction) tried(() => db.exec('rollback'));
  }
}

function tried(work: () => unknown): void {
  try {
    work();
  } catch {
    // Whatever is wrong, the look itself will find it.
  }
}
