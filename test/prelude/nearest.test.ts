/** Which name a misspelt one means. */
import { closeAmong, closeTo, didYouMean, nearestTo } from '../../src/prelude/nearest.js';
import { assert, describe } from '../support/spec.js';

const spec = describe('the nearest name', { timeoutMs: 20_000 });

spec.test('letters that are missing, wrong, one too many, swapped, or in another case', () => {
  const names = ['report', 'fetch', 'page-1'];
  for (const slip of ['reprt', 'repart', 'reportt', 'reprot', 'REPORT', 'rpeort']) {
    assert.is(closeTo(slip, names), 'report', slip);
  }
  assert.is(closeTo('page-2', ['page-1', 'page-12']), 'page-1', 'the nearest of several');
  assert.is(closeTo('ab', ['ba']), 'ba');
});

spec.test('a name that is far away is not meant, nor is the name itself', () => {
  const far: readonly (readonly [string, readonly string[]])[] = [
    ['xyz', ['report', 'abc']],
    ['h', ['g', 'i']],
    ['', ['a', '']],
    ['nightly', ['nightly']],
    ['report', ['reporting-service']],
    ['x'.repeat(101), [`${'x'.repeat(100)}y`]],
    ['a-name-of-forty-letters-for-a-long-job-1', ['b-nome-of-farty-letters-far-a-lung-job-1']],
  ];
  for (const [name, names] of far) {
    assert.is(closeTo(name, names), null, name);
    assert.is(didYouMean(name, names), '');
  }
  assert.is(didYouMean('reprot', ['report']), '; did you mean report?');
});

spec.test('among few names of ours, one is meant sooner; and where one is asked for, there is always one', () => {
  const options = ['type', 'after', 'args', 'retry', 'timeoutMs'];
  assert.is(closeTo('retries', options), null);
  assert.is(closeAmong('retries', options), 'retry');
  assert.is(closeAmong('dependencies', options), null);
  assert.ok(options.includes(nearestTo('dependencies', options)));
});

spec.test('the distance is that of the fewest changes, whatever is left out to find it soon', () => {
  const letters = ['a', 'b', 'c'];
  const words = ['', ...letters.flatMap((x) => letters.flatMap((y) => letters.map((z) => [x, y, z].join(''))))];
  const longer = words.flatMap((word) => ['bb', 'ca'].map((end) => `${word}${end}`));
  for (const name of longer) {
    for (const known of words) {
      const near = closeAmong(name, [known]) !== null;
      assert.is(
        near,
        name !== known && slowDistance(name, known) <= Math.max(2, Math.ceil(name.length * 0.4)),
        `${name} ${known}`,
      );
    }
  }
});

/** The same distance, as its definition reads. */
function slowDistance(a: string, b: string): number {
  if (a === '' || b === '') return a.length + b.length;
  const [x, y] = [a.slice(1), b.slice(1)];
  const ways = [slowDistance(x, b) + 1, slowDistance(a, y) + 1, slowDistance(x, y) + (a[0] === b[0] ? 0 : 1)];
  if (a.length > 1 && a[0] === b[1] && a[1] === b[0]) ways.push(slowDistance(a.slice(2), b.slice(2)) + 1);
  return Math.min(...ways);
}

spec.test('of a million names, all alike, the one that is near is found', () => {
  const names = Array.from(
    { length: 1_000_000 },
    (_, index) => `some-long-prefix-of-a-page-${String(index).padStart(7, '0')}`,
  );
  assert.is(closeTo('some-long-prefix-of-a-page-123456', names), 'some-long-prefix-of-a-page-0123456');
  assert.is(closeTo('quite-another-name-of-the-same-size-01', names), null);
});
spec.run();
