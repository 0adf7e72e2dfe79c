import type { RecordedEvent } from '../../src/domain/events.js';
import { projectionSources } from '../../src/log/eventstoredb/projections/sources.js';
import { ProjectionServer } from '../support/projection-runner.js';
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

/** One whose name a careless prefix would mistake for others. */
export const namespace = 'tenant.1';

const sources = new Map(projectionSources(namespace).map(({ projection, source }) => [projection, source]));

/** A server with the projections, and their results. */
export class Projected {
  readonly server = new ProjectionServer();
  readonly history = this.server.install(sources.get('graph-history')!);
  readonly progress = this.server.install(sources.get('graph-progress')!);
  readonly counts = this.server.install(sources.get('job-counts')!);
  readonly ready = this.server.install(sources.get('ready-jobs')!);

  take(events: readonly RecordedEvent[], into = namespace): this {
    for (const event of events) {
      const { streamId, data, metadata, ...rest } = storedForm(into, event);
      this.server.append(streamId, {
        ...rest,
        isJson: true,
        data: JSON.stringify(data),
        metadata: JSON.stringify(metadata),
      });
    }
    this.server.settle();
    return this;
  }

  restart(): void {
    for (const runner of [this.history, this.progress, this.counts, this.ready]) runner.restart();
  }

  outcome(graphIds: readonly string[]): Outcome {
    const each = <A>(read: (id: string) => A) => Object.fromEntries(graphIds.map((id) => [id, read(id)]));
    return {
      graphs: each((id) => standingIn(this.progress.state<ProgressState>(id))),
      counts: countsIn(this.counts.state()),
      ready: readyIn(Object.fromEntries(this.typesEverReady().map((type) => [type, this.offered(type)]))),
      history: each((id) => this.server.stream(`${namespace}.history-${id}`).map((event) => event.eventId)),
    };
  }

  changes(): readonly { readonly eventType: string; readonly data: Changes }[] {
    const events = this.server.stream(`${namespace}.changes-v4`);
    return events.map(({ eventType, data }) => ({ eventType, data: JSON.parse(data!) as Changes }));
  }

  private typesEverReady(): string[] {
    const prefix = `${namespace}.ready4-`;
    const names = this.server.log.map((event) => event.streamId).filter((name) => name.startsWith(prefix));
    return [...new Set(names)].map((name) => name.slice(prefix.length));
  }

  private offered(type: string) {
    const events = this.server.stream(`${namespace}.ready4-${type}`);
    return events.map(({ eventType, data }) => ({ eventType, data: JSON.parse(data!) as unknown }));
  }
}

export interface Changes {
  readonly graphId: string;
  readonly changes: readonly { readonly jobIds: readonly string[] }[];
}

/** The projections say what the reducers say, of every graph there is. */
export function assertParity(projected: Projected, events: readonly RecordedEvent[]): void {
  const expected = expectedOutcome(events);
  assert.equal(projected.outcome(Object.keys(expected.history)), expected);
}
