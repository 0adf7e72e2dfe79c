import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import type { RecordedEvent } from '../../src/domain/events.js';
import { NamespaceMark } from '../../src/log/eventstoredb/namespace-mark.js';
import { Connection } from '../../src/log/eventstoredb/protocol/connection.js';
import { asLogError } from '../../src/log/eventstoredb/errors.js';
import { serverProjections } from '../../src/log/eventstoredb/projections/installer.js';
import { TE } from '../../src/prelude/fp.js';
import { canonicalJson, type JsonObject } from '../../src/prelude/json.js';
import { orThrow } from '../../src/store/or-throw.js';
import { eventually } from '../support/eventually.js';
import { freshNamespace, serverAddress } from '../support/eventstoredb.js';
import { assert } from '../support/spec.js';
import {
  countsIn,
  expectedOutcome,
  type Outcome,
  type ProgressState,
  readyIn,
  standingIn,
  storedForm,
} from './expected.js';

/** A new projection reads the whole log before it comes to what was just appended. */
const catchUpMs = 300_000;

interface StoredEvent {
  readonly id: string;
  readonly eventType: string;
  readonly data: unknown;
}

/** A namespace of its own in a real server, and its projections. */
export class Tenant {
  readonly namespace = freshNamespace();
  readonly client = EventStoreDBClient.connectionString(serverAddress);
  private readonly connection = new Connection(this.client, 'the leader');
  private readonly projections = serverProjections(this.connection, this.namespace, serverAddress, (work) =>
    TE.tryCatch(work, (error) => asLogError(error, serverAddress)),
  );

  status = () => orThrow(this.projections.status());
  plan = (...names: string[]) => orThrow(this.projections.plan(names));
  apply = (...names: string[]) => orThrow(this.projections.apply(names));
  remove = (names: string[] = [], deleteStreams = false) => orThrow(this.projections.remove(names, { deleteStreams }));

  /** The name of a projection on the server. */
  named(projection: string): string {
    return `${this.namespace}-${projection}-v${projection === 'graph-history' ? 1 : 4}`;
  }

  /** Appends events as the engine does: in its form, after the mark of the namespace. */
  async append(events: readonly RecordedEvent[]): Promise<void> {
    await new NamespaceMark(this.connection, this.namespace, () => Promise.resolve(null)).ensure();
    for (const event of events) {
      const { streamId, eventId, eventType, data, metadata } = storedForm(this.namespace, event);
      const stored = jsonEvent({ id: eventId, type: eventType, data: data as Record<string, unknown>, metadata });
      await this.client.appendToStream(streamId, stored);
    }
  }

  /** Waits until the projections say of these events what the reducers do. */
  async agreesOn(events: readonly RecordedEvent[]): Promise<void> {
    const expected = expectedOutcome(events);
    const agrees = async () => {
      for (const { name, reason } of await this.status()) {
        if (reason === null) continue;
        // The server limits the time a projection takes, and the machine may be busy with other tests.
        if (!/took too long to execute/.test(reason)) throw new Error(`${name} has faulted: ${reason}`);
        await this.apply();
      }
      return textOf(await this.outcome(Object.keys(expected.graphs))) === textOf(expected);
    };
    await eventually('the projections agree with the reducers', agrees, catchUpMs).catch(async (error: unknown) => {
      const found = await this.outcome(Object.keys(expected.graphs));
      throw new Error(`at first they differ here: ${difference(textOf(found), textOf(expected))}`, { cause: error });
    });
    assert.ok(true);
  }

  /** A stream's events, links followed; none if there is no such stream. */
  async read(stream: string): Promise<readonly StoredEvent[]> {
    const found: StoredEvent[] = [];
    try {
      for await (const { event } of this.client.readStream(`${this.namespace}.${stream}`, { resolveLinkTos: true })) {
        if (event !== undefined) found.push({ id: event.id, eventType: event.type, data: event.data });
      }
    } catch (error) {
      if (!/not found/.test(String(error))) throw error;
    }
    return found;
  }

  /** Leaves nothing but events behind. */
  async dispose(): Promise<void> {
    try {
      await this.remove([], true);
    } finally {
      await this.connection.close();
    }
  }

  private async outcome(graphIds: readonly string[]): Promise<Outcome> {
    const graphs: Record<string, Outcome['graphs'][string]> = {};
    const history: Record<string, readonly string[]> = {};
    for (const id of graphIds) {
      graphs[id] = standingIn(
        await this.client.getProjectionState<ProgressState>(this.named('graph-progress'), { partition: id }),
      );
      history[id] = (await this.read(`history-${id}`)).map((event) => event.id);
    }
    const counts = countsIn(await this.client.getProjectionState(this.named('job-counts')));
    const ready: Record<string, readonly StoredEvent[]> = {};
    for (const type of Object.keys(counts)) ready[type] = await this.read(`ready4-${type}`);
    return { graphs, counts, ready: readyIn(ready), history };
  }
}

function textOf(outcome: Outcome): string {
  return canonicalJson(outcome as unknown as JsonObject);
}

/** The texts around their first difference: they are too long to be printed whole. */
function difference(found: string, expected: string): string {
  let at = 0;
  while (at < found.length && found[at] === expected[at]) at += 1;
  const near = (text: string) => text.slice(Math.max(0, at - 80), at + 80);
  return `${near(found)} in place of ${near(expected)}`;
}
