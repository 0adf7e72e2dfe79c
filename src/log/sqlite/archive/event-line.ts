/**
 * An event as a line of an archive: one JSON object with all that the row in the database held. Its `data` stands last, as
 * the very text that was stored, so that it can be cut out again without being parsed.
 */
import type { NamedRow } from '../event-row.js';
import { timeText } from '../row-values.js';

const beforeData = ',"data":';
const beforeDataBytes = Buffer.from(beforeData);

/** The line of an event, without the line break. */
export function lineOf(namespace: string, row: NamedRow): string {
  const [position, graphId, job, revision, type, schemaVersion, id, actor, at, data, causationId] = row;
  const jobId = job === '' ? null : job;
  const recordedAt = timeText(at);
  const place = { position, namespace, graphId, jobId, revision };
  const head = JSON.stringify({ ...place, id, type, schemaVersion, recordedAt, causationId, actor }).slice(0, -1);
  return isJsonInOneLine(data) ? `${head}${beforeData}${data}}` : `${head},"text":${JSON.stringify(data)}}`;
}

/** What the lines of a stream's events have in common, in one place each; or of a graph's events, if no job is named. */
export function markOf(graphId: string, job?: string): string {
  const ofGraph = `,"graphId":${JSON.stringify(graphId)},"jobId":`;
  return job === undefined ? ofGraph : `${ofGraph}${job === '' ? 'null' : JSON.stringify(job)},"revision":`;
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

/**
 * The row of a line, which is a part of some bytes. Throws if it is none; whether it is the line that was written, a hash
 * must tell. (Its texts are made from the bytes: parts of a longer text would keep all of that in memory.)
 */
export function rowOf(bytes: Buffer, start: number, end: number): NamedRow {
  // Within a text, the quote would have a backslash before it. So the first of these is where the data begins.
  const found = bytes.indexOf(beforeDataBytes, start);
  const hasData = found >= 0 && found < end;
  const head = JSON.parse(
    hasData ? `${bytes.toString('utf8', start, found)}}` : bytes.toString('utf8', start, end),
  ) as Head;
  const { position, graphId, jobId, revision, id, type, schemaVersion, recordedAt, causationId, actor, text } = head;
  const data = hasData ? bytes.toString('utf8', found + beforeData.length, end - 1) : text!;
  const at = Date.parse(recordedAt);
  return [position, graphId, jobId ?? '', revision, type, schemaVersion, id, actor, at, data, causationId];
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
