import { stripVTControlCharacters } from 'node:util';
import picocolors from 'picocolors';
import { paintOf } from '../../src/cli/output/paint.js';
import { type Progress, progressLines, progressOf } from '../../src/cli/output/progress.js';
import { tableLines } from '../../src/cli/output/table.js';
import { countsInWords } from '../../src/domain/status-phrases.js';
import {
  clockTime,
  duration,
  fileSize,
  inShort,
  listed,
  localTime,
  plural,
  shellWord,
} from '../../src/prelude/phrases.js';
import { graphAfter, started, finished, submitted } from '../support/given.js';
import { assert, describe } from '../support/spec.js';
import { hasTerminals, onTerminal } from './pseudo-terminal.js';
import { pagesFile, CliSandbox } from './cli-sandbox.js';

const plain = picocolors.createColors(false);

const wording = describe('words');

wording.test('durations', () => {
  const said = [0, 12.4, 999, 1000, 1249, 59_900, 60_000, 200_000, 3_600_000, 7_500_000, 90_000_000, 172_800_000].map(
    duration,
  );
  assert.equal(said, [
    '0 ms',
    '12 ms',
    '999 ms',
    '1.0 s',
    '1.2 s',
    '59.9 s',
    '1 min',
    '3 min 20 s',
    '1 h',
    '2 h 5 min',
    '1 d 1 h',
    '2 d',
  ]);
});

wording.test('times are local, to the second or to the millisecond', () => {
  const at = new Date(2026, 2, 1, 9, 5, 7, 42).toISOString();
  assert.is(localTime(at), '2026-03-01 09:05:07');
  assert.is(localTime(at, 'milliseconds'), '2026-03-01 09:05:07.042');
  assert.is(clockTime(at), '09:05:07');
});

wording.test('numbers, sizes, lists and words for a shell', () => {
  assert.equal([plural(1, 'job'), plural(0, 'job'), plural(1234, 'job')], ['1 job', '0 jobs', '1,234 jobs']);
  assert.equal([fileSize(12), fileSize(4096), fileSize(5 * 1024 ** 2)], ['12 B', '4 KiB', '5.0 MiB']);
  assert.equal([listed(['a', 'b'], 2), listed(['a', 'b', 'c'], 2)], ['a, b', 'a, b and 1 more']);
  assert.is(inShort('two\n  lines', 7), 'two li…');
  assert.is(inShort('\u001b[31mred\u001b[39m\u0007 and\rgone', 80), 'red and gone');
  assert.equal([shellWord('g/a-1'), shellWord("it's")], ['g/a-1', "'it'\\''s'"]);
});

wording.test('counts by status, in a fixed order, each in its colour', () => {
  const counts = { failed: 1, finished: 3, waiting: 0 };
  assert.is(countsInWords(counts, plain), '3 finished, 1 failed');
  assert.is(
    countsInWords(counts, picocolors.createColors(true)),
    '\u001b[32m3 finished\u001b[39m, \u001b[31m1 failed\u001b[39m',
  );
});

wording.test('tables have no borders', () => {
  const rows = [
    ['a', '', 'x'],
    ['longer', '1', ''],
  ];
  assert.equal(tableLines(['id', 'n', 'rest'], rows, plain), ['ID      N  REST', 'a          x', 'longer  1']);
});
wording.test('columns meet where characters take two places, or are coloured', () => {
  const paint = paintOf(true);
  const rows = [
    ['東京', paint.green('ok'), 'x'],
    ['👩‍🚀', 'finished', 'x'],
    ['Oslo', 'ok', 'x'],
  ];
  assert.equal(tableLines(['city', 'status', 'n'], rows, plain).map(stripVTControlCharacters), [
    'CITY  STATUS    N',
    '東京  ok        x',
    '👩‍🚀    finished  x',
    'Oslo  ok        x',
  ]);
});
wording.run();

const picture = describe('the picture of a run');

const running = Array.from({ length: 12 }, (_, n) => ({ id: `job-${n}`, forMs: 1500, attempt: 1, progress: null }));
const progress: Progress = {
  graphId: 'nightly',
  elapsedMs: 12_345,
  counts: { finished: 10, failed: 2, started: 12, ready: 6 },
  total: 30,
  left: null,
  running: [{ id: 'slow', forMs: 125_000, attempt: 3, progress: 0.42 }, ...running.slice(1)],
};

picture.test('name, bar, counts and the jobs that run', () => {
  const lines = progressLines(progress, { columns: 80, rows: 24, paint: plain });
  assert.is(lines[0], 'nightly  12.3 s');
  assert.is(
    lines[1],
    `${'█'.repeat(12)}${'▒'.repeat(12)}${'░'.repeat(6)} 12/30  10 finished, 12 started, 6 ready, 2 failed`,
  );
  assert.is(lines[2], '  ● slow  2 min 5 s, attempt 3, 42 %');
  assert.is(lines[3], '  ● job-1  1.5 s');
  assert.is(lines.length, 2 + 10 + 1);
  assert.is(lines.at(-1), '  … and 2 jobs more');
});

picture.test('a small terminal gets a small picture', () => {
  const long = {
    ...progress,
    graphId: 'g'.repeat(100),
    running: [{ ...running[0]!, id: 'j'.repeat(100) }, ...running],
  };
  const lines = progressLines({ ...long, left: 'at least about 3 h 45 min' }, { columns: 40, rows: 8, paint: plain });
  assert.is(lines.length, 2 + 3 + 1);
  assert.ok(lines[0]!.length <= 40);
  assert.ok(lines[2]!.length <= 40);
});

picture.test('counts that do not fit beside the bar go below it, and no line is wider than the terminal', () => {
  const counts = { finished: 719, started: 20, ready: 79, waiting: 502, blocked: 120, failed: 11, aborted: 83 };
  const lines = progressLines({ ...progress, counts, total: 1534 }, { columns: 80, rows: 24, paint: plain });
  assert.match(lines[1]!, /^█+▒?░+ 813\/1534$/);
  assert.is(lines[2], '  719 finished, 20 started, 79 ready, 502 waiting, 120 blocked, 11 failed, 83');
  assert.is(lines[3], '  aborted');
  for (const columns of [20, 40, 80]) {
    const small = progressLines({ ...progress, counts, total: 1534 }, { columns, rows: 24, paint: plain });
    assert.ok(small.every((line) => line.length <= columns));
  }
});

picture.test('how long it will still take, where somebody can tell', () => {
  const lines = progressLines({ ...progress, left: 'about 4 min' }, { columns: 80, rows: 24, paint: plain });
  assert.is(lines[0], 'nightly  12.3 s, about 4 min left');
});

picture.test('follows from the state of the graph', () => {
  const graph = graphAfter(
    submitted({ a: [], b: ['a'], c: [] }),
    ['a', started()],
    ['a', finished()],
    ['b', started()],
  );
  const now = Date.parse(graph.jobs.get('b')!.state.startedAt!) + 700;
  assert.equal(progressOf(graph, { now, elapsedMs: 900 }), {
    graphId: 'g',
    elapsedMs: 900,
    counts: { finished: 1, started: 1, ready: 1 },
    total: 3,
    left: null,
    running: [{ id: 'b', forMs: 700, attempt: 1, progress: null }],
  });
});
picture.run();

const terminal = describe('on a terminal', { timeoutMs: 60_000 });
if (hasTerminals) {
  terminal.test(
    'run draws a picture, in colours, with what handlers print above it, and ends with the summary',
    async () => {
      const sandbox = new CliSandbox({
        'slow.mjs': `const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
        export const graph = { first: [], broken: ['first'] };
        export const handlers = { first: async () => { await sleep(300); console.log('said by first'); await sleep(300); },
          broken: () => { throw new Error('out of luck'); } };`,
      });
      const { code, drawn } = await onTerminal(sandbox, 'run slow.mjs --id night --store memory:');
      assert.is(code, 1);
      assert.match(drawn, /\u001b\[1mnight\u001b\[22m/);
      assert.match(drawn, /0\/2 {2}\u001b\[36m1 started\u001b\[39m/);
      assert.match(drawn, /● ?\u001b\[39m first/);
      // The picture is taken away before the line, and drawn again below it.
      const [before, after] = drawn.split('said by first');
      assert.match(before!.slice(-40), /\u001b\[/);
      assert.match(after!, /● ?\u001b\[39m first/);
      assert.match(drawn, /\u001b\[31mfailed +\u001b\[39m +broken +Error: out of luck\r\n/);
      assert.match(drawn, /graph night \u001b\[31mfailed\u001b\[39m: 2 jobs in .*\r\n/);
      assert.not.match(drawn.slice(drawn.indexOf('graph night')), /█/);
    },
  );

  terminal.test('NO_COLOR is respected, and so is a terminal that is dumb', async () => {
    const sandbox = new CliSandbox({ 'pages.ts': pagesFile });
    const uncoloured = await onTerminal(sandbox, 'run pages.ts --id g --store memory:', { NO_COLOR: '1' });
    assert.is(uncoloured.code, 0);

    assert.not.match(uncoloured.drawn, /\u001b\[\d+m/);
    const dumb = await onTerminal(sandbox, 'run pages.ts --id g --store memory:', { TERM: 'dumb' });
    assert.is(dumb.code, 0);
    assert.not.match(dumb.drawn, '\u001b');
    assert.match(dumb.drawn, /started {3}start\r\n/);
  });

  terminal.test('a worker logs in lines that people can read; verify shows how far it is', async () => {
    const sandbox = new CliSandbox({ 'pages.ts': pagesFile });
    await sandbox.overseer('submit', 'pages.ts', '--id', 'g');
    const worker = await onTerminal(sandbox, 'run pages.ts --id g --log-level info');
    assert.match(worker.drawn, /\d\d:\d\d:\d\d\.\d{3}\u001b\[22m \u001b\[32minfo \u001b\[39m worker started/);
    const verified = await onTerminal(sandbox, 'verify');
    assert.is(verified.code, 0);
    assert.match(verified.drawn, /the log is sound/);
  });

  terminal.test('step goes by single keys, and by what is typed behind some of them', async () => {
    const sandbox = new CliSandbox({ 'pages.ts': pagesFile });
    await sandbox.overseer('run', 'pages.ts', '--id', 'g');
    const { code, drawn } = await onTerminal(sandbox, 'step g', { NO_COLOR: '1' }, [
      [/#1 of 9/, '\u001b[C'],
      [/#2 of 9 .*JobStarted/, 'w'],
      [/> w /, 'report'],
      [/> w report/, '\r'],
      [/watching report: waiting/, '#9\r'],
      [/#9 of 9/, '\u001b[D'],
      [/#8 of 9/, 'q'],
    ]);
    assert.is(code, 0);
    assert.match(drawn, /start status +"ready" → "started"/);
    assert.match(drawn, /report result +null → \["page-1","page-2"\]/);
    assert.match(drawn, /watching report: started/);
  });
} else {
  terminal.skip('run draws a picture', 'there is no program `script` here to make a pseudo terminal');
}
terminal.run();
