/** Each projection's spec, in the form of the server's own: events, the states they lead to, what is emitted. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectionSources } from '../../src/log/eventstoredb/projections/sources.js';
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
const sources = projectionSources('overseer');

const spec = describe('specs of the projections');

/** Servers run these texts. They would refuse another text under the same version. */
spec.test('the source of a released version is the same to the byte', () => {
  assert.equal(Object.fromEntries(sources.map(({ name, sha256 }) => [name, sha256])), {
    'overseer-graph-history-v1': '4ed60c645984e5628ef7546bd70c283aa2a2f177c32b03129960a87923d95d91',
    'overseer-graph-progress-v4': '1eed9ca737215c8971401cb2d6122303167374b2890a66c431c275e987e7c4d8',
    'overseer-job-counts-v4': 'bc16b4b5d80d5f90c3425aafc93144401d8a9a2fabe0fc22a2af2cac3015dbf6',
    'overseer-ready-jobs-v4': '95f405aad4853d1ad59d36d2eda909934d22ab83966beeb5f635424d3f0b551e',
  });
});

for (const { projection, source } of sources) {
  spec.test(`${projection} does what its spec says`, () => {
    const file = join(folder, `${projection}-spec.json`);
    const { input, output, ...described } = JSON.parse(readFileSync(file, 'utf8')) as Spec;
    assert.is(described.projection, projection);
    const runner = new ProjectionRunner(source);
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
