// takes: 8s
/** Long lives in short: what a process holds is counted after a few starts, and after many more. `npm run endure` is the rest. */
import * as v8 from 'node:v8';
import { GraphState } from '../../src/domain/graph.js';
import { Store } from '../../src/index.js';
import { eventually } from '../support/eventually.js';
import { assert, describe } from '../support/spec.js';
import { type Engine, manyJobs, manyStarts, manyYears, type Pace } from './lives.js';
import { findingsOf, hasGrown, type Holding } from './measure.js';

/** Counted after garbage is collected. `AbortController` stands for everything that waits, and is to be told to stop. */
const retainable = [Store, GraphState, AbortController, Promise, Map];

function retained(): Record<string, number> {
  return Object.fromEntries(retainable.map((of) => [of.name, v8.queryObjects(of as never, { format: 'count' })]));
}

const short = { samples: 10 } satisfies Pace;

/** Handles and descriptors are counted; the heap of a short run says nothing. */
function assertFlat(samples: readonly Holding[]): void {
  for (const finding of findingsOf(samples)) {
    if (finding.what !== 'heap') assert.not.ok(hasGrown(finding), JSON.stringify({ finding, samples }));
  }
}

const spec = describe('a long life in short', { timeoutMs: 60_000 });

const lives: Readonly<Record<string, (engine: Engine) => Promise<readonly Holding[]>>> = {
  'stores that are opened and workers that start and stop': async (engine) =>
    (await manyStarts(engine, 20, short)).samples,
  'jobs that run while the clock leaps': async (engine) => (await manyJobs(engine, 500, short)).samples,
};

for (const engine of ['memory', 'sqlite'] as const) {
  for (const [name, lead] of Object.entries(lives)) {
    spec.test(`given ${name} on ${engine}, then no handle, file or object is left of them`, async () => {
      // The first time, what is loaded once and kept for ever comes in.
      await lead(engine);
      const before = retained();
      assertFlat(await lead(engine));
      // The last of them may still be on its way out. What leaks stays.
      let after = retained();
      const exact = ['Store', 'GraphState'];
      const most = (what: string) => before[what]! + (exact.includes(what) ? 0 : short.samples);
      await eventually(`no more are left than ${JSON.stringify(before)}`, () => {
        after = retained();
        return Object.entries(after).every(([what, count]) => count <= most(what));
      });
      assert.equal(Object.keys(after), Object.keys(before));
    });
  }
}

spec.test(
  'given decades of virtual time and clocks that leap, then every wait is kept and nothing is left',
  async () => {
    const { samples, told } = await manyYears(20, short);
    assertFlat(samples);
    assert.ok(told['years']! >= 20);
  },
);

spec.test('given more handles in the last quarter of a run than in its first, then that is found', () => {
  const grows = Array.from({ length: 12 }, (_, n) => ({ done: n, heap: 20, handles: n, descriptors: 30 }));
  assert.equal(
    findingsOf(grows).map((finding) => [finding.what, hasGrown(finding)]),
    [
      ['heap', false],
      ['handles', true],
      ['descriptors', false],
    ],
  );
  const leaks = grows.map((sample, n) => ({ ...sample, heap: 20 + 2 * n, handles: 3 }));
  assert.equal(findingsOf(leaks).map(hasGrown), [true, false, false]);
});

spec.run();
