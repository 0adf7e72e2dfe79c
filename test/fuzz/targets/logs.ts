/** What a log holds beside events: snapshots. And the messages of EventStoreDB. */
import { auditHead, defineProjection, jobsReady, project, type Store } from '../../../src/index.js';
import { eventLine, readEventLine } from '../../../src/evidence/canonical-event.js';
import type { Connection } from '../../../src/log/eventstoredb/protocol/connection.js';
import { StoredEvents } from '../../../src/log/eventstoredb/event-encoding.js';
import { readMethod, type StoredMessage } from '../../../src/log/eventstoredb/protocol/wire.js';
import { Snapshots } from '../../../src/log/eventstoredb/snapshots.js';
import type { Position } from '../../../src/domain/events.js';
import { E } from '../../../src/prelude/fp.js';
import { type Json, jsonText } from '../../../src/prelude/json.js';
import { rightOf } from '../../support/right.js';
import { eventMessage } from '../../log/eventstoredb/fake-messages.js';
import { ranStore, someEvents } from '../histories.js';
import { bytes, json } from '../inputs.js';
import { accepted, demand, refused, target } from '../target.js';

const counts = defineProjection<Record<string, number>>({
  name: 'counts',
  initial: {},
  evolve: (state, { type }) => ({ ...state, [type]: (state[type] ?? 0) + 1 }),
});

/** What is computed from a log with the help of its snapshots, as text. */
async function computed(db: Store): Promise<string> {
  const { rootHash, size } = await auditHead(db);
  const ready = await jobsReady(db);
  const { state } = await project(db, counts, { until: 'caughtUp' });
  return JSON.stringify({ rootHash, size, ready, state });
}

const names = ['audit-1', 'live-1', 'projection.counts'] as const;

/** A store with snapshots of every kind, and what is right. */
async function withSnapshots() {
  const db = await ranStore();
  const right = await computed(db);
  const last = (await rightOf(db.log.readAll({ direction: 'backwards', limit: 1 })))[0]!.position;
  const kept = [];
  for (const name of names) {
    const snapshot = await rightOf(db.log.loadSnapshot(name));
    if (snapshot !== null) kept.push({ name, bytes: snapshot.bytes });
  }
  demand(kept.length >= 2, 'there are no snapshots');
  return { db, right, last, kept };
}

let opened: ReturnType<typeof withSnapshots> | null = null;
const openedOnce = () => (opened ??= withSnapshots());

const snapshot = target({
  name: 'snapshot',
  kind: bytes,
  seeds: async () => (await openedOnce()).kept.map((each) => each.bytes),
  words: ['"size":', '"tiles":[', '"peaks":', '"open":[]', '{"open":["g"]}', '{"version":1,"state":{}}', 'null'],
  inputs: 500,
  cpuMsMax: 500,
  // What is computed is the same with any snapshot, so nothing is refused.
  isTotal: true,
  async decode(input) {
    // As release 0.1.0 wrote them: without a checksum.
    if (input[0] === '{'.charCodeAt(0)) return accepted();
    const { db, right, last } = await openedOnce();
    for (const name of names) await rightOf(db.log.saveSnapshot(name, { position: last, bytes: input }));
    demand((await computed(db)) === right, 'with a damaged snapshot, something else is computed');
    return accepted();
  },
  close: async () => await (await opened)?.db.close(),
});

/** A message as the server sends it, written as JSON: metadata and data as text. */
interface Written {
  readonly stream: string;
  readonly type: string;
  readonly created: string;
  readonly metadata: string;
  readonly data: string;
}

const stored = new StoredEvents('overseer');

function oneLine(value: unknown): string {
  return typeof value === 'string' ? value : typeof value;
}

function messageOf(written: Partial<Written>, revision = 0): StoredMessage {
  const { stream, type, created, metadata, data } = written;
  const text = (value: unknown) => Buffer.from(typeof value === 'string' ? value : jsonText((value ?? null) as Json));
  return {
    id: '01234567-89ab-4def-8123-456789abcdef',
    stream: oneLine(stream),
    revision,
    commit: 12,
    prepare: 7,
    type: oneLine(type),
    created: oneLine(created),
    metadata: text(metadata),
    data: text(data),
  };
}

const writtenEvents = someEvents.map((event) => ({
  stream: event.jobId === null ? `overseer.graph-${event.graphId}` : `overseer.job-${event.graphId}/${event.jobId}`,
  type: event.type,
  created: '17672256000000000',
  metadata: {
    schemaVersion: event.schemaVersion,
    $correlationId: event.graphId,
    $causationId: event.id,
    actor: event.actor,
    recordedAt: event.recordedAt,
  },
  data: JSON.parse(event.data) as unknown,
}));

const serverEvent = target({
  name: 'eventstoredb-event',
  kind: json,
  seeds: writtenEvents.map((each) => JSON.stringify(each)),
  words: [
    'schemaVersion',
    '$causationId',
    '$correlationId',
    'actor',
    'recordedAt',
    'overseer.job-',
    'overseer.graph-',
    '$streamDeleted',
    'created',
    'metadata',
    'data',
  ],
  inputs: 4000,
  decode(input) {
    let written: Partial<Written> | null;
    try {
      written = JSON.parse(input) as Partial<Written> | null;
    } catch {
      written = { stream: 'overseer.graph-g', type: 'GraphReset', created: '1', metadata: input, data: input };
    }
    const message = messageOf({ ...written });
    const recorded = stored.read(message);
    const kept = stored.readStored(message);
    demand((recorded === null) === (kept === null), 'it is an event for one reader only');
    if (recorded === null || kept === null) return refused();
    // Whatever a server holds can be exported, and the export can be read.
    const again = readEventLine(eventLine(kept), kept.position);
    demand(E.isRight(again), `exported, it cannot be read: ${E.isLeft(again) ? again.left : ''}`);
    return recorded.type === 'Unreadable' ? refused(recorded.data.explanation) : accepted();
  },
});

const serverMessage = target({
  name: 'eventstoredb-message',
  kind: bytes,
  seeds: writtenEvents.slice(0, 6).map(({ stream, type, metadata, data }, revision) => {
    const sent = {
      id: '01234567-89ab-4def-8123-456789abcdef',
      type,
      isJson: true,
      data: Buffer.from(JSON.stringify(data)),
      metadata: Buffer.from(JSON.stringify(metadata)),
    };
    return eventMessage({
      ...sent,
      stream,
      revision,
      position: 100 + revision,
      created: 1767225600000,
    }).serializeBinary();
  }),
  inputs: 4000,
  decode(input) {
    let message: ReturnType<typeof readMethod.deserialize>;
    try {
      message = readMethod.deserialize(Buffer.from(input));
    } catch (error) {
      // The client takes what cannot be read for a failure of the call.
      demand(error instanceof Error && !(error instanceof TypeError), String(error));
      return refused();
    }
    if (typeof message === 'string') return refused();
    const kept = stored.readStored(message);
    if (kept !== null) demand(kept.position !== '', 'it has no position');
    stored.read(message);
    return accepted();
  },
});

/** A server that holds these events in a stream, the last first. */
function serverWith(events: readonly StoredMessage[]): Connection {
  async function* read() {
    yield* events;
  }
  return { events: read, append: async () => ({ written: true, revision: 1 }) } as unknown as Connection;
}

const serverSnapshot = target({
  name: 'eventstoredb-snapshot',
  kind: json,
  seeds: [
    JSON.stringify([
      { position: '9/9', chunk: 1, chunks: 2 },
      { position: '9/9', chunk: 0, chunks: 2 },
    ]),
    JSON.stringify([
      { position: '9/9', chunk: 0, chunks: 3 },
      { position: '5/5', chunk: 1, chunks: 2 },
      { position: '5/5', chunk: 0, chunks: 2 },
    ]),
    JSON.stringify([{ position: '9/9', chunk: 0, chunks: 1 }]),
  ],
  words: ['position', 'chunk', 'chunks', '9/9', '$maxCount', '$tb'],
  inputs: 2000,
  async decode(input) {
    let list: unknown;
    try {
      list = JSON.parse(input);
    } catch {
      return refused();
    }
    if (!Array.isArray(list)) return refused();
    const events = list.map((metadata, index) =>
      messageOf({ metadata: metadata as string, data: String(index), stream: 's' }, list.length - index),
    );
    const snapshots = new Snapshots(serverWith(events), 'overseer');
    const loaded = await snapshots.load('x');
    await snapshots.save('x', { position: '7/7' as Position, bytes: Buffer.from('x') });
    if (loaded === null) return refused();
    demand(typeof loaded.position === 'string', 'it has no position');
    return accepted();
  },
});

export const logTargets = [snapshot, serverEvent, serverMessage, serverSnapshot];
