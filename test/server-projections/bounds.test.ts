/** How large a graph the projections in a server take, and in which pieces they tell of it. */
import type { DomainEvent, JobDefinition, RecordedEvent } from '../../src/domain/events.js';
import { Recorder, started, submitted } from '../support/given.js';
import { assert, describe } from '../support/spec.js';
import type { ProgressState } from './expected.js';
import { assertParity, Projected } from './projected.js';

const spec = describe('projections, at their bounds', { timeoutMs: 30_000 });

function flat(jobs: number, parents: (index: number) => readonly string[] = () => []): readonly JobDefinition[] {
  return Array.from({ length: jobs }, (_, index) => ({ id: `j${index}`, type: 't', parents: parents(index) }));
}

function submissionOf(jobs: readonly JobDefinition[]): RecordedEvent {
  const event = submitted({}) as Extract<DomainEvent, { type: 'GraphSubmitted' }>;
  return new Recorder().record({ graphId: 'g', jobId: null }, { ...event, data: { ...event.data, jobs } });
}

spec.test('a graph of ten thousand jobs with two dependencies each is told of in bounded pieces', () => {
  const jobs = flat(10_000, (index) => (index < 2 ? [] : [`j${index - 1}`, `j${index - 2}`]));
  const events = [submissionOf(jobs)];
  const projected = new Projected().take(events);
  assertParity(projected, events);
  const sizes = projected.changes().map(({ data }) => data.changes.reduce((sum, { jobIds }) => sum + jobIds.length, 0));
  assert.is(
    sizes.reduce((sum, size) => sum + size),
    10_000,
  );
  assert.ok(Math.max(...sizes) <= 500);
});

spec.test('a graph beyond the limits is passed over, and said to be', () => {
  const long = 'x'.repeat(1_000_001);
  const ruled = flat(5001, (index) => (index < 2 ? [] : ['j0', 'j1'])).map(
    (job) => ({ ...job, when: 'all-ended' }) as const,
  );
  for (const jobs of [
    flat(10_001),
    flat(5000, () => Array.from({ length: 7 }, () => 'j0')),
    ruled,
    [{ ...flat(1)[0]!, id: long }],
  ]) {
    const projected = new Projected().take([submissionOf(jobs)]);
    assert.is(projected.progress.state<ProgressState>('g').status, 'too-large');
    assert.equal(projected.progress.state<ProgressState>('g').jobs, []);
    assert.equal(projected.changes(), [{ eventType: 'GraphPassedOver', data: { graphId: 'g', reason: 'too-large' } }]);
    projected.take([new Recorder().record({ graphId: 'g', jobId: 'j0' }, started())]);
    assert.is(projected.changes().length, 1);
    assert.is(projected.outcome(['g']).history['g']!.length, 2);
  }
});

spec.run();
