/** The catalogue of known bugs is up to date, and the hunt tells a bug that a test finds from one that none does. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { JsxEmit, ModuleKind, ScriptTarget, transpileModule } from 'typescript';
import { assert, describe } from '../support/spec.js';
import { catalogue } from './catalogue.js';
import { hunt, outOfTime } from './hunt.js';
import { type Mutation, mutated, placeOf, staleEntries } from './mutation.js';
import { mutationsPage, pagePath } from './page.js';
import { WorkingCopy } from './working-copy.js';

const root = resolve(import.meta.dirname, '../..');

const entries = describe('the catalogue of known bugs');

entries.test('there are at least sixty, each still fits into its file, and the tests that it names are there', () => {
  assert.ok(catalogue.length >= 60);
  assert.equal(staleEntries(root, catalogue), []);
});

entries.test('a file with a bug in it is still a program: what catches the bug is not that it cannot be read', () => {
  const compilerOptions = { module: ModuleKind.ESNext, target: ScriptTarget.ES2022, jsx: JsxEmit.ReactJSX };
  for (const mutation of catalogue) {
    const made = mutated(root, mutation);
    const { diagnostics = [] } = transpileModule('text' in made ? made.text : '', {
      ...{ compilerOptions, reportDiagnostics: true, fileName: placeOf(mutation) },
    });
    assert.equal([mutation.name, diagnostics.map(({ messageText }) => messageText)], [mutation.name, []]);
  }
});

entries.test('the page of the documents lists these bugs, and a test for each', () => {
  const page = readFileSync(join(root, pagePath), 'utf8');
  const rows = page.split('\n').filter((line) => /^\| `(src|projections)\//.test(line));
  assert.is(rows.length, catalogue.length, 'write it anew: npm run mutate -- --write');
  assert.not.match(page, '**nothing**');
  for (const [index, mutation] of catalogue.entries()) {
    assert.ok(rows[index]!.startsWith(`| \`${placeOf(mutation)}\``), `row ${index + 1} is ${rows[index]}`);
    assert.ok(
      mutation.tests.some((file) => rows[index]!.includes(`\`${file}\``)),
      mutation.name,
    );
  }
});

entries.run();

const lease = {
  file: 'domain/lease.ts',
  find: 'nowMs - observedAtMs > leaseMs',
  tests: ['test/domain/job.test.ts', 'test/worker/monitor.test.ts'],
};

const stale = describe('a stale catalogue');

const problemsOf = (...mutations: readonly Mutation[]) => staleEntries(root, mutations);

stale.test('given entries that fit no more, then each is told with what is wrong', () => {
  const good: Mutation = { ...lease, name: 'good', replace: 'true' };
  assert.equal(problemsOf(good), []);
  assert.match(
    problemsOf({ ...good, find: 'no such text' })[0]!,
    /^good: its text occurs 0 times in src\/domain\/lease/,
  );
  assert.match(problemsOf({ ...good, find: 'Ms' })[0]!, /occurs \d+ times/);
  assert.match(problemsOf({ ...good, file: 'domain/no-such.ts' })[0]!, 'does not exist');
  assert.match(problemsOf({ ...good, replace: good.find })[0]!, 'the same text');
  assert.match(problemsOf(good, good)[0]!, 'another entry has the same name');
  assert.match(problemsOf({ ...good, tests: ['test/no-such.test.ts'] })[0]!, 'there is no test file');
  assert.match(problemsOf({ ...good, tests: [] })[0]!, 'it names no test');
});

stale.run();

const hunting = describe('the hunt', { timeoutMs: 120_000 });
let copy: WorkingCopy;

hunting.before(() => {
  copy = WorkingCopy.of(root);
});
hunting.after(() => copy.remove());

const soundText = () => readFileSync(join(copy.root, 'src', lease.file), 'utf8');

hunting.test(
  'given a bug that a test finds, then it is caught, by that test; the copy is sound afterwards',
  async () => {
    const before = soundText();
    const bug = { ...lease, name: 'no lease ever ends', replace: 'nowMs - observedAtMs > Infinity' };
    const { caughtBy } = await hunt(copy, bug, () => 0);
    assert.is(caughtBy?.file, 'test/worker/monitor.test.ts', 'the first file passes, the second does not');
    assert.match(caughtBy!.title, /^the monitor › given silence of the length of a lease/);
    assert.is(soundText(), before);
  },
);

hunting.test('given a change that no test can find, then it is a survivor', async () => {
  const same = { ...lease, name: 'the same in other words', replace: 'leaseMs < nowMs - observedAtMs' };
  assert.is((await hunt(copy, same, () => 0)).caughtBy, null);
});

hunting.test('given a bug that keeps a program from ending, then it is caught by time', async () => {
  const endless = {
    ...lease,
    name: 'an endless loop',
    replace: '((): boolean => { for (;;) if (nowMs < -1) return true; })()',
    tests: ['test/worker/monitor.test.ts'],
  };
  const { caughtBy } = await hunt(copy, endless, () => 0, { patience: { times: 1, leastMs: 8000 } });
  assert.is(caughtBy?.title, outOfTime);
});

hunting.test(
  'given verdicts, then the page says of each bug by what it is caught, and of a survivor that nothing does',
  async () => {
    const mutation: Mutation = { ...lease, name: 'a | b', replace: 'true' };
    const caughtBy = { file: 'test/x.test.ts', title: 'the suite › given a *thing*, then' };
    const verdicts = [
      { mutation, caughtBy, seed: 7, durationMs: 1 },
      { mutation, caughtBy: null, seed: null, durationMs: 1 },
    ];
    const page = await mutationsPage(verdicts, 60);
    assert.match(page, /60 worlds of the simulation were played too/);
    assert.match(page, /Of these 2 bugs,\s+1 are caught/);
    const rows = page.split('\n').filter((line) => /^\| `(src|projections)\//.test(line));
    assert.match(rows[0]!, 'a \\| b');
    assert.match(rows[0]!, '`test/x.test.ts`: given a \\*thing\\*, then');
    assert.match(rows[0]!, /\| 7 +\|$/);
    assert.match(rows[1]!, '**nothing**');
  },
);

hunting.run();
