import type { StoredEvent } from '../../evidence/canonical-event.js';
import type { StreamId } from '../../domain/events.js';
import { LogError, streamKey } from '../event-log.js';
import { type Restored, toBeRestored } from '../restore-check.js';
import type { Appender } from './appender.js';
import { inParallel } from './protocol/waiting.js';
import type { EventReader } from './reader.js';
import type { StoredEvents } from './event-encoding.js';

const readsAtOnce = 64;

/**
 * Puts events of another log into the server, in their order. The server promises order only from one append to the next.
 * So consecutive events of one stream go in together, and there is only one append at a time.
 */
export class Restorer {
  constructor(
    private readonly appender: Appender,
    private readonly reader: EventReader,
    private readonly stored: StoredEvents,
    private readonly address: string,
  ) {}

  async restore(events: readonly StoredEvent[]): Promise<void> {
    const named = [...new Map(events.map((event) => [streamKey(event), event]))];
    const read = await inParallel(readsAtOnce, named, async ([key, event]) => [key, await this.idsOf(event)] as const);
    const streams = new Map(read);
    const [last] = await this.reader.all({ direction: 'backwards', limit: 1 });
    const target = {
      lengthOf: (event: StoredEvent) => streams.get(streamKey(event))!.length,
      idAt: (event: StoredEvent) => streams.get(streamKey(event))![event.revision] ?? null,
      lastAt: last === undefined ? 0 : Date.parse(last.recordedAt),
    };
    for (const run of runsIn(toBeRestored(events, target, this.address))) await this.send(run);
  }

  private async idsOf({ graphId, jobId }: StreamId): Promise<readonly string[]> {
    return (await this.reader.stream({ graphId, jobId })).map(({ id }) => id);
  }

  private async send(run: readonly Restored[]): Promise<void> {
    const [{ event }] = run as readonly [Restored];
    const [result] = await this.appender.sendEach([
      {
        stream: this.stored.streamName(event),
        expectedRevision: event.revision - 1,
        events: run.map((restored) => this.stored.proposeRestored(restored)),
      },
    ]);
    if (result!.appended) return;
    if (result!.actualRevision === null) throw result!.problem;
    const message = `another program writes to ${this.stored.streamName(event)} of ${this.address} during the restore; the events before this one were restored. Stop that program and restore again`;
    throw new LogError('restore-conflict', message);
  }
}

const runBytesMax = 512 * 1024;

/** Splits events into runs that belong to one stream and fit into one append. */
function runsIn(events: readonly Restored[]): readonly (readonly Restored[])[] {
  const runs: Restored[][] = [];
  let key = '';
  let bytes = 0;
  for (const restored of events) {
    const size = Buffer.byteLength(restored.text);
    const own = streamKey(restored.event);
    if (own === key && bytes + size <= runBytesMax) runs.at(-1)!.push(restored);
    else {
      runs.push([restored]);
      bytes = 0;
    }
    key = own;
    bytes += size;
  }
  return runs;
}
