import type { Database, Statement } from 'better-sqlite3';
import type { StoredEvent } from '../../evidence/canonical-event.js';
import type { StreamId } from '../../domain/events.js';
import { type AppendResult, type EncodedAppend, type EncodedEvent, LogError } from '../event-log.js';
import { type AnyRow, idOf } from './event-row.js';
import type { LogRows } from './log-rows.js';
import { NumberedNames, NumberedStreams } from './numbered-rows.js';
import type { CommittedEvent } from './recent-events.js';
import { type Restored, toBeRestored } from '../restore-check.js';

/** What an append has come to. */
interface Appended {
  readonly results: readonly AppendResult[];
  readonly events: readonly CommittedEvent[];
}

/** Appends to the file. Every call of {@link append} is one transaction. */
export class SqliteWriter {
  private readonly insertEvent: Statement;
  private readonly readHead: Statement;
  private readonly readArchivedHead: Statement;
  private readonly lastAt: Statement;
  private readonly names: NumberedNames;
  private readonly streams: NumberedStreams;
  private readonly transact: (requests: readonly EncodedAppend[]) => readonly AppendResult[];
  /** Whether the file was free for the last transaction. */
  private hasBegun = false;
  /** What the transaction under way has written. */
  private written: CommittedEvent[] = [];
  /** SQLite copies what it is given, so each insert uses the same bytes. */
  private readonly idBytes = Buffer.alloc(16);
  private readonly causeBytes = Buffer.alloc(16);
  private readonly transactRestore: (events: readonly StoredEvent[], address: string) => void;

  constructor(
    db: Database,
    private readonly rows: LogRows,
    namespace: string,
    private readonly now: () => number,
  ) {
    this.insertEvent = db.prepare(
      'insert into events (stream, revision, type, version, id, causation, actor, at, data) values (?, ?, ?, ?, ?, ?, ?, ?, ?)',
    );
    this.readHead = db.prepare('select revision from events where stream = ? order by revision desc limit 1').pluck();
    this.readArchivedHead = db.prepare('select revision from archived_streams where stream = ?').pluck();
    this.lastAt = db.prepare('select at from events order by position desc limit 1').pluck();
    this.names = new NumberedNames(db);
    this.streams = new NumberedStreams(db, namespace);
    const transaction = db.transaction((requests: readonly EncodedAppend[]) => {
      this.hasBegun = true;
      const at = Math.max(this.now(), (this.lastAt.get() as number | undefined) ?? 0);
      return requests.map((request) => this.appendOne(request, at));
    });
    this.transact = (requests) => transaction.immediate(requests);
    const restoring = db.transaction((events: readonly StoredEvent[], address: string) => {
      this.hasBegun = true;
      const target = {
        lengthOf: (event: StoredEvent) => this.lengthOf(event),
        idAt: (event: StoredEvent) => this.idAt(event),
        lastAt: (this.lastAt.get() as number | undefined) ?? 0,
      };
      for (const restored of toBeRestored(events, target, address)) this.insertRestored(restored);
    });
    this.transactRestore = (events, address) => restoring.immediate(events, address);
  }

  append(requests: readonly EncodedAppend[]): Appended {
    this.written = [];
    const results = this.remembering(() => this.transact(requests));
    return { results, events: this.written };
  }

  /** Appends events of another log unchanged: all of them, or none. */
  restore(events: readonly StoredEvent[], address: string): void {
    this.remembering(() => this.transactRestore(events, address));
  }

  private remembering<A>(transaction: () => A): A {
    this.hasBegun = false;
    try {
      return transaction();
    } catch (error) {
      if (this.hasBegun) {
        // Numbers from a transaction that was rolled back belong to no row.
        this.names.forget();
        this.streams.forget();
      }
      throw error;
    }
  }

  private appendOne(request: EncodedAppend, at: number): AppendResult {
    const known = this.streams.find(request);
    const actualRevision = known === null ? -1 : this.headOf(known);
    if (actualRevision !== request.expectedRevision) {
      return (known !== null && this.repeated(request)) || { appended: false, actualRevision };
    }
    if (!request.along.every((other) => other.notBefore <= at && this.isInPlace(other))) {
      return { appended: false, actualRevision };
    }
    const revision = this.insertAll(known ?? this.streams.get(request), request, at);
    for (const other of request.along) this.insertAll(this.streams.get(other), other, at);
    return { appended: true, revision };
  }

  private isInPlace(append: EncodedAppend): boolean {
    const { expectedRevision: revision, expectedEventId } = append;
    if (this.lengthOf(append) - 1 !== revision) return false;
    if (expectedEventId === null) return true;
    const [last] = this.rows.stream(append, { from: revision, to: revision });
    return last !== undefined && isSameId(last, expectedEventId);
  }

  /** Inserts the events of an append whose stream is where it expects it. Returns the stream's revision from then on. */
  private insertAll(stream: number, append: EncodedAppend, at: number): number {
    let revision = append.expectedRevision;
    for (const event of append.events) {
      const position = this.insert(stream, ++revision, event, at);
      this.written.push({ position, stream: append, event, revision, at });
    }
    return revision;
  }

  private lengthOf(event: StreamId): number {
    const stream = this.streams.find(event);
    return stream === null ? 0 : this.headOf(stream) + 1;
  }

  /** The revision of a stream's last event, wherever that is; -1 if it has none. */
  private headOf(stream: number): number {
    const kept = this.readHead.get(stream) as number | undefined;
    return kept ?? (this.readArchivedHead.get(stream) as number | undefined) ?? -1;
  }

  private idAt({ graphId, jobId, revision, id }: StoredEvent): string | null {
    const [row] = this.rows.stream({ graphId, jobId }, { from: revision, to: revision });
    return row !== undefined && isSameId(row, id) ? id : null;
  }

  private insertRestored({ event, text }: Restored): void {
    this.insert(this.streams.get(event), event.revision, { ...event, data: text }, Date.parse(event.recordedAt));
  }

  private insert(
    stream: number,
    revision: number,
    { id, type, schemaVersion, data, causationId, actor }: Omit<EncodedEvent, 'type'> & { readonly type: string },
    at: number,
  ): number {
    const inserted = this.insertEvent.run(
      stream,
      revision,
      this.names.get(type),
      schemaVersion,
      uuidInto(this.idBytes, id),
      causationId === null ? null : uuidInto(this.causeBytes, causationId),
      this.names.get(actor),
      at,
      data,
    );
    return Number(inserted.lastInsertRowid);
  }

  /** The result of the first try, if exactly these events are already where they were meant to go. */
  private repeated({ graphId, jobId, expectedRevision, events }: EncodedAppend): AppendResult | null {
    const revision = expectedRevision + events.length;
    try {
      const there = this.rows.stream({ graphId, jobId }, { from: expectedRevision + 1, to: revision });
      const isSame =
        there.length > 0 &&
        there.length === events.length &&
        there.every((row, index) => isSameId(row, events[index]!.id));
      return isSame ? { appended: true, revision } : null;
    } catch (problem) {
      // Of an archive that is missing or damaged. That concerns this stream, and no other append.
      if (problem instanceof LogError) return { appended: false, actualRevision: null, problem };
      throw problem;
    }
  }
}

function isSameId(row: AnyRow, id: string): boolean {
  return idOf(row) === id.toLowerCase();
}

/** Writes the 16 bytes of a UUID, which has dashes before its bytes 4, 6, 8 and 10. */
function uuidInto(bytes: Buffer, id: string): Buffer {
  let at = 0;
  for (let index = 0; index < 16; index++) {
    if (index === 4 || index === 6 || index === 8 || index === 10) at += 1;
    bytes[index] = (digits[id.charCodeAt(at)]! << 4) | digits[id.charCodeAt(at + 1)]!;
    at += 2;
  }
  return bytes;
}

/** The values of hexadecimal digits of either case, by their codes. */
const digits = new Uint8Array(256);
for (let value = 0; value < 16; value++) {
  const digit = value.toString(16);
  digits[digit.charCodeAt(0)] = value;
  digits[digit.toUpperCase().charCodeAt(0)] = value;
}
