import { verify } from '../../src/history/verify/verify.js';
import type { Store } from '../../src/index.js';
import { assert } from './spec.js';

/** Every event of the log can follow from those before it. */
export async function assertSound(db: Store): Promise<void> {
  const { problems } = await verify(db);
  assert.equal(problems, []);
}
