// takes: 15s
/** `overseer limit`: what operators type and read, and what becomes of the place of a worker process that is killed. */
import { setTimeout as waiting } from 'node:timers/promises';
import { eventually } from '../support/eventually.js';
import { assert, describe } from '../support/spec.js';
import { CliSandbox } from './cli-sandbox.js';

const spec = describe('overseer limit', { timeoutMs: 120_000 });

const files = {
  'calls.mjs': `import { setTimeout } from 'node:timers/promises';
export const graph = { jobs: Object.fromEntries(['a', 'b', 'c'].map((id) => [id, { type: 'call', limits: ['tenant-7'] }])) };
export const handlers = { call: ({ attempt }) => setTimeout(attempt === 1 ? 1500 : 0, null) };`,
  'overseer.yml': 'heartbeat: { sleepTime: 300, tolerance: 3 }\n',
};

spec.test('set, list, show and remove: what is printed', async () => {
  const box = new CliSandbox(files);
  await box.answer('install');
  const says = async (...words: readonly string[]) => (await box.answer('limit', ...words)).stdout;
  assert.is((await box.answer('limit', 'list')).stderr, 'no limit is set\n');
  assert.is(await says('set', 'tenant-*', '--concurrency', '1', '--by', 'ann'), 'limit tenant-*: 1 at a time\n');
  const again = await says('set', 'tenant-*', '--concurrency', '1');
  assert.is(again, 'nothing had to change: limit tenant-*: 1 at a time\n');
  const both = ['--concurrency', '4', '--rate', '100/1m', '--by', 'ann', '--reason', 'their terms'];
  assert.is(await says('set', 'api', ...both), 'limit api: 4 at a time, 100 starts in any 60 s\n');
  assert.match(
    await says('list'),
    /^KEY +LIMIT +SET\napi +4 at a time, 100 starts in any 60 s +.* by ann: their terms\ntenant-\* +1 at a time +.* by ann: set by an operator\n$/,
  );
  await box.answer('submit', 'calls.mjs', '--id', 'g');
  assert.match(
    await says('show', 'tenant-7'),
    /^key +tenant-7\nlimit +1 at a time\nby +the pattern tenant-\*\nset .*\ntaken +0 of 1\nwaiting +3\n\nREADY, WANTS A PLACE +UNITS\ng\/a +1\ng\/b +1\ng\/c +1\n$/,
  );
  assert.is(await says('remove', 'api'), 'limit api is removed\n');
  assert.match(await says('show', 'api'), /^key +api\nlimit +none is set\ntaken +0\n$/);
  const before = await box.jsonAnswer<{ readonly limits: readonly { readonly key: string }[] }>(
    'limit',
    'list',
    '--at',
    '@2',
  );
  assert.equal(
    before.limits.map(({ key }) => key),
    ['api', 'tenant-*'],
  );
});

const refused: readonly (readonly [readonly string[], string])[] = [
  [['set', 'k'], 'nothing is limited; give --concurrency, --rate, or both'],
  [['set', 'k', '--concurrency', '0'], '--concurrency "0" is not possible; give a whole number from 1'],
  [['set', 'k', '--rate', '5'], '--rate "5" is no rate; give starts and a length, such as 100/1m'],
  [['set', 'k', '--rate', '/1m'], '--rate "/1m" is no rate; give starts and a length, such as 100/1m'],
  [['set', 'k', '--rate', '0/1m'], '--rate "0" is not possible; give a whole number from 1'],
  [['set', 'k', '--rate', '5/0s'], '--rate "0s" is no length of time; give one such as 15m, 2h or "1d 12h"'],
  [['set', 'k', '--rate', '20000/1s'], 'starts of the rate is 20000; give a whole number from 1 to 10000'],
  [['set', 'a*b', '--concurrency', '1'], 'key of a limit "a*b" has a *, which no key can have'],
  [['show', 'tenant-*'], '"tenant-*" stands for many keys; give one of them'],
  [['remove', 'k'], 'no limit is set for "k"'],
];

spec.test('given what makes no limit, then one sentence says why, and nothing is written', async () => {
  const box = new CliSandbox(files);
  await box.answer('install');
  for (const [words, sentence] of refused) {
    const { code, stderr } = await box.answer('limit', ...words);
    assert.equal([code === 0, stderr], [false, `overseer: ${sentence}\n`], words.join(' '));
  }
  assert.is((await box.answer('limit', 'list')).stderr, 'no limit is set\n');
});

spec.test(
  'given a worker that is killed while it has the place, then another goes on, never two at a time',
  async () => {
    const box = new CliSandbox(files);
    await box.answer('limit', 'set', 'tenant-*', '--concurrency', '1');
    await box.answer('submit', 'calls.mjs', '--id', 'g');
    const isTaken = async () => /taken +1 of 1/.test((await box.answer('limit', 'show', 'tenant-7')).stdout);
    const first = box.begin('worker', 'calls.mjs', '--processes', '1');
    await eventually('it has the place', isTaken, 20_000);
    first.signal('SIGKILL');
    const second = box.begin('worker', 'calls.mjs', '--processes', '1', '--concurrency', '4');
    await waiting(200);
    const waits = /it waits for a place under tenant-7 \(1 of 1 taken by g\/[abc], as tenant-\* says\)/;
    const told = await Promise.all(['a', 'b', 'c'].map(async (id) => (await box.answer('explain', `g/${id}`)).stdout));
    assert.is(told.filter((text) => waits.test(text)).length, 2, told.join('\n'));
    const isOver = async () => /g +finished/.test((await box.answer('graphs')).stdout);
    await eventually('all is done', isOver, 30_000);
    second.signal('SIGTERM');
    await second.ended;
    const lines = (await box.answer('history', 'g', '--json')).stdout.trim().split('\n');
    const events = lines.map((line) => JSON.parse(line) as { readonly type: string });
    let running = 0;
    for (const { type } of events) {
      if (type === 'JobStarted') running += 1;
      if (type === 'JobFinished' || type === 'JobFaulted') running -= 1;
      assert.ok(running <= 1);
    }
    assert.is(events.filter(({ type }) => type === 'JobStarted').length, 4);
    assert.match((await box.answer('limit', 'show', 'tenant-7')).stdout, /taken +0 of 1/);
    assert.match((await box.answer('verify')).stdout, 'the log is sound');
  },
);

spec.run();
