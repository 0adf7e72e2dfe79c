// takes: 18s
// time-limit: 240s
import { existsSync, readFileSync } from 'node:fs';
import { assert, describe } from '../support/spec.js';
import { pagesFile, CliSandbox } from './cli-sandbox.js';

const spec = describe('export, import and audit', { timeoutMs: 60_000 });

interface Head {
  readonly size: number;
  readonly rootHash: string;
}

/** A folder in which a graph `pages` has run. */
async function withGraph(): Promise<CliSandbox> {
  const sandbox = new CliSandbox({ 'pages.ts': pagesFile });
  assert.is((await sandbox.overseer('run', 'pages.ts', '--id', 'pages')).code, 0);
  return sandbox;
}

const lines = (text: string) => text.trimEnd().split('\n');

spec.test('a graph is exported, mailed, looked at, imported, and exported as the same file', async () => {
  const sandbox = await withGraph();
  const written = await sandbox.overseer('export', 'pages', '-o', 'pages.jsonl');
  assert.is(written.stdout, 'exported 9 events to pages.jsonl\n');
  const text = readFileSync(sandbox.path('pages.jsonl'), 'utf8');
  assert.is((await sandbox.overseer('export', 'pag')).stdout, text);
  assert.is(lines(text).length, 11);
  for (const words of [['show', 'pages'], ['history', 'pages'], ['graphs'], ['log'], ['explain', 'pages/report']]) {
    const [own, mailed] = await Promise.all([
      sandbox.overseer(...words),
      sandbox.overseer(...words, '--store', 'pages.jsonl'),
    ]);
    assert.equal([mailed.code, mailed.stdout, mailed.stderr], [0, own.stdout, '']);
  }
  const elsewhere = ['--store', 'sqlite:elsewhere.db'];
  assert.is((await sandbox.overseer('import', 'pages.jsonl', ...elsewhere)).code, 3);
  await sandbox.overseer('install', ...elsewhere);
  const imported = 'imported 9 events of 1 graph from pages.jsonl';
  assert.is((await sandbox.overseer('import', 'pages.jsonl', ...elsewhere)).stdout, `${imported}\n`);
  const again = await sandbox.overseer('import', 'pages.jsonl', ...elsewhere);
  assert.is(again.stdout, `${imported.replace('9', '0')}; 9 events were there already\n`);
  assert.is((await sandbox.overseer('export', 'pages', ...elsewhere)).stdout, text);
  assert.equal(await sandbox.json('import', 'pages.jsonl', ...elsewhere), {
    file: 'pages.jsonl',
    fromNamespace: 'overseer',
    namespace: 'overseer',
    events: 9,
    graphs: 1,
    imported: 0,
  });
});

spec.test('what is redacted is not in the file, and everything else is, with the same head', async () => {
  const sandbox = await withGraph();
  const redact = ['--redact', 'result.page', '--redact', 'jobs[].args', '--redact', 'result.nothing.here'];
  const { stdout, stderr } = await sandbox.overseer('export', '--all', '-o', 'redacted.jsonl', ...redact);
  assert.is(stdout, 'exported 9 events to redacted.jsonl, without 4 redacted values\n');
  assert.is(stderr, 'overseer: no event has a value at result.nothing.here, so nothing was redacted there\n');
  assert.is(/"page":\d/.test(readFileSync(sandbox.path('redacted.jsonl'), 'utf8')), false);
  const head = await sandbox.json<Head>('audit', 'head');
  assert.equal(
    [(await sandbox.json<Head>('audit', 'head', '--store', 'redacted.jsonl')).rootHash, head.size],
    [head.rootHash, 9],
  );
  const verified = await sandbox.overseer('verify', '--store', 'redacted.jsonl');
  assert.match(verified.stdout, /^the log is sound: 9 events/);
  assert.match(verified.stdout, new RegExp(`root hash ${head.rootHash}`));
  const { code, stderr: refused } = await sandbox.overseer('import', 'redacted.jsonl');
  assert.is(code, 2);
  assert.match(refused, /^overseer: redacted\.jsonl cannot be imported, since parts of it were redacted/);
});

spec.test('a head is kept, an event is proven, and the log is shown to go on from it', async () => {
  const sandbox = await withGraph();
  const head = await sandbox.overseer('audit', 'head', '--json');
  const proof = await sandbox.overseer('audit', 'prove', 'pages#3', '--redact', 'result');
  sandbox.write({ 'head.json': head.stdout, 'proof.json': proof.stdout });
  const other = new CliSandbox({ 'head.json': head.stdout, 'proof.json': proof.stdout });
  const checked = await other.overseer('audit', 'check', 'proof.json', '--head', 'head.json');
  assert.match(
    checked.stdout,
    /^the proof holds: JobFinished of pages\/start \([0-9a-f-]{36}\) is event 3 of this log\n/,
  );
  assert.equal([checked.code, checked.stderr], [0, '']);
  await sandbox.overseer('run', 'pages.ts', '--id', 'more');
  const on = await sandbox.overseer('audit', 'consistent', 'head.json');
  assert.is(on.stdout, 'the log continues from that tree head: its 9 events are unchanged, and 9 came since\n');
  const consistency = await sandbox.overseer('audit', 'consistent', head.stdout, '--json');
  other.write({ 'consistency.json': consistency.stdout });
  assert.match(
    (await other.overseer('audit', 'check', 'consistency.json')).stdout,
    /^the proof holds: the log of 9 events is/,
  );
  assert.is(existsSync(other.path('overseer.db')), false);
  other.write({ 'proof.json': proof.stdout.replace('"attempt": 1', '"attempt": 2') });
  const spoilt = await other.overseer('audit', 'check', 'proof.json');
  assert.is(spoilt.code, 1);
  assert.match(spoilt.stdout, /^the proof does not hold: the event and its path do not lead to the root hash/);
});

spec.test('an export is checked by itself, and against a head', async () => {
  const sandbox = await withGraph();
  await sandbox.overseer('export', '--all', '-o', 'all.jsonl');
  const head = (await sandbox.overseer('audit', 'head', '--json')).stdout;
  const good = await sandbox.overseer('audit', 'check', 'all.jsonl', '--head', head);
  assert.match(good.stdout, /^all\.jsonl is complete and unchanged\nlog +namespace overseer\nsize +9 events\n/);
  const forged = JSON.stringify({ ...(JSON.parse(head) as Head), rootHash: '0'.repeat(64) });
  const bad = await sandbox.overseer('audit', 'check', 'all.jsonl', '--head', forged);
  assert.is(bad.code, 1);
  assert.match(
    bad.stdout,
    /^the export does not hold: the tree head covers 9 events, and the first 9 of all\.jsonl are/,
  );
  sandbox.write({
    'edited.jsonl': readFileSync(sandbox.path('all.jsonl'), 'utf8').replace('JobStarted', 'JobStartet'),
  });
  for (const words of [
    ['audit', 'check', 'edited.jsonl'],
    ['verify', '--store', 'edited.jsonl'],
    ['import', 'edited.jsonl'],
  ]) {
    const { code, stdout, stderr } = await sandbox.overseer(...words);
    assert.equal([code, stdout], [1, '']);
    assert.match(
      stderr,
      /^overseer: edited\.jsonl, line 11: the events before it are not those that the tree head covers/,
    );
  }
});

const wrongCalls: readonly (readonly [words: string, code: number, sentence: RegExp])[] = [
  ['export', 2, /^name the graph to export, or give --all$/],
  ['export pages --all', 2, /^give a graph or --all, not both$/],
  ['export pages/start', 2, /^"pages\/start" names a job; a graph is exported whole, so give pages$/],
  ['export nobody', 2, /^there is no graph "nobody"$/],
  ['export pages --redact attempt', 2, /^"attempt" cannot be redacted: attempt is part of what every proof shows$/],
  ['export pages --redact a..b', 2, /^"a\.\.b" is not a path in an event's data; give one such as result,/],
  ['export pages -o pages.ts', 2, /^pages\.ts exists already; name another file, or delete it first$/],
  ['export pages -o no/where', 2, /^no\/where cannot be written: /],
  ['import nowhere.jsonl', 3, /^the export nowhere\.jsonl cannot be read: there is no such file$/],
  ['import overseer.db', 1, /^overseer\.db, line 1: it is not (the header of an export|UTF-8 text)/],
  ['verify --store pages.jsonl', 3, /^the export pages\.jsonl cannot be read: there is no such file$/],
  ['audit prove nobody#1', 2, /^there is no graph "nobody"$/],
  ['audit prove pages#99', 2, /^graph pages has no event #99; it has 9 events$/],
  ['audit prove @99', 2, /holds no event at @99$/],
  ['audit prove 79d8605e-b9d3-4524-9a60-fc20d059d938', 2, /holds no event 79d8605e-/],
  ['audit prove it', 2, /^"it" names no event; give its id, @POSITION, or GRAPH#N$/],
  ['audit consistent nope.json', 2, /^there is no file nope\.json$/],
  [
    'audit consistent {}',
    2,
    /^this is not a valid tree head: namespace: expected string, got nothing; give what `overseer audit/,
  ],
  ['audit consistent pages.ts', 2, /^the tree head is not JSON; give what `overseer audit head --json` printed$/],
  [
    'audit check pages.ts',
    2,
    /^pages\.ts:2:1: not a proof, since it is not JSON: "i" cannot stand here; a value is expected$/,
  ],
  ['audit check nope.json', 2, /^there is no file nope\.json$/],
];

spec.test('bad input gets one sentence', async () => {
  const sandbox = await withGraph();
  const text = readFileSync(sandbox.path('pages.ts'), 'utf8');
  for (const [words, expected, sentence] of wrongCalls) {
    const { code, stdout, stderr } = await sandbox.overseer(...words.split(' '));
    assert.equal([words, code, stdout], [words, expected, '']);
    assert.match(stderr, /^overseer: .*\n$/);
    assert.match(stderr.slice('overseer: '.length, -1), sentence);
  }
  assert.is(readFileSync(sandbox.path('pages.ts'), 'utf8'), text);
});

spec.run();
