/** The estimated time left, as `run`, `show` and `timeline` say it. */
import { assert, describe } from '../support/spec.js';
import { CliSandbox } from './cli-sandbox.js';

const spec = describe('the time left on the command line', { timeoutMs: 60_000 });

const file = `
export const graph = { graph: { fetch: [], count: ['fetch'] }, labels: { team: 'billing' } };
export const handlers = { fetch: () => 1, count: () => 2 };
`;
const words = 'less than a second, from 1 earlier run labelled team=billing';

spec.test('given an earlier run of the label, then run, show and timeline say it of one that runs', async () => {
  const box = new CliSandbox({ 'work.ts': file });
  const first = await box.overseer('run', 'work.ts', '--id', 'monday');
  assert.is(first.code, 0, first.stderr);
  assert.not.match(first.stdout, /time left/);
  assert.is((await box.overseer('submit', 'work.ts', '--id', 'tuesday')).code, 0);
  assert.match((await box.overseer('show', 'tuesday')).stdout, new RegExp(`^time left +${words}$`, 'm'));
  assert.match((await box.overseer('timeline', 'tuesday')).stdout, new RegExp(`^time left: ${words}$`, 'm'));
  const { timeLeft } = await box.json<{ timeLeft: { leftMs: number; basedOn: string[]; slots: number } }>(
    'show',
    'tuesday',
  );
  assert.ok(timeLeft.leftMs >= 0);
  assert.equal([timeLeft.basedOn, timeLeft.slots], [['monday'], 1]);
  const second = await box.overseer('run', 'work.ts', '--id', 'tuesday');
  assert.match(second.stdout, new RegExp(`^graph tuesday: 2 jobs\ntime left: ${words}\n`));
  assert.is(second.code, 0);
  for (const command of ['show', 'timeline']) {
    const ended = await box.overseer(command, 'tuesday');
    assert.not.match(ended.stdout, /time left/);
    assert.is((await box.json<{ timeLeft: null }>(command, 'tuesday')).timeLeft, null);
  }
});

spec.test('given no label, then nothing is said, and JSON says why', async () => {
  const box = new CliSandbox({ 'work.yaml': 'fetch: []\n' });
  await box.overseer('submit', 'work.yaml', '--id', 'g');
  const show = await box.overseer('show', 'g');
  assert.is(show.code, 0);
  assert.not.match(show.stdout, /time left/);
  const { timeLeft } = await box.json<{ timeLeft: { leftMs: null; reason: string } }>('timeline', 'g');
  assert.equal([timeLeft.leftMs, timeLeft.reason], [null, 'no-labels']);
});

spec.run();
