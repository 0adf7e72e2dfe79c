/** Each projection's spec, in the form of the server's own: events, the states they lead to, what is emitted. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Definition, type Emitted, ProjectionRunner } from '../support/projection-runner.js';
import { assert, describe } from '../support/spec.js';

interface Spec {
  readonly projection: string;
  readonly input: readonly { readonly streamId: string; readonly events: readonly SpecEvent[] }[];
  readonly output: {
    readonly config: Readonly<Record<string, unknown>>;
    /** By stream, the data of what was emitted there. */
    readonly emitted?: Readonly<Record<string, readonly string[]>>;
  };
}

interface SpecEvent {
  readonly eventId?: string;
  readonly eventType: string;
  readonly data: unknown;
  readonly metadata?: unknown;
  readonly initializedPartitions?: readonly string[];
  readonly states?: readonly { readonly partition: string; readonly state: unknown }[];
  readonly skip?: boolean;
}

const folder = join(import.meta.dirname, '../../projections');
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.js'))
  .map((file) => file.slice(0, -'.js'.length));

const spec = describe('specs of the projections');

for (const name of names) {
  spec.test(`${name} does what its spec says`, () => {
    const { projection, input, output } = JSON.parse(readFileSync(join(folder, `${name}-spec.json`), 'utf8')) as Spec;
    assert.is(projection, name);
    const runner = new ProjectionRunner(readFileSync(join(folder, `${name}.js`), 'utf8'));
    assert.equal(configOf(runner.definition), output.config);
    const emitted: Emitted[] = [];
    const revisions = new Map<string, number>();
    for (const { streamId, events } of input) {
      for (const event of events) {
        const sequenceNumber = revisions.get(streamId) ?? 0;
        revisions.set(streamId, sequenceNumber + 1);
        emitted.push(...take(runner, streamId, sequenceNumber, event));
      }
    }
    const byStream: Record<string, string[]> = {};
    for (const each of emitted) (byStream[each.streamId] ??= []).push(each.data);
    assert.equal(byStream, output.emitted ?? {});
  });
}

function take(
  runner: ProjectionRunner,
  streamId: string,
  sequenceNumber: number,
  event: SpecEvent,
): readonly Emitted[] {
  const { eventType, data, metadata, initializedPartitions = [], states = [], skip = false } = event;
  const stored = {
    streamId,
    sequenceNumber,
    eventId: event.eventId ?? '00000000-0000-4000-8000-000000000000',
    eventType,
    isJson: true,
    data: JSON.stringify(data),
    metadata: metadata === undefined ? null : JSON.stringify(metadata),
  };
  if (skip) {
    assert.is(runner.partitionOf(stored), null);
    return [];
  }
  const before = new Set(runner.states.keys());
  const emitted = runner.take(stored);
  const added = [...runner.states.keys()].filter((partition) => !before.has(partition));
  if (states.length > 0) assert.equal(added, initializedPartitions);
  for (const { partition, state } of states) assert.equal(runner.state(partition), state);
  return emitted;
}

/** In the words of the server's specs, which leave out what is not so. */
function configOf(definition: Definition): Record<string, unknown> {
  const { includeLinks, byCustomPartitions, allStreams, allEvents, categories, events, streams, ...rest } = definition;
  return {
    ...(allStreams ? { allStreams } : {}),
    ...(streams.length > 0 ? { streams } : {}),
    ...(allEvents ? { allEvents } : {}),
    categories,
    events,
    partitioned: byCustomPartitions,
    definesStateTransform: rest.definesStateTransform,
    handlesDeletedNotifications: rest.handlesDeletedNotifications,
    producesResults: rest.producesResults,
    definesFold: rest.definesFold,
    resultStreamName: rest.resultStreamName,
    $includeLinks: includeLinks,
  };
}

spec.run();
