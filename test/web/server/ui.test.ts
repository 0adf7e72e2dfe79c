// takes: 10s
/** `overseer ui` as it ships: a process that serves a store on which real workers work. */
import { once } from 'node:events';
import { renameSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { store } from '../../../src/index.js';
import { type Command, CliSandbox, pagesFile } from '../../cli/cli-sandbox.js';
import { eventually } from '../../support/eventually.js';
import { rightOf } from '../../support/right.js';
import { assert, describe } from '../../support/spec.js';

const spec = describe('overseer ui', { timeoutMs: 60_000 });

/** Begins to serve, and gives the address that it prints. */
async function serve(
  sandbox: Pick<CliSandbox, 'begin'>,
  ...words: string[]
): Promise<{ ui: Command; address: string }> {
  const ui = sandbox.begin('ui', '--port', '0', ...words);
  await ui.says(/"link"|Ctrl\+C|overseer:/);
  const [address] = /http:\/\/[^\s"]+\//.exec(ui.stdout) ?? [];
  if (address === undefined) throw new Error(`it does not serve: ${ui.stdout}${ui.stderr}`);
  return { ui, address };
}

const json = async <A>(address: string, init?: RequestInit): Promise<A> =>
  (await (await fetch(address, init)).json()) as A;

/** What comes on an event stream. */
async function listen(address: string): Promise<{ text: () => string; hasEnded: () => boolean }> {
  const response = await fetch(address);
  let text = '';
  let hasEnded = false;
  const read = async () => {
    const decoder = new TextDecoder();
    for await (const chunk of response.body! as unknown as AsyncIterable<Uint8Array>)
      text += decoder.decode(chunk, { stream: true });
    hasEnded = true;
  };
  void read().catch(() => {});
  return { text: () => text, hasEnded: () => hasEnded };
}

spec.test('it serves while workers in other processes write, tells what they write, and ends at a signal', async () => {
  const sandbox = new CliSandbox({ 'graph.ts': pagesFile });
  await sandbox.overseer('submit', 'graph.ts', '--id', 'nightly');
  const { ui, address } = await serve(sandbox);
  assert.match(ui.stdout, `shows ${'sqlite:./overseer.db'}, namespace overseer; it only looks`);
  const about = await json<{ namespace: string; operate: unknown }>(`${address}api/about`);
  assert.equal([about.namespace, about.operate], ['overseer', null]);
  const [followed, changed] = [
    await listen(`${address}api/graphs/nightly/follow`),
    await listen(`${address}api/changes`),
  ];
  await eventually('the submission is heard', () => followed.text().includes('GraphSubmitted'));
  const worker = sandbox.begin('worker', 'graph.ts', '--processes', '2');
  await eventually('the end is heard', () => followed.text().match(/"JobFinished"/g)?.length === 4, 30_000);
  worker.signal('SIGTERM');
  assert.is((await worker.ended).code, 0);
  const lines = followed
    .text()
    .match(/^data: \d+ \{.*$/gm)!
    .map((line) => line.slice('data: '.length));
  const db = await store(sandbox.store);
  const stored = await rightOf(db.log.readStored({ graphId: 'nightly', limit: 1000 }));
  await db.close();
  assert.equal(
    lines.map((line) => line.split(' ')[0]),
    stored.map(({ position }) => position),
  );
  await eventually('the change is heard', () => changed.text().includes('"graphs":["nightly"]'));
  const { items } = await json<{ items: { status: string }[] }>(`${address}api/graphs`);
  assert.is(items[0]!.status, 'finished');
  ui.signal('SIGINT');
  const { code, stderr } = await ui.ended;
  assert.equal([code, stderr], [0, '']);
  await eventually('the streams have ended', () => followed.hasEnded() && changed.hasEnded());
});

spec.test('with --operate, what the page asks is done under a name', async () => {
  const sandbox = new CliSandbox({ 'graph.ts': pagesFile });
  await sandbox.overseer('submit', 'graph.ts', '--id', 'nightly');
  const { ui, address } = await serve(sandbox, '--operate', '--by', 'ann');
  assert.match(ui.stdout, 'it operates as ann');
  const headers = { 'content-type': 'application/json', origin: new URL(address).origin };
  const post = async (path: string, given = headers) =>
    await fetch(`${address}${path}`, { method: 'POST', headers: given, body: '{"reason":"wrong data"}' });
  assert.is((await post('api/graphs/nightly/abort', { ...headers, origin: 'http://evil.example' })).status, 403);
  assert.is((await post('api/graphs/nightly/abort')).status, 200);
  const { abort } = await sandbox.json<{ abort: { by: string; reason: string } }>('show', 'nightly');
  assert.equal([abort.by, abort.reason], ['ann', 'wrong data']);
  ui.signal('SIGTERM');
  assert.is((await ui.ended).code, 0);
});

spec.test('a token is asked for; it is in the link, behind the sign that no server is told', async () => {
  const sandbox = new CliSandbox({ 'graph.ts': pagesFile });
  await sandbox.overseer('install');
  const { ui, address } = await serve(sandbox, '--token', 'auto', '--json');
  const [line, ...more] = ui.stdout.trimEnd().split('\n');
  assert.equal(more, []);
  const told = JSON.parse(line!) as Record<string, string | null>;
  assert.equal([told['address'], told['store'], told['operatesAs']], [address, 'sqlite:./overseer.db', null]);
  const [, token] = /#token=([\w-]{32})$/.exec(told['link']!)!;
  assert.is((await fetch(`${address}api/about`)).status, 401);
  assert.is((await fetch(`${address}api/about`, { headers: { authorization: `Bearer ${token}` } })).status, 200);
  ui.signal('SIGTERM');
  await ui.ended;
  const own = await serve(sandbox.with({ OVERSEER_UI_TOKEN: 'my-own-token' }));
  assert.match(own.ui.stdout, '#token=my-own-token');
  assert.is((await fetch(`${own.address}api/about`)).status, 401);
  own.ui.signal('SIGTERM');
  await own.ui.ended;
});

spec.test('other machines are let in only with a token, and by the names of this one', async () => {
  const sandbox = new CliSandbox();
  await sandbox.overseer('install');
  const { code, stderr } = await sandbox.overseer('ui', '--host', '0.0.0.0', '--port', '0');
  assert.is(code, 2);
  assert.match(stderr, 'OVERSEER_UI_TOKEN');
  const { ui } = await serve(sandbox, '--host', '0.0.0.0', '--token', 'auto');
  const port = /:(\d+)\/#token/.exec(ui.stdout)![1]!;
  assert.match(ui.stdout, 'not encrypted');
  assert.is((await fetch(`http://127.0.0.1:${port}/api/about`)).status, 401);
  ui.signal('SIGTERM');
  assert.is((await ui.ended).code, 0);
});

spec.test('what is wrong is said, and what to do', async () => {
  const sandbox = new CliSandbox();
  const said = async (...words: string[]) => {
    const { code, stderr } = await sandbox.overseer('ui', ...words);
    return [code, stderr] as const;
  };
  const [missing, sentence] = await said();
  assert.is(missing, 3);
  assert.match(sentence, 'overseer install');
  await sandbox.overseer('install');
  const other = createServer();
  other.listen(0, '127.0.0.1');
  await once(other, 'listening');
  const port = String((other.address() as AddressInfo).port);
  for (const [words, expected] of [
    [['--port', port], `port ${port} of 127.0.0.1 already; give another with --port`],
    [['--port', '70000'], 'up to 65535'],
    [['--port', 'x'], '--port'],
    [['--by', 'ann'], '--by goes with --operate'],
    [['--token', 'short'], '8 to 500'],
    [['--operate', '--by', ' '], 'needs a name'],
    [['--host', '203.0.113.7', '--token', 'auto'], 'no address of this machine'],
  ] as const) {
    const [code, message] = await said(...words);
    assert.is(code, 2, words.join(' '));
    assert.match(message, expected);
  }
  other.close();
});

spec.test('a store that is moved away and comes back is served again', async () => {
  const sandbox = new CliSandbox({ 'graph.ts': pagesFile });
  await sandbox.overseer('submit', 'graph.ts', '--id', 'nightly');
  const { ui, address } = await serve(sandbox);
  assert.is((await fetch(`${address}api/graphs`)).status, 200);
  renameSync(sandbox.path('overseer.db'), sandbox.path('elsewhere.db'));
  await eventually('it is gone', async () => (await fetch(`${address}api/graphs`)).status === 503);
  const { error } = await json<{ error: { code: string } }>(`${address}api/graphs`);
  assert.is(error.code, 'store-gone');
  renameSync(sandbox.path('elsewhere.db'), sandbox.path('overseer.db'));
  await eventually('it is back', async () => (await fetch(`${address}api/graphs`)).status === 200);
  // Another one in its place is another store, which is served then.
  for (const file of ['overseer.db', 'overseer.db-wal', 'overseer.db-shm']) rmSync(sandbox.path(file), { force: true });
  await eventually('it is gone', async () => (await fetch(`${address}api/graphs`)).status === 503);
  await sandbox.overseer('submit', 'graph.ts', '--id', 'another');
  await eventually('the other is served', async () => (await fetch(`${address}api/graphs/another`)).status === 200);
  assert.is((await fetch(`${address}api/graphs/nightly`)).status, 404);
  ui.signal('SIGTERM');
  assert.is((await ui.ended).code, 0);
});

spec.test('an exported file is served, and says what it is', async () => {
  const sandbox = new CliSandbox({ 'graph.ts': pagesFile });
  await sandbox.overseer('run', 'graph.ts', '--id', 'nightly');
  await sandbox.overseer('export', 'nightly', '--output', 'incident.jsonl');
  const { ui, address } = await serve(sandbox, '--store', 'incident.jsonl');
  const about = await json<{ exported: { graphId: string } }>(`${address}api/about`);
  assert.is(about.exported.graphId, 'nightly');
  ui.signal('SIGTERM');
  assert.is((await ui.ended).code, 0);
});

spec.run();
