/**
 * An event as a line of an archive: one JSON object with all that the row in the database held. Its `data` stands last, as
 * the very text that was stored, so that it can be cut out again without being parsed.
 */
import type { NamedRow } from '../event-row.js';
import { Timestamps, uuidAt } from '../row-values.js';

const beforeData = ',"data":';
const times = new Timestamps();

/** The line of an event, without the line break. */
export function lineOf(namespace: string, row: NamedRow): string {
  const [position, graphId, job, revision, type, schemaVersion, ids, actor, at, data] = row;
  const head = JSON.stringify({
    position,
    namespace,
    graphId,
    jobId: job === '' ? null : job,
    revision,
    id: uuidAt(ids, 0),
    type,
    schemaVersion,
    recordedAt: times.text(at),
    causationId: ids.length < 64 ? null : uuidAt(ids, 32),
    actor,
  }).slice(0, -1);
  return isJsonInOneLine(data) ? `${head}${beforeData}${data}}` : `${head},"text":${JSON.stringify(data)}}`;
}

/** What a line holds before the data. */
interface Head {
  readonly position: number;
  readonly graphId: string;
  readonly jobId: string | null;
  readonly revision: number;
  readonly id: string;
  readonly type: string;
  readonly schemaVersion: number;
  readonly recordedAt: string;
  readonly causationId: string | null;
  readonly actor: string;
  /** The data, where it is no JSON, or has line breaks. */
  readonly text?: string;
}

/** The row of a line. Throws if it is none; whether it is the line that was written, a hash must tell. */
export function rowOf(line: string): NamedRow {
  // Within a text, the quote would have a backslash before it. So the first of these is where the data begins.
  const end = line.indexOf(beforeData);
  const head = JSON.parse(end < 0 ? line : `${line.slice(0, end)}}`) as Head;
  const { position, graphId, jobId, revision, id, type, schemaVersion, recordedAt, causationId, actor, text } = head;
  const data = end < 0 ? text! : line.slice(end + beforeData.length, -1);
  const ids = digitsOf(id) + (causationId === null ? '' : digitsOf(causationId));
  return [position, graphId, jobId ?? '', revision, type, schemaVersion, ids, actor, Date.parse(recordedAt), data];
}

/** The hexadecimal digits of a UUID. */
function digitsOf(id: string): string {
  return id.slice(0, 8) + id.slice(9, 13) + id.slice(14, 18) + id.slice(19, 23) + id.slice(24);
}

function isJsonInOneLine(data: string): boolean {
  if (data.includes('\n') || data.includes('\r')) return false;
  try {
    JSON.parse(data);
    return true;
  } catch {
    return false;
  }
}
