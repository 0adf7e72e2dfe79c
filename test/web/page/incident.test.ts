// time-limit: 300s
// takes: 20s
/** An incident file in a real browser: opened from a disk, without a server or a network. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { exportIncident, type Store, store, verify } from '../../../src/index.js';
import { incidentClosing, incidentOpening } from '../../../src/evidence/incident-format.js';
import { Chromium, type Opened, whyNoChromium } from '../../support/chromium.js';
import { eventually } from '../../support/eventually.js';
import { assert, describe } from '../../support/spec.js';
import { exportText, freshStore, temporaryFolder } from '../../support/stores.js';
import { runFailing } from '../server/browser.js';

let db: Store;
let chromium: Chromium;
const folder = temporaryFolder();

const spec = describe('an incident file', { timeoutMs: 60_000 });

spec.before(async () => {
  db = await freshStore('memory');
  await runFailing(db, 'nightly', { team: '</script><script>alert(1)</script>' });
});
spec.after(() => db.close());

async function written(name: string, options: Parameters<typeof exportIncident>[1] = {}): Promise<string> {
  const path = join(folder, name);
  let text = '';
  for await (const piece of exportIncident(db, options)) text += piece;
  writeFileSync(path, text);
  return path;
}

/** The file with another export in it. */
function altered(path: string, name: string, change: (lines: string) => string): string {
  const text = readFileSync(path, 'utf8');
  const from = text.indexOf(incidentOpening) + incidentOpening.length;
  const to = text.indexOf(incidentClosing, from);
  const lines = gunzipSync(Buffer.from(text.slice(from, to), 'base64')).toString();
  const packed = gzipSync(change(lines)).toString('base64');
  const other = join(folder, name);
  writeFileSync(other, text.slice(0, from) + packed + text.slice(to));
  return other;
}

spec.test('holds the very export, which every command reads', async () => {
  const path = await written('whole.html', { graphId: 'nightly' });
  const held = await store(path);
  assert.is(await exportText(held, { graphId: 'nightly' }), await exportText(db, { graphId: 'nightly' }));
  assert.equal((await verify(held)).problems, []);
  await held.close();
  const markup = readFileSync(path, 'utf8').split('alert(1)').length - 1;
  assert.is(markup, 0, 'what stands in an event is nowhere in the file as it is');
});

spec.test('a file without an export, or with a damaged one, is refused with the place', async () => {
  const path = await written('good.html', { graphId: 'nightly' });
  const text = readFileSync(path, 'utf8');
  const from = text.indexOf(incidentOpening) + incidentOpening.length;
  const cases = {
    'none.html': ['<!doctype html><p>hello</p>', /no export is in it/],
    'letters.html': [`${text.slice(0, from)}%%%${text.slice(from + 3)}`, /it is not base64/],
    'cut.html': [
      `${text.slice(0, from + 400)}${text.slice(text.indexOf(incidentClosing, from))}`,
      /cannot be unpacked/,
    ],
  } as const;
  for (const [name, [content, says]] of Object.entries(cases)) {
    writeFileSync(join(folder, name), content);
    await assert.rejects(() => store(join(folder, name)), says);
  }
  const changed = altered(path, 'changed.html', (lines) => lines.replace('No Such Table', 'No Such Chair'));
  await assert.rejects(() => store(changed), /not those that the tree head covers/);
});

spec.test('what is wrong with the export is thrown to whoever reads the pieces', async () => {
  await assert.rejects(() => written('none.html', { graphId: 'nobody' }), /there is no graph "nobody"/);
  const pieces = exportIncident(db, { graphId: 'nightly' });
  await pieces.next();
  await pieces.return(undefined);
});
spec.run();

const browser = describe('an incident file in a browser', { timeoutMs: 60_000, missing: whyNoChromium });
browser.before(async () => {
  if (whyNoChromium !== null) return;
  db = await freshStore('memory');
  await runFailing(db, 'nightly', { team: 'billing' });
  chromium = await Chromium.start();
});
browser.after(async () => {
  if (whyNoChromium !== null) return;
  await chromium.close();
  await db.close();
});

const openFile = (path: string, place = ''): Promise<Opened> =>
  chromium.open(`${pathToFileURL(path).href}${place === '' ? '' : `#/${place}`}`, { offline: true });

browser.test('opens at its graph, shows every moment, and checks its own tree head', async () => {
  const opened = await openFile(await written('open.html', { graphId: 'nightly' }));
  await opened.page.getByRole('heading', { name: 'nightly' }).waitFor();
  await opened.page.locator('[data-evidence=sound]').waitFor();
  const shown = (await opened.page.locator('[data-evidence] code').textContent())!;
  const held = await store(join(folder, 'open.html'));
  assert.is(shown, (await verify(held)).treeHead!.rootHash);
  await held.close();
  await opened.page.keyboard.press('Home');
  await eventually('the beginning is shown', async () =>
    /1 ready2 waiting/.test((await opened.page.locator('.graph-bar').textContent()) ?? ''),
  );
  assert.equal(opened.complaints, []);
  assert.equal(
    opened.requests.filter((url) => !/^(file|data|blob):/.test(url)),
    [],
    'nothing is asked of a network',
  );
});

browser.test('of a whole log, it lists the graphs; and a redacted value is not in it', async () => {
  await runFailing(db, 'weekly');
  const path = await written('all.html', { redact: ['failure.message'] });
  const opened = await openFile(path);
  await opened.page.getByRole('link', { name: 'weekly' }).click();
  await opened.page.getByRole('heading', { name: 'weekly' }).waitFor();
  await opened.page.getByText('redacted').first().waitFor();
  const content = await opened.page.content();
  assert.is(content.includes('No Such Table'), false);
  assert.equal(opened.complaints, []);
});

browser.test('altered, it says so; damaged, it says where', async () => {
  const path = await written('sound.html', { graphId: 'nightly' });
  const changed = altered(path, 'altered.html', (lines) => lines.replace('No Such Table', 'No Such Chair'));
  const first = await openFile(changed);
  await first.page.locator('[data-evidence=damaged]').waitFor();
  assert.match((await first.page.locator('[data-evidence]').textContent()) ?? '', /altered: line \d+ of the export/);
  const cut = altered(path, 'line.html', (lines) => lines.replace(/"graphId"/g, '"grphId"'));
  const second = await openFile(cut);
  await second.page.getByText(/damaged: line 2 of the export/).waitFor();
  const text = readFileSync(path, 'utf8');
  const from = text.indexOf(incidentOpening) + incidentOpening.length;
  const short = join(folder, 'short.html');
  writeFileSync(short, `${text.slice(0, from + 400)}${text.slice(text.indexOf(incidentClosing, from))}`);
  const third = await openFile(short);
  await third.page.getByText(/damaged: after \d+ lines, what it holds cannot be unpacked/).waitFor();
});
browser.run();
