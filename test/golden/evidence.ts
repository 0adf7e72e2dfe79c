/**
 * The evidence of a log: hashes of the events read from it, of its tree, and of its exports. Recorded with the golden log
 * of a release, and compared with what later releases read from that log.
 */
import { createHash } from 'node:crypto';
import { auditHead, type ExportOptions, type RecordedEvent, type Store } from '../../src/index.js';
import { rightOf } from '../support/right.js';
import { exportText } from '../support/stores.js';
import { goldenForks } from './graphs.js';

/** @param graphId the graph that is also exported by itself */
export async function evidenceOf(db: Store, graphId: string): Promise<Readonly<Record<string, unknown>>> {
  const exports: Readonly<Record<string, ExportOptions>> = {
    all: {},
    graph: { graphId },
    redacted: { redact: ['result', 'failure.message', 'jobs[].args.text', 'details'] },
  };
  const events = (await rightOf(db.log.readAll({ limit: 100_000 }))).map(withoutExplanation);
  const hashes: Record<string, string> = {};
  for (const [name, options] of Object.entries(exports)) hashes[name] = sha256(await exportText(db, options));
  const { size, rootHash } = await auditHead(db);
  return { size, rootHash, events: sha256(JSON.stringify(events, keysSorted)), exports: hashes };
}

/** The ids of the events that submitted a graph. */
export async function submissionIds(db: Store, graphId: string): Promise<readonly string[]> {
  const events = await rightOf(db.log.readStream({ graphId, jobId: null }));
  return events.filter(({ type }) => type === 'GraphSubmitted').map(({ id }) => id);
}

export async function idsOfForks(db: Store): Promise<Readonly<Record<string, readonly string[]>>> {
  const ids: Record<string, readonly string[]> = {};
  for (const { id } of goldenForks) ids[id] = await submissionIds(db, id);
  return ids;
}

/** Why an event cannot be read is said in words, and these may change. */
function withoutExplanation(event: RecordedEvent): object {
  return event.type === 'Unreadable' ? { ...event, data: { ...event.data, explanation: '' } } : event;
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** For JSON.stringify: the order in which a value got its keys does not count. */
function keysSorted(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
