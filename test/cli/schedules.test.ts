// takes: 25s
/** `overseer schedule`: what operators type and read, and what worker processes make of it, killed ones included. */
import { appendFileSync, readFileSync } from 'node:fs';
import { eventually } from '../support/eventually.js';
import { assert, describe } from '../support/spec.js';
import { CliSandbox } from './cli-sandbox.js';

const spec = describe('overseer schedule', { timeoutMs: 120_000 });

const files = {
  'report.yaml':
    '{ jobs: { fetch: { type: fetch }, load: { type: load, after: [fetch] } }, labels: { team: billing } }',
  'handlers.mjs': `import { appendFileSync } from 'node:fs';
export const handlers = { fetch: (job) => appendFileSync('ran.txt', job.graphId + '\\n'), load: () => 2 };`,
};

spec.test('set, list, show, pause, resume, trigger, backfill and remove: what is printed', async () => {
  const box = new CliSandbox(files);
  const set = ['schedule', 'set', 'nightly', 'report.yaml', '--cron', '0 6 * * 1-5', '--timezone', 'Europe/Oslo'];
  const { code, stdout } = await box.answer(...set, '--by', 'ann', '--reason', 'the report');
  assert.is(code, 0);
  assert.match(
    stdout,
    /^schedule nightly makes a run of 2 jobs:\nnext {2}\d{4}-\d\d-\d\d 06:00:00 \+0[12]:00 {2}\d{4}-\d\d-\d\dT0[45]:00:00Z\n/,
  );
  assert.is(stdout.split('\n').length, 7);
  assert.match((await box.answer(...set)).stdout, /^nothing had to change: schedule nightly makes a run of 2 jobs:\n/);
  const list = (await box.answer('schedule', 'list')).stdout;
  assert.match(
    list,
    /^SCHEDULE +DUE +NEXT +LAST RUN +STATUS\nnightly +0 6 \* \* 1-5 in Europe\/Oslo +\d{4}-\d\d-\d\d 0[45]:00:00 +- +-\n$/,
  );
  const triggered = await box.answer('schedule', 'trigger', 'nightly');
  assert.match(triggered.stdout, /^nightly@\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\n$/);
  const first = triggered.stdout.trim();
  const again = await box.answer('schedule', 'trigger', 'nightly');
  assert.is(again.stderr, `it begins when ${first} has ended\n`);
  const stretch = ['--from', '2026-03-26', '--to', '2026-03-31'];
  const past = await box.answer('schedule', 'backfill', 'nightly', ...stretch);
  assert.is(past.stdout, ['26T05', '27T05', '30T04'].map((day) => `nightly@2026-03-${day}:00:00Z\n`).join(''));
  assert.match(past.stderr, /^3 runs, each of which begins when the one before it has ended\n$/);
  const nothing = await box.answer('schedule', 'backfill', 'nightly', ...stretch);
  assert.match(nothing.stderr, /^there is nothing to make/);
  assert.match(
    (await box.answer('schedule', 'pause', 'nightly')).stdout,
    /^schedule nightly is paused\nresume with: overseer schedule resume nightly\n$/,
  );
  const show = (await box.answer('schedule', 'show', 'nightly')).stdout;
  for (const line of [
    /^schedule {2}nightly\ndue {7}0 6 \* \* 1-5 in Europe\/Oslo\noverlap {3}skip\ncatch-up {2}10 min\ngraph {5}2 jobs\n/,
    /\nset {7}.* by ann: the report\npaused {4}/,
    /\nwaiting {3}\d{4}-.*, 2026-03-26T05:00:00Z, 2026-03-27T05:00:00Z, 2026-03-30T04:00:00Z\n/,
    /\nit makes no run while it is paused\n/,
    /\nnightly@.* +running +asked for\n$/,
  ]) {
    assert.match(show, line);
  }
  assert.match((await box.answer('schedule', 'resume', 'nightly')).stdout, /^schedule nightly goes on:\nnext /);
  assert.match((await box.answer('schedule', 'remove', 'nightly')).stdout, /^schedule nightly is removed/);
  assert.match((await box.answer('schedule', 'list')).stderr, /^there is no schedule\n$/);
  const log = (await box.answer('log', '--type', 'ScheduleTriggered')).stdout;
  assert.match(
    log,
    /ScheduleTriggered {2}schedule\/nightly {2}3 runs from 2026-03-26T00:00:00Z to 2026-03-31T00:00:00Z, by /,
  );
  const explained = (await box.answer('explain', first)).stdout;
  assert.match(explained, /\n {2}schedule nightly has made it, for .*Z: overseer schedule show nightly\n/);
  assert.match(
    (await box.answer('graphs', '--label', 'schedule=nightly')).stdout,
    /schedule=nightly team=billing|team=billing schedule=nightly/,
  );
  assert.is((await box.answer('verify')).code, 0);
  const before = await box.jsonAnswer('schedule', 'list', '--at', '@2');
  assert.equal([before.schedules.length, before.schedules[0].name], [1, 'nightly']);
});

const slips: readonly (readonly [words: readonly string[], sentence: RegExp])[] = [
  [['set', 'x', 'report.yaml'], /nothing says when the schedule is due/],
  [['set', 'x', 'report.yaml', '--every', '0'], /--every "0" is no length of time/],
  [['set', 'x', 'report.yaml', '--every', '500ms'], /every\.ms is 500; give a whole number/],
  [
    ['set', 'x', 'report.yaml', '--cron', '0 6 * *'],
    /the cron line "0 6 \* \* *" cannot be read: it needs five fields/,
  ],
  [['set', 'x', 'report.yaml', '--cron', '@daily', '--timezone', 'Europe/Olso'], /did you mean Europe\/Oslo\?/],
  [['set', 'x', 'report.yaml', '--every', '1m', '--overlap', 'skp'], /did you mean skip\?/],
  [['set', 'x', 'gone.yaml', '--every', '1m'], /there is no file gone\.yaml/],
  [['set', 'a@b', 'report.yaml', '--every', '1m'], /has an @/],
  [['set', 'x', 'report.yaml', '--every', '1m', '--label', 'schedule=y'], /the graph has a label schedule/],
  [['remove', 'x'], /there is no schedule "x"/],
  [['show', 'x'], /there is no schedule "x"/],
];

spec.test('given a slip, then one sentence says what is wrong, and nothing is written', async () => {
  const box = new CliSandbox(files);
  await box.answer('install');
  for (const [words, sentence] of slips) {
    const { code, stdout, stderr } = await box.answer('schedule', ...words);
    assert.equal([words, code, stdout, stderr.trimEnd().split('\n').length], [words, 2, '', 1]);
    assert.match(stderr, sentence);
  }
  assert.is((await box.answer('log')).stdout, '');
});

spec.test(
  'given three workers and one that is killed, then each second has its run once, and all is sound',
  async () => {
    const box = new CliSandbox(files);
    await box.overseer('schedule', 'set', 'tick', 'report.yaml', '--every', '1s', '--overlap', 'allow');
    const begin = () => box.begin('worker', 'handlers.mjs', '--processes', '1');
    const workers = [begin(), begin(), begin()];
    const ran = () => {
      appendFileSync(box.path('ran.txt'), '');
      return readFileSync(box.path('ran.txt'), 'utf8')
        .split('\n')
        .filter((line) => line !== '');
    };
    await eventually('three runs', () => ran().length >= 3, 20_000);
    workers[0]!.signal('SIGKILL');
    const soFar = ran().length;
    await eventually('three more', () => ran().length >= soFar + 3, 20_000);
    await box.overseer('schedule', 'remove', 'tick');
    const { history } = await box.json(
      'schedule',
      'show',
      'tick',
      '--limit',
      '100',
      '--at',
      `@${await lastFired(box)}`,
    );
    for (const worker of workers.slice(1)) worker.signal('SIGTERM');
    await Promise.all(workers.map(({ ended }) => ended));
    const instants = (history as { readonly from: string }[]).map(({ from }) => Date.parse(from)).reverse();
    assert.equal(
      instants,
      instants.map((_, index) => instants[0]! + 1000 * index),
    );
    const made = (await box.json('graphs', '--limit', '1000')).items as { readonly id: string }[];
    assert.is(made.length, instants.length);
    // An attempt of the worker that was killed may have been made again.
    assert.ok(new Set(ran()).size <= instants.length);
    assert.match((await box.overseer('verify')).stdout, /^the log is sound/);
    const said = await workers[1]!.ended;
    assert.match(said.stderr, /watching 1 schedule/);
  },
);

/** The position of the last run that was decided. */
async function lastFired(box: CliSandbox): Promise<string> {
  const { stdout } = await box.overseer('log', '--type', 'ScheduleFired', '--json');
  const events = stdout.trimEnd().split('\n');
  return (JSON.parse(events.at(-1)!) as { readonly position: string }).position;
}

spec.run();
