/** Parts of the dependency audit, in cases that no single installation has. */
import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { auditGraph, handlers } from '../../examples/dependency-audit/audit.js';
import { discover } from '../../examples/dependency-audit/discover.js';
import { classify } from '../../examples/dependency-audit/licence-policy.js';
import { joinPackage, measure } from '../../examples/dependency-audit/per-package.js';
import { settle } from '../../examples/dependency-audit/settle.js';
import { parseExpression, writeExpression } from '../../examples/dependency-audit/spdx.js';
import { type RunningJob, start, transactGraph, waitForGraph } from '../../src/index.js';
import { assert, describe } from '../support/spec.js';
import { freshStore, temporaryFolder } from '../support/stores.js';

const licences = describe('licences of the dependency audit');

licences.test('given an expression, then it is read as SPDX has it, and written in one way', () => {
  const written = (text: string) => {
    const expression = parseExpression(text);
    return expression === null ? null : writeExpression(expression);
  };
  assert.is(written('MIT'), 'MIT');
  assert.is(written('(MIT)'), 'MIT');
  assert.is(written('( MIT or  Apache-2.0 )'), 'MIT OR Apache-2.0');
  assert.is(written('MIT AND ISC OR GPL-2.0+'), '(MIT AND ISC) OR GPL-2.0+');
  assert.is(written('(GPL-2.0 WITH Classpath-exception-2.0)'), 'GPL-2.0 WITH Classpath-exception-2.0');
  for (const none of [
    '',
    'MIT OR',
    'OR MIT',
    '(MIT',
    'MIT)',
    'MIT, ISC',
    'SEE LICENSE IN x',
    'MIT WITH',
    '()',
    '<b>',
  ]) {
    assert.is(written(none), null, none);
  }
});

licences.test(
  'given a declared licence, then the more permissive of two to choose from counts, and the stricter of two that both hold',
  () => {
    const classes: readonly (readonly [declared: string | null, is: string])[] = [
      ['mit', 'permissive'],
      ['GPL-3.0-or-later OR MIT', 'permissive'],
      ['Unheard-Of-1.0 OR MIT', 'permissive'],
      ['GPL-3.0-or-later AND MIT', 'strong copyleft'],
      ['MPL-2.0 AND MIT', 'weak copyleft'],
      ['LGPL-2.1', 'weak copyleft'],
      ['GPL-2.0-only WITH Classpath-exception-2.0', 'weak copyleft'],
      ['AGPL-3.0', 'strong copyleft'],
      ['MIT AND Unheard-Of-1.0', 'unknown'],
      ['SEE LICENSE IN LICENSE.txt', 'unknown'],
      ['UNLICENSED', 'not licensed'],
      [null, 'missing'],
    ];
    for (const [declared, is] of classes) assert.is(classify(declared), is, declared ?? 'none');
  },
);

licences.run();

const discovery = describe('what the dependency audit discovers');

discovery.test('given a lock file, then it says what is production, and what is missing', () => {
  const root = projectWith(['a', 'b', 'b/node_modules/a']);
  const packages = {
    '': {},
    'node_modules/a': { version: '1.0.0' },
    'node_modules/b': { version: '1.0.0', dev: true },
    'node_modules/c': { version: '1.0.0' },
    'node_modules/for-another-system': { version: '1.0.0', optional: true },
    'node_modules/workspace': { link: true },
  };
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ lockfileVersion: 3, packages }));
  const found = discover(root);
  assert.equal(found.packages, [
    { location: 'node_modules/a', locked: { version: '1.0.0', scope: 'production' } },
    { location: 'node_modules/b', locked: { version: '1.0.0', scope: 'development' } },
    { location: 'node_modules/b/node_modules/a', locked: null },
  ]);
  assert.equal(found.missing, ['node_modules/c']);
});

discovery.test('given a lock file that is no JSON, or of long ago, then it is refused, or passed over', () => {
  const root = projectWith(['a']);
  writeFileSync(join(root, 'package-lock.json'), '{');
  assert.throws(() => discover(root), /package-lock\.json cannot be read as JSON/);
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ lockfileVersion: 1, dependencies: {} }));
  assert.is(discover(root).packages[0]!.locked, null);
});

discovery.test('given names no job could have, then their jobs have others', async () => {
  const long = 'x'.repeat(240);
  const nested = `${long}/node_modules/${long}`;
  const names = ['line\nbreak', 'per%cent', 'a+b', '@a/b', '@a/b/node_modules/c', 'space ', long, nested];
  const root = projectWith(names);
  const db = await freshStore('memory');
  const { graphId } = await transactGraph(db, auditGraph({ root, out: temporaryFolder() }, 'audit'));
  const worker = await start({ concurrency: 4 }, db, handlers);
  const { status, jobs } = await waitForGraph(db, graphId);
  await worker.stop();
  await db.close();
  assert.is(status, 'finished');
  assert.is((jobs['inventory']!.result as { packages: number }).packages, names.length);
  const manifests = Object.values(jobs).flatMap(({ id, type }) => (type === 'manifest' ? [id] : []));
  assert.is(manifests.length, names.length);
  for (const name of ['line%0Abreak', 'a%2Bb', '@a+b', '@a+b>c'])
    assert.ok(manifests.includes(`installed/manifest:${name}`), name);
});

discovery.run();

const settling = describe('settle of the dependency audit');

settling.test('given no look yet, then it hands its look on, and faults until the time for a second one', async () => {
  const { job, beats } = await settleJob(['a'], null);
  await assert.rejects(settle(job), /looked once/);
  assert.is(beats.length, 1);
});

settling.test('given a look too short a while ago, then it faults again, and keeps that look', async () => {
  const firstLookAt = Date.now() - 10;
  const { job, beats } = await settleJob(['a'], { firstLookAt });
  await assert.rejects(settle(job), /looked once/);
  assert.equal(beats, [{ firstLookAt }]);
});

settling.test('given a look long enough ago, then it names the packages that are not what they were', async () => {
  const { job, root } = await settleJob(['a', 'gone', 'touched', 'grown'], { firstLookAt: Date.now() - 60_000 });
  rmSync(join(root, 'node_modules/gone'), { recursive: true });
  utimesSync(join(root, 'node_modules/touched/package.json'), 1, 1);
  writeFileSync(join(root, 'node_modules/grown/new.js'), '');
  const { changed, changedTotal, quietMs } = await settle(job);
  assert.equal(changed, ['node_modules/gone', 'node_modules/touched', 'node_modules/grown']);
  assert.is(changedTotal, 3);
  assert.ok(quietMs >= 60_000);
});

settling.run();

function projectWith(packages: readonly string[]): string {
  const root = temporaryFolder();
  writeFileSync(join(root, 'package.json'), JSON.stringify({ name: 'project' }));
  for (const name of packages) {
    mkdirSync(join(root, 'node_modules', name), { recursive: true });
    writeFileSync(join(root, 'node_modules', name, 'package.json'), JSON.stringify({ name, version: '1.0.0' }));
  }
  return root;
}

/** A job as the engine would give it to `settle`, after these packages were measured. */
async function settleJob(packages: readonly string[], details: { readonly firstLookAt: number } | null) {
  const root = projectWith(packages);
  const out = temporaryFolder();
  const beats: unknown[] = [];
  const jobWith = (args: object, inputs: object): RunningJob => ({
    ...{ graphId: 'audit', id: 'job', type: 'job', status: 'started', attempt: 1, labels: {}, details },
    args: { root, out, quietMs: 5000, ...args },
    inputs: { ...inputs },
    parents: {},
    signal: new AbortController().signal,
    heartbeat: async (given) => void beats.push(given),
    spawn: () => [],
  });
  const inputs: Record<string, unknown> = {};
  for (const name of packages) {
    const location = `node_modules/${name}`;
    const measured = await measure(jobWith({ location, locked: null }, {}));
    const idOf = (type: string) => `installed/${type}:${name}`;
    const others = { [idOf('manifest')]: { location }, [idOf('licence')]: {}, [idOf('hash')]: {} };
    inputs[idOf('package')] = joinPackage(jobWith({}, { ...others, [idOf('measure')]: measured }));
  }
  return { root, beats, job: jobWith({}, inputs) };
}
