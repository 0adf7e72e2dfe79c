/** Histories for the audit's tests: what workers and operators do, with payloads of every kind, and foreign events. */
import fc from 'fast-check';
import { canonicalData, type StoredEvent } from '../../src/evidence/canonical-event.js';
import type { RecordedEvent } from '../../src/domain/events.js';
import type { Store } from '../../src/index.js';
import { rightOf } from '../support/right.js';
import { graphShape, simulate, steps } from '../support/simulate.js';
import { type Engine, freshStore } from '../support/stores.js';

/** Keys that are easy to get wrong. */
const key = fc.oneof(
  fc.constantFrom('$redacted', '$$redacted', '__proto__', '10', '2', 'a.b', '', 'args', 'ü"\n', 'sha256:'),
  fc.string({ maxLength: 6, unit: 'grapheme' }),
);

/** A value of JSON, as a handler may return it. */
export const jsonValue = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.oneof(
      fc.constantFrom(null, '', 0, true, '\u2028', '\ud800', 1e21, 'sha256:00', 0.1),
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
    ),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(key, tie('value')), { maxLength: 4 }).map((entries) => Object.fromEntries(entries) as unknown),
    fc.constantFrom({ $redacted: `sha256:${'ab'.repeat(32)}` }, { $redacted: { $redacted: 1 } }),
  ),
})).value;

function storedOf(event: RecordedEvent, payload: unknown): StoredEvent {
  const { type, data, bytes: _bytes, ...envelope } = event;
  const own: Record<string, unknown> = { ...(data as object) };
  if (type === 'JobFinished') own['result'] = payload;
  if (type === 'Heartbeat' && payload !== null) own['details'] = payload;
  if (type === 'JobFaulted') own['failure'] = { reason: 'r', exception: 'E', message: null, data: payload };
  if (type === 'GraphSubmitted') own['args'] = { payload };
  return { ...envelope, type, data: canonicalData(JSON.stringify(own)) };
}

/** An event that this release cannot read, after the others of the first graph. */
function foreignBehind(events: readonly StoredEvent[], payload: unknown): StoredEvent {
  const { graphId, recordedAt, position } = events.at(-1)!;
  return {
    graphId,
    jobId: 'some job/of another release',
    revision: 0,
    id: '11111111-2222-4333-8444-555555555555',
    type: 'JobPaused "now"',
    schemaVersion: 9,
    recordedAt,
    causationId: null,
    actor: 'ünknown\t',
    position,
    data: canonicalData(JSON.stringify(payload)),
  };
}

/** Events as a log stores them, in log order. */
export const storedHistories: fc.Arbitrary<readonly StoredEvent[]> = fc
  .record({
    shapes: fc.array(graphShape, { minLength: 1, maxLength: 3 }),
    taken: steps(60),
    payloads: fc.array(jsonValue, { minLength: 1, maxLength: 8 }),
  })
  .map(({ shapes, taken, payloads }) => {
    const events = simulate(shapes, taken).map((event, index) => storedOf(event, payloads[index % payloads.length]));
    return [...events, foreignBehind(events, payloads[0])];
  });

/** A store that holds these events. */
export async function storeWith(engine: Engine, events: readonly StoredEvent[]): Promise<Store> {
  const db = await freshStore(engine);
  await rightOf(db.log.restore(events));
  return db;
}
