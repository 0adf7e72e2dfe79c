/** The page in a program that is one file with the package in it: it has to be told where the files of the page are. */
import { execFileSync } from 'node:child_process';
import { cpSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { webHandler } from '../../src/index.js';
import { refusal } from '../support/refusal.js';
import { assert, describe } from '../support/spec.js';
import { freshStore, temporaryFolder } from '../support/stores.js';

const dist = resolve(import.meta.dirname, '../../dist');

/** Says what becomes of the page without being told where it is, and with it. */
const program = `
const { exportIncident, jobGraph, store, transactGraph, webHandler } = require(${JSON.stringify(join(dist, 'index.js'))});
const { join } = require('node:path');

const refused = async (what) => {
  try {
    await what();
    return 'nothing';
  } catch ({ code, message }) {
    return { code, message };
  }
};

async function fileOf(db, options) {
  let text = '';
  for await (const piece of exportIncident(db, options)) text += piece;
  return text;
}

async function main() {
  const db = await store('memory:');
  await transactGraph(db, jobGraph({ a: [] }, {}, { id: 'g' }));
  const untold = [await refused(() => webHandler(db)), await refused(() => fileOf(db))];
  const page = join(__dirname, 'page');
  const answers = [];
  for (const options of [{ page }, { page: join(__dirname, 'elsewhere') }]) {
    const answer = await webHandler(db, options)(new Request('http://localhost/'));
    answers.push([answer.status, (await answer.text()).slice(0, 15).toLowerCase()]);
  }
  const file = await fileOf(db, { graphId: 'g', page });
  await db.close();
  console.log(JSON.stringify({ untold, answers, file: [file.slice(0, 15).toLowerCase(), file.length > 100_000] }));
}
main();
`;

const spec = describe('the page of a bundled program', { timeoutMs: 60_000 });

spec.test('given a bundle of CommonJS, then it is told what to do, and has the page once that is done', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'program.cjs'), program);
  await build({
    entryPoints: [join(folder, 'program.cjs')],
    outfile: join(folder, 'out/bundle.cjs'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['better-sqlite3'],
    logLevel: 'error',
  });
  // It has a native part, which stays outside of bundles.
  symlinkSync(resolve(import.meta.dirname, '../../node_modules'), join(folder, 'node_modules'));
  // What the error says.
  cpSync(join(dist, 'web/page'), join(folder, 'out/page'), { recursive: true });
  const { untold, answers, file } = JSON.parse(
    execFileSync(process.execPath, [join(folder, 'out/bundle.cjs')], { encoding: 'utf8' }),
  ) as {
    readonly untold: readonly { readonly code: string; readonly message: string }[];
    readonly answers: readonly (readonly [number, string])[];
    readonly file: readonly [string, boolean];
  };
  for (const [at, call] of ['webHandler', 'exportIncident'].entries()) {
    const { code, message } = untold[at]!;
    assert.is(code, 'web-invalid');
    assert.match(message, 'copy the folder `node_modules/overseer/dist/web/page` beside the bundle');
    assert.match(message, `${call}(store, { page: join(__dirname, 'page') })`);
  }
  assert.equal(answers, [
    [200, '<!doctype html>'],
    [503, '{"error":{"code'],
  ]);
  assert.equal(file, ['<!doctype html>', true]);
});

spec.test('given a page that is no folder, then it is refused; a path and a file URL are taken', async () => {
  const db = await freshStore('memory');
  for (const page of [7, '', null, new URL('https://example.com/page/')]) {
    const [code, message] = await refusal(() => webHandler(db, { page: page as never }));
    assert.is(code, 'web-invalid');
    assert.match(message, /^page is .*; it is the path, or the file URL, of a folder$/);
  }
  for (const page of [join(dist, 'web/page'), pathToFileURL(join(dist, 'web/page')), `${join(dist, 'web/page')}/`]) {
    assert.is((await webHandler(db, { page })(new Request('http://localhost/page.js'))).status, 200);
  }
  await db.close();
});

spec.run();
