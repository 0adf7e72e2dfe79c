/** The URLs of the page: whatever a graph or a job is called, its place leads back to it. */
import fc from 'fast-check';
import { fragmentOf, placeOf } from '../../../src/web/app/state/place.js';
import { assert, describe } from '../../support/spec.js';

const spec = describe('places of the page');
const names = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 });

spec.test('a place that is written and read is the same place', () => {
  fc.assert(
    fc.property(fc.array(names, { maxLength: 3 }), fc.dictionary(names, names), (path, params) => {
      const read = placeOf(fragmentOf(path, params));
      assert.equal(read.path, path);
      assert.equal({ ...read.params }, { ...params });
    }),
  );
});

spec.test('parameters without a value are left out, and so is what is too long', () => {
  assert.is(fragmentOf(['graph', 'a/b'], { at: null, job: '', view: 'timeline' }), '#/graph/a%2Fb?view=timeline');
  assert.ok(placeOf(`#/graph/${'x'.repeat(1e6)}`).path[1]!.length < 20_001);
  assert.equal(placeOf('#/graph/%E0%A4%A').path, ['graph', '%E0%A4%A']);
  assert.equal(placeOf('#token=secret'), { path: [], params: {} });
});
spec.run();
