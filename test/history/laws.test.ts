/** Laws of looking back that hold for any history; the histories are generated from seeds. */
import fc from 'fast-check';
import type { RecordedEvent } from '../../src/domain/events.js';
import { GraphState } from '../../src/domain/graph.js';
import { initialWork } from '../../src/domain/pauses.js';
import { firstThat } from '../../src/history/bisect/search.js';
import { GraphStates } from '../../src/history/moments/graph-states.js';
import { applyPatch, patchBetween } from '../../src/prelude/json-patch.js';
import { spanKinds, timelineOf } from '../../src/history/timeline/spans.js';
import { GraphHistory } from '../../src/history/moments/graph-history.js';
import { toGraphInfo } from '../../src/domain/graph-info.js';
import { canonicalJson, type Json } from '../../src/prelude/json.js';
import { graphShape, simulate, steps } from '../support/simulate.js';
import { assert, describe } from '../support/spec.js';

const laws = describe('laws of looking back', { timeoutMs: 120_000 });
const runs = { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 200) };

/** One graph's history, submitted in one part or in several. */
const histories = fc
  .record({ shape: graphShape, taken: steps() })
  .map(({ shape, taken }) => simulate([shape], taken))
  .filter((events) => events.some(isLastPart));

function isLastPart(event: RecordedEvent): boolean {
  return event.type === 'GraphSubmitted' && event.data.part === event.data.parts;
}

const graphId = 'graph 0';
const existsFrom = (events: readonly RecordedEvent[]) => events.findIndex(isLastPart) + 1;

function folded(events: readonly RecordedEvent[], number: number): GraphState {
  const graph = new GraphState(graphId);
  for (const event of events.slice(0, number)) graph.apply(event);
  return graph;
}

function shown(graph: GraphState): Json {
  const at = graph.lastEventAt === null ? 0 : Date.parse(graph.lastEventAt);
  const anomalies = graph.anomalies.length;
  return {
    ...toGraphInfo(graph, { now: at, work: initialWork }),
    anomalies,
    settled: graph.isSettled,
  } as unknown as Json;
}

laws.test('the state at any number of events, in whatever order one jumps, is the fold of the prefix', () => {
  fc.assert(
    fc.property(histories, fc.array(fc.nat(), { maxLength: 30 }), (events, jumps) => {
      // Repeated, so that keyframes come into play.
      const long = Array.from({ length: 12 }, () => events).flat();
      const states = new GraphStates(graphId, long);
      for (const jump of jumps) {
        const number = jump % (long.length + 1);
        assert.equal(shown(states.at(number)), shown(folded(long, number)));
      }
    }),
    runs,
  );
});

laws.test('a state that went back to where it was captured goes on as if nothing had happened', () => {
  fc.assert(
    fc.property(histories, fc.nat(), (events, nat) => {
      const begin = existsFrom(events);
      const number = begin + (nat % (events.length - begin + 1));
      const graph = folded(events, number);
      const [capture, before] = [graph.capture(), shown(graph)];
      for (let round = 0; round < 2; round++) {
        for (const event of events.slice(number)) graph.apply(event);
        assert.equal(shown(graph), shown(folded(events, events.length)));
        graph.restore(capture);
        assert.equal(shown(graph), before);
      }
    }),
    runs,
  );
});

laws.test('a patch between two moments, applied to the first, gives the second; the same moments give the same', () => {
  fc.assert(
    fc.property(histories, fc.nat(), fc.nat(), (events, one, other) => {
      const begin = existsFrom(events);
      const span = events.length - begin + 1;
      const [a, b] = [shown(folded(events, begin + (one % span))), shown(folded(events, begin + (other % span)))];
      const patch = patchBetween(a, b);
      assert.equal(applyPatch(a, patch), b);
      assert.equal(patchBetween(a, b), patch);
      assert.equal(patchBetween(a, a), []);
    }),
    runs,
  );
});

laws.test('so it is for any two values of JSON, with whatever names in them', () => {
  const name = fc.oneof(fc.constantFrom('__proto__', 'a/b', 'm~n', '', 'constructor', '0'), fc.string());
  const value = fc.letrec<{ json: Json }>((tie) => ({
    json: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom<Json>(null, true, false, 0, 1.5, 'x', ''),
      fc.array(tie('json'), { maxLength: 3 }),
      fc.array(fc.tuple(name, tie('json')), { maxLength: 4 }).map((entries) => Object.fromEntries(entries)),
    ),
  })).json;
  fc.assert(
    fc.property(value, value, (a, b) => {
      const text = JSON.stringify(a);
      assert.is(canonicalJson(applyPatch(a, patchBetween(a, b))), canonicalJson(b));
      assert.is(JSON.stringify(a), text);
    }),
    { numRuns: 5 * runs.numRuns },
  );
  assert.throws(() => applyPatch({}, [{ op: 'remove', path: '/a', before: 1 }]), /nothing at "\/a" to remove/);
});

laws.test('what an event changes, job by job, leads from the state before it to the state behind it', () => {
  fc.assert(
    fc.property(histories, fc.array(fc.nat(), { maxLength: 10 }), (events, jumps) => {
      const begin = existsFrom(events);
      const history = new GraphHistory(graphId, events, begin, []);
      for (const jump of jumps) {
        const number = begin + (jump % (events.length - begin + 1));
        const changes = new Map(history.changesBy(number).map(({ jobId, patch }) => [jobId, patch]));
        if (number === begin) {
          assert.is(changes.size, 0);
          continue;
        }
        const before = history.at(number - 1).jobs as unknown as Record<string, Json>;
        const after = history.at(number).jobs as unknown as Record<string, Json>;
        for (const [jobId, job] of Object.entries(before)) {
          assert.equal(applyPatch(job, changes.get(jobId) ?? []), after[jobId]!);
        }
      }
    }),
    runs,
  );
});

laws.test('half by half finds what one by one does, where what holds once holds for ever', () => {
  fc.assert(
    fc.property(fc.nat({ max: 200 }), fc.nat({ max: 220 }), (last, from) => {
      const holds = (number: number) => number >= from && from > 0;
      const [slow, quick] = [firstThat(holds, last, false), firstThat(holds, last, true)];
      assert.is(quick.number, slow.number);
      assert.ok(quick.looks <= Math.ceil(Math.log2(last + 1)) + 1);
    }),
    runs,
  );
});

laws.test('the spans of a job follow one another, and each attempt is one of them', () => {
  fc.assert(
    fc.property(histories, (events) => {
      const now = Date.parse(events.at(-1)!.recordedAt) + 5;
      const timeline = timelineOf(graphId, events, now);
      const graph = folded(events, events.length);
      assert.is(timeline.jobs.length, graph.jobs.size);
      for (const { jobId, spans, totals, attempts } of timeline.jobs) {
        spans.forEach((span, at) => {
          assert.ok(span.from <= span.to && span.from >= timeline.from && span.to <= timeline.to);
          assert.ok(at === 0 || spans[at - 1]!.to <= span.from, `${jobId}: spans do not overlap`);
        });
        for (const kind of spanKinds) {
          const sum = spans.filter((span) => span.kind === kind).reduce((ms, { from, to }) => ms + to - from, 0);
          assert.is(totals[kind], sum);
        }
        const ran = spans.filter(({ kind }) => kind === 'running');
        // A claim that came after its graph's abort was over before it began.
        assert.ok(ran.length <= attempts);
        assert.is(
          ran.filter(({ ending }) => ending === null).length,
          graph.jobs.get(jobId)!.status === 'started' ? 1 : 0,
        );
      }
      timeline.criticalPath.forEach((jobId, at) => {
        const { parents } = graph.jobs.get(jobId)!;
        const before = timeline.criticalPath[at - 1];
        if (before !== undefined) assert.ok(parents.some(({ id }) => id === before));
        else
          assert.ok(parents.every(({ id }) => timeline.jobs.find(({ jobId: each }) => each === id)!.endedAt === null));
      });
    }),
    runs,
  );
});

laws.run();
