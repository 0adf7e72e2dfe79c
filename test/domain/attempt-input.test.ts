/** What a handler is told of its job's parents. */
import { endingsOf, inputsFrom, parentsAtStart, parentsNow } from '../../src/domain/attempt-input.js';
import type { JobDefinition } from '../../src/domain/events.js';
import { failed, finished, graphAfter, type Happening, skipped, spawned, started } from '../support/given.js';
import { assert, describe } from '../support/spec.js';

const spec = describe('what a handler is told of parents');

const anyFinished = (): Happening => {
  const job = (id: string, more: Partial<JobDefinition> = {}): JobDefinition => ({
    id,
    type: id,
    parents: [],
    ...more,
  });
  const jobs = [job('a'), job('b'), job('c', { parents: ['a', 'b'], when: 'any-finished' })];
  return { type: 'GraphSubmitted', data: { part: 1, parts: 1, jobs, args: {}, labels: {}, priority: 0 } };
};

spec.test('given a parent that ends after the start, then the handler is told of it as it was then', () => {
  const graph = graphAfter(
    anyFinished(),
    ...([
      ['a', started()],
      ['a', finished(1, 7)],
      ['c', started()],
    ] as const),
    ...([
      ['b', started()],
      ['b', finished(1, 8)],
    ] as const),
  );
  const job = graph.jobs.get('c')!;
  assert.equal(inputsFrom(parentsAtStart(job)), { a: 7 });
  assert.equal(inputsFrom(parentsNow(job)), { a: 7, b: 8 });
  const { a, b } = endingsOf(parentsAtStart(job));
  assert.equal([a!.status, b!.status], ['finished', 'unstarted']);
});

spec.test('given parents that came to be after the start, then the handler is not told of them', () => {
  const job = (id: string, more: Partial<JobDefinition> = {}): JobDefinition => ({
    id,
    type: id,
    parents: [],
    ...more,
  });
  const waiting = { parents: ['a', 'list'], when: 'any-finished', withSpawned: ['list'] } as const;
  const jobs = [job('a'), job('list'), job('c', waiting)];
  const graph = graphAfter(
    { type: 'GraphSubmitted', data: { part: 1, parts: 1, jobs, args: {}, labels: {}, priority: 0 } },
    ...([
      ['a', started()],
      ['a', finished(1, 7)],
      ['c', started()],
      ['list', started()],
      ['list', spawned({ 'list/x': {} })],
      ['list', finished()],
    ] as const),
  );
  assert.equal(Object.keys(endingsOf(parentsAtStart(graph.jobs.get('c')!))), ['a', 'list']);
  assert.equal(Object.keys(endingsOf(parentsNow(graph.jobs.get('c')!))), ['a', 'list', 'list/x']);
});

spec.test(
  'given parents that failed, were skipped, or can never run, then why is told as far as it is their own',
  () => {
    const graph = graphAfter(
      anyFinished(),
      ...([
        ['a', started()],
        ['a', failed()],
        ['b', started()],
        ['b', skipped()],
      ] as const),
    );
    const failure = { reason: 'system/exception', exception: 'Error', message: 'boom' };
    assert.equal(endingsOf(parentsNow(graph.jobs.get('c')!)), {
      a: { status: 'failed', failure, reason: null },
      b: { status: 'skipped', failure: null, reason: 'nothing new' },
    });
  },
);

spec.run();
