import type { DomainEvent, RecordedEvent } from '../../src/domain/events.js';
import { readEvent } from '../../src/domain/read-event.js';
import { decideGraph } from '../../src/domain/graph-decisions.js';
import type { JobNode } from '../../src/domain/graph.js';
import { LiveProjection } from '../../src/domain/live-projection.js';
import { namespaceStream } from '../../src/domain/namespace-stream.js';
import {
  decideWork,
  evolveWork,
  initialWork,
  pausesOf,
  pausesOfWork,
  type WorkState,
} from '../../src/domain/pauses.js';
import { NamespaceCheck } from '../../src/history/verify/invariants.js';
import {
  aborted,
  failed,
  finished,
  graphAborted,
  graphAfter,
  graphPaused,
  graphResumed,
  Recorder,
  started,
  submitted,
} from '../support/given.js';
import { left, right } from '../support/right.js';
import { assert, describe } from '../support/spec.js';

const spec = describe('pauses');

const paused = (jobType: string | null, reason = 'wait'): DomainEvent => ({
  type: 'WorkPaused',
  data: { jobType, by: 'ann', reason },
});
const resumed = (jobType: string | null): DomainEvent => ({
  type: 'WorkResumed',
  data: { jobType, by: 'ann', reason: 'go' },
});

function recorded(...events: readonly DomainEvent[]): readonly RecordedEvent[] {
  const recorder = new Recorder();
  return events.map((event) => recorder.record(namespaceStream, event));
}

const workAfter = (...events: readonly DomainEvent[]): WorkState => recorded(...events).reduce(evolveWork, initialWork);
const scopes = (pauses: ReturnType<typeof pausesOfWork>) => pauses.map(({ scope, type }) => type ?? scope);
const chain = submitted({ a: [], b: ['a'] });

spec.test('given pauses of types and of all work, then those in force are those not resumed', () => {
  const work = workAfter(paused('fetch'), paused('send'), paused(null), resumed('fetch'));
  assert.equal(scopes(pausesOfWork(work)), ['namespace', 'send']);
  const [all] = pausesOfWork(work);
  assert.equal(
    { ...all, at: '' },
    { scope: 'namespace', type: null, graphId: null, by: 'ann', reason: 'wait', at: '' },
  );
  assert.is(work.revision, 3);
  assert.equal(pausesOfWork(workAfter(paused(null), resumed(null))), []);
});

spec.test(
  'given what is paused, then pausing it again does nothing; resuming what is not is refused, and what is meant is named',
  () => {
    const command = { by: 'bob', reason: 'x' };
    const work = workAfter(paused('fetch'));
    assert.equal(right(decideWork(work, { kind: 'pause', jobType: 'fetch', ...command })), []);
    assert.equal(right(decideWork(work, { kind: 'pause', jobType: null, ...command })), [
      { type: 'WorkPaused', data: { jobType: null, by: 'bob', reason: 'x' } },
    ]);
    assert.equal(right(decideWork(work, { kind: 'resume', jobType: 'fetch', ...command })), [
      { type: 'WorkResumed', data: { jobType: 'fetch', by: 'bob', reason: 'x' } },
    ]);
    const refusal = (state: WorkState, jobType: string | null) =>
      left(decideWork(state, { kind: 'resume', jobType, ...command }));
    assert.is(refusal(work, 'ftech').code, 'not-paused');
    assert.match(refusal(work, 'ftech').message, /"ftech" is not paused; did you mean "fetch"\?/);
    assert.match(refusal(work, null).message, /not paused as a whole; these types are: fetch/);
    assert.match(refusal(workAfter(paused(null)), 'fetch').message, /by itself; all work of the namespace is/);
  },
);

spec.test('given events that cannot follow, then they change nothing, and are reported', () => {
  const strange: RecordedEvent = { ...recorded(resumed('x'))[0]!, ...readEvent('WorkSlowed', 1, {}) };
  const events = [...recorded(paused('a'), paused('a', 'twice'), resumed('b'), graphPaused), strange].map(
    (event, revision) => ({ ...event, revision }),
  );
  const work = events.reduce(evolveWork, initialWork);
  assert.equal(work.types.get('a')?.reason, 'wait');
  assert.equal([work.types.size, work.revision], [1, 4]);
  const check = new NamespaceCheck();
  const problems = events.map((event) => check.check(event).map(({ problem }) => problem));
  assert.equal(problems.slice(0, 4), [
    [],
    ['work of type "a" is paused already'],
    ['work of type "b" is not paused'],
    ["GraphPaused does not belong in the namespace's own stream"],
  ]);
  assert.match(problems[4]![0]!, /no event is called "WorkSlowed"/);
});

spec.test('given a gap or a strange cause in the namespace’s stream, then it is reported', () => {
  const [first, second] = recorded(paused('a'), resumed('a'));
  const check = new NamespaceCheck();
  assert.equal(check.check(first!), []);
  const problems = check.check({ ...second!, revision: 5, causationId: 'no such event' }).map(({ problem }) => problem);
  assert.match(
    problems.join('; '),
    /has revision 5 .* where 1 was expected; its cause no such event is not an earlier/,
  );
});

spec.test('given a graph, then it is paused and resumed once each, and not when it has ended', () => {
  const command = { by: 'ann', reason: 'wait' };
  const graph = graphAfter(chain);
  assert.equal(right(decideGraph(graph, { kind: 'pause', ...command })), [{ type: 'GraphPaused', data: command }]);
  assert.is(left(decideGraph(graph, { kind: 'resume', ...command })).code, 'not-paused');
  const held = graphAfter(chain, graphPaused);
  assert.equal(right(decideGraph(held, { kind: 'pause', ...command })), []);
  assert.equal(right(decideGraph(held, { kind: 'resume', ...command })), [{ type: 'GraphResumed', data: command }]);
  assert.equal(held.pause?.reason, 'wait');
  const ended = graphAfter(chain, graphAborted);
  assert.is(left(decideGraph(ended, { kind: 'pause', ...command })).code, 'graph-already-ended');
  // It is paused still when it is retried, so the pause can be ended.
  const endedPaused = graphAfter(chain, graphPaused, graphAborted);
  assert.equal(right(decideGraph(endedPaused, { kind: 'resume', ...command })).length, 1);
  assert.equal(graphAfter(chain, graphPaused, graphPaused, graphResumed, graphResumed).anomalies.length, 2);
});

spec.test('given a paused graph, then its state can be captured and gone back to', () => {
  const graph = graphAfter(chain, graphPaused);
  const capture = graph.capture();
  graph.pause = null;
  graph.restore(capture);
  assert.equal(graph.pause, capture.fields.pause);
});

spec.test('a pause holds back what has not been started and can still run, and nothing else', () => {
  const held = (graph: ReturnType<typeof graphAfter>, id: string, work: WorkState) =>
    pausesOf(graph.jobs.get(id)!, work).map(({ scope }) => scope);
  const all = workAfter(paused(null), paused('a'));
  const fresh = graphAfter(chain, graphPaused);
  assert.equal(held(fresh, 'a', all), ['namespace', 'type', 'graph']);
  assert.equal(held(fresh, 'b', all), ['namespace', 'graph']);
  assert.equal(held(graphAfter(chain), 'b', workAfter(paused('a'))), []);
  assert.equal(held(graphAfter(chain, ['a', started()]), 'a', all), []);
  assert.equal(held(graphAfter(chain, ['a', started()], ['a', finished()]), 'a', all), []);
  assert.equal(held(graphAfter(chain, ['a', started()], ['a', failed()]), 'b', all), [], 'it is blocked anyway');
  assert.equal(held(graphAfter(chain, ['a', aborted()]), 'b', all), []);
});

spec.test(
  'given a live projection, then a pause of a graph takes its jobs away and a resumption brings them back',
  () => {
    const offered: string[] = [];
    const live = new LiveProjection({
      becameReady: (job: JobNode) => offered.push(`+${job.id}`),
      noLongerReady: (job: JobNode) => offered.push(`-${job.id}`),
    });
    const recorder = new Recorder();
    const own = { graphId: 'g', jobId: null };
    for (const event of [chain, graphPaused, graphResumed]) live.apply(recorder.record(own, event));
    assert.equal(offered, ['+a', '-a', '+a']);
    // A claim that was under way when the graph was paused may land after it.
    live.apply(recorder.record(own, graphPaused));
    live.apply(recorder.record({ graphId: 'g', jobId: 'a' }, started()));
    live.apply(recorder.record({ graphId: 'g', jobId: 'a' }, finished()));
    assert.equal([...live.ready.keys()], []);
    assert.equal(live.graphs.get('g')!.anomalies, []);
    live.apply(recorder.record(own, graphResumed));
    assert.equal([...live.ready.keys()], ['b']);
  },
);

spec.test(
  'given a live projection, then a pause of a type costs nothing per job, and other streams of the namespace are passed over',
  () => {
    let told = 0;
    const live = new LiveProjection({ becameReady: () => (told += 1), noLongerReady: () => (told += 1) });
    const recorder = new Recorder();
    live.apply(recorder.record({ graphId: 'g', jobId: null }, submitted({ a: [], b: [] })));
    assert.is(told, 2);
    live.apply(recorder.record(namespaceStream, paused('a')));
    assert.equal([live.mayStart('a'), live.mayStart('b'), told], [false, true, 2]);
    live.apply(recorder.record({ graphId: '', jobId: 'other/stream' }, finished()));
    live.apply(recorder.record(namespaceStream, paused(null)));
    assert.equal([live.mayStart('b'), live.graphs.size], [false, 1]);
    live.apply(recorder.record(namespaceStream, resumed(null)));
    live.apply(recorder.record(namespaceStream, resumed('a')));
    assert.equal([live.mayStart('a'), told], [true, 2]);
    live.restoreWork(recorded(paused('b')));
    assert.equal([live.mayStart('a'), live.mayStart('b')], [true, false]);
  },
);

spec.run();
