/** Files, flags and variables that are large, deep, odd or hostile: one sentence each, and nothing is changed. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { fileBytesMax, parseSetting, readDataFile } from '../../src/cli/input/data-file.js';
import { readArgs, readJsonObject, readLabels, readWholeNumber } from '../../src/cli/input/flag-values.js';
import { readWorkFile } from '../../src/cli/input/work-file.js';
import { readSettings } from '../../src/cli/call/settings.js';
import { readConfiguration } from '../../src/config/configuration.js';
import { assert, describe } from '../support/spec.js';
import { pagesFile, CliSandbox } from './cli-sandbox.js';

const files = describe('a file that is not what it should be', { timeoutMs: 60_000 });

function messageOf(work: () => unknown): string {
  try {
    return `taken: ${JSON.stringify(work())}`;
  } catch (error) {
    return (error as Error).message;
  }
}

const bytes = (...parts: readonly (string | number[])[]) =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))));

const written: readonly (readonly [name: string, content: Buffer, sentence: RegExp])[] = [
  ['latin.yaml', bytes('a:\n  - caf', [0xe9], '\n'), /^FILE:2:8: a byte here is not UTF-8; save the file as UTF-8$/],
  ['cut.json', bytes('{"a": "', [0xe2, 0x82], '"}'), /^FILE:1:8: a byte here is not UTF-8/],
  ['surrogate.yaml', bytes('a: ', [0xed, 0xa0, 0x80]), /^FILE:1:4: a byte here is not UTF-8/],
  ['overlong.json', bytes('{"', [0xc0, 0xaf], '": 1}'), /^FILE:1:3: a byte here is not UTF-8/],
  ['genuine.yaml', bytes('a: "\u{fffd}"\nb: ', [0xff]), /^FILE:2:4: a byte here is not UTF-8/],
  ['utf16le.json', Buffer.from('\ufeff{"a": []}', 'utf16le'), /^FILE: it is not UTF-8 but looks like UTF-16; save it/],
  ['utf16be.yaml', bytes([0xfe, 0xff, 0, 0x61]), /^FILE: it is not UTF-8 but looks like UTF-16/],
  ['utf16.json', Buffer.from('{"a": []}', 'utf16le'), /^FILE:1:2: it holds the control character U\+0000; is it text/],
  ['nul.yaml', bytes('a: []\n', [0], 'b: []'), /^FILE:2:1: it holds the control character U\+0000/],
  ['bell.yml', bytes('a: "', [7], '"'), /^FILE:1:5: it holds the control character U\+0007/],
  ['gzip.yaml', bytes([0x1f, 0x8b, 8, 0]), /^FILE:1:2: a byte here is not UTF-8/],
  ['twice.json', bytes('{"a": [],\n"a": []}'), /^FILE:2:1: the name "a" stands twice in one object$/],
  ['twice.yaml', bytes('jobs:\n  a: {}\n  b: {}\n  a: {}\n'), /^FILE:4:3: the key "a" is given twice in one mapping$/],
  ['deep.json', bytes('{"a":'.repeat(100_000)), /^FILE:1:1251: it is nested too deep: more than 250 levels/],
  ['deep.yaml', bytes('[[[[[[[['.repeat(20_000)), /^FILE:1:\d+: it is nested too deep/],
  ['bombs.yaml', bytes(aliasBomb(12)), /^FILE:\d+:\d+: its aliases repeat more than 1000000 values$/],
  [
    'digits.json',
    bytes('{"graph": {"a": []}, "args": {"id": 9007199254740993}}'),
    /^FILE:1:37: the number 9007199254740993/,
  ],
  [
    'wrong.json',
    bytes(`[${'0,'.repeat(2_000_000)}`, '}'),
    /^FILE:1:4000002: "\}" cannot stand here; a value is expected$/,
  ],
  ['latin.mjs', bytes('export const graph = { caf', [0xe9], ': [] };'), /^FILE:1:27: a byte here is not UTF-8/],
  ['latin.ts', bytes('// ', [0xe9], '\nexport const graph = { a: [] };'), /^FILE:1:4: a byte here is not UTF-8/],
];

function aliasBomb(levels: number): string {
  const level = (n: number) =>
    `a${n}: &a${n} [${Array(10)
      .fill(n === 0 ? 'x' : `*a${n - 1}`)
      .join(', ')}]\n`;
  return Array.from({ length: levels }, (_, n) => level(n)).join('');
}

for (const [name, content, sentence] of written) {
  files.test(name, async () => {
    const sandbox = new CliSandbox();
    writeFileSync(sandbox.path(name), content);
    const expected = new RegExp(sentence.source.replaceAll('FILE', sandbox.path(name)));
    await assert.rejects(async () => (await readWorkFile(sandbox.path(name))).graph({}), expected);
  });
}

files.test('a byte order mark is no part of what a file says', async () => {
  const sandbox = new CliSandbox({
    'a.json': '\ufeff{"a": []}',
    'a.yaml': '\ufeffa: []',
    'a.mjs': '\ufeffexport const graph = { a: [] };',
  });
  for (const name of ['a.json', 'a.yaml', 'a.mjs']) {
    const graph = await (await readWorkFile(sandbox.path(name))).graph({});
    assert.equal(Object.keys(graph.jobs), ['a']);
  }
});

files.test('a file larger than its kind may be is not read', async () => {
  const sandbox = new CliSandbox({ 'a.json': '', 'a.yaml': '', 'a.mjs': '' });
  for (const [name, most] of [
    ['a.json', fileBytesMax.json],
    ['a.yaml', fileBytesMax.yaml],
    ['a.mjs', fileBytesMax.program],
  ] as const) {
    truncateSync(sandbox.path(name), most + 1);
    const sentence = new RegExp(`it is ${most + 1} bytes large, and at most ${most} are read; split it$`);
    await assert.rejects(readWorkFile(sandbox.path(name)), sentence);
  }
});

files.test('a folder, a pipe, a device, a link to itself, a name too long', () => {
  const sandbox = new CliSandbox();
  mkdirSync(sandbox.path('folder.yaml'));
  spawnSync('mkfifo', [sandbox.path('pipe.yaml')]);
  symlinkSync('round.yaml', sandbox.path('round.yaml'));
  symlinkSync('/dev/zero', sandbox.path('zero.json'));
  for (const name of ['folder.yaml', 'pipe.yaml', 'zero.json']) {
    assert.match(
      messageOf(() => readDataFile(sandbox.path(name))),
      new RegExp(`${name} is not a file$`),
    );
  }
  assert.match(
    messageOf(() => readDataFile(sandbox.path('round.yaml'))),
    /round\.yaml cannot be read: ELOOP/,
  );
  assert.match(
    messageOf(() => readDataFile(`${'x'.repeat(300)}.yaml`)),
    /cannot be read: ENAMETOOLONG/,
  );
  assert.match(
    messageOf(() => readDataFile(sandbox.path('folder.yaml/x.yaml'))),
    /^there is no file/,
  );
});

files.test('what a graph says is refused in short words, however long it is', async () => {
  const key = 'k'.repeat(100_000);
  const long: readonly (readonly [text: string, sentence: RegExp])[] = [
    [JSON.stringify({ graph: { a: [] }, [key]: 1 }), /a graph has no option "k{57}…"; there are /],
    [JSON.stringify({ graph: { a: [] }, labels: { [key]: 1 } }), /label "k{57}…" is a number, not a string$/],
    [JSON.stringify({ graph: { a: [] }, labels: { team: key } }), /labels take \d+ bytes as JSON; the limit is/],
    [JSON.stringify({ jobs: { ['__proto__']: { type: 'x' } } }), /"__proto__"/],
    [`{"jobs": {"__proto__": {"type": "x"}}}`, /job id "__proto__" is not possible|"__proto__" is not possible/],
    [JSON.stringify({ [key]: [] }), /is 100000 bytes long; the limit is/],
    [JSON.stringify(cycleOf(1000)), /in a cycle: ("job-\d+" → ){10}… and 990 more → "job-\d+"$/],
  ];
  for (const [text, sentence] of long) {
    const sandbox = new CliSandbox({ 'g.json': text });
    const work = await readWorkFile(sandbox.path('g.json'));
    const problem = messageOf(() => work.graph({}));
    assert.match(problem, sentence);
    assert.ok(problem.length < 1000);
  }
});

function cycleOf(jobs: number): Record<string, string[]> {
  return Object.fromEntries(Array.from({ length: jobs }, (_, n) => [`job-${n}`, [`job-${(n + 1) % jobs}`]]));
}
files.run();

const flags = describe('a flag that is not what it should be', { timeoutMs: 60_000 });

const deep = (levels: number) => '{"a":'.repeat(levels) + '1' + '}'.repeat(levels);

flags.test('args and policies in JSON', () => {
  const wrong: readonly (readonly [text: string, sentence: RegExp])[] = [
    [
      '{"a":1,"a":2}',
      /^--args is not JSON: at character 8, the name "a" stands twice in one object; give a JSON object/,
    ],
    ['{"a":1', /^--args is not JSON: at character 7, it ends too early;/],
    ['{"a":1e999}', /the number 1e999 is too large/],
    ['{"id":12345678901234567891}', /has more digits than are kept; write it as text/],
    [deep(251), /at character 1251, it is nested too deep/],
    [deep(20_000), /it is nested too deep/],
    ['{"caf\ufffd":1}', /^--args: character 6 is U\+FFFD, which stands for bytes that are not UTF-8$/],
    ['{"a":"\u0000"}', /control character U\+0000/],
    ['\ufeff{}', /cannot stand here/],
    ['[]', /^--args is JSON but not an object/],
    ['"x"', /not an object/],
    ['null', /not an object/],
    ['', /ends too early/],
  ];
  for (const [text, sentence] of wrong)
    assert.match(
      messageOf(() => readArgs(text)),
      sentence,
    );
  assert.match(
    messageOf(() => readJsonObject('--retry', '{"maximumAttempts":1,"maximumAttempts":9}', { example: '{}' })),
    /^--retry is not JSON: .*twice/,
  );
  const args = readArgs('{"__proto__":{"polluted":1},"constructor":2}')!;
  assert.equal(Object.keys(args), ['__proto__', 'constructor']);
  assert.is(({} as { polluted?: number }).polluted, undefined);
});

flags.test('labels and numbers', () => {
  assert.match(
    messageOf(() => readLabels(['a=1', 'a=2'])),
    /^--label "a" is given twice, with two values; give one$/,
  );
  assert.equal(
    readLabels(['a=1', 'a=1', 'b==', '__proto__=x']),
    Object.fromEntries([
      ['a', '1'],
      ['b', '='],
      ['__proto__', 'x'],
    ]),
  );
  assert.match(
    messageOf(() => readLabels(['caf\ufffd=1'])),
    /U\+FFFD/,
  );
  const long = messageOf(() => readLabels(['x'.repeat(100_000)]));
  assert.ok(long.length < 200 && long.includes('is not a label'));
  for (const text of ['9'.repeat(400), '1e3', '0x10', '', ' 1', '٣', 'Infinity', '-0.0', '9007199254740993']) {
    assert.match(
      messageOf(() => readWholeNumber('--limit', text, 1)),
      /is not possible; give a whole number from 1$/,
    );
  }
});
flags.run();

const variables = describe('a setting that is not what it should be', { timeoutMs: 60_000 });

variables.test('a variable that nests, repeats or says too much', () => {
  const wrong: readonly (readonly [text: string, sentence: RegExp])[] = [
    [`[${'['.repeat(5000)}`, /^the environment: OVERSEER_TYPES cannot be read: it is nested too deep/],
    [
      `{${aliasBomb(10).trim().replaceAll('\n', ', ')}}`,
      /^the environment: OVERSEER_TYPES cannot be read: its aliases repeat/,
    ],
    ['{a: {concurrency: 1}, a: {concurrency: 2}}', /OVERSEER_TYPES cannot be read: the key "a" is given twice/],
    [
      '{a: {concurrency: 12345678901234567891}}',
      /OVERSEER_TYPES cannot be read: the number 12345678901234567891 has more/,
    ],
    [
      `{a: ${'x'.repeat(70_000)}}`,
      /OVERSEER_TYPES cannot be read: it has 70005 characters, and at most 65536 are read/,
    ],
    ['{a: {concurrency: .inf}}', /cannot be read: \.inf is not a number/],
    ['{? [a] : 1}', /cannot be read: a key is a list or a mapping/],
    ['{a: [', /^the environment: types: expected settings by job type, got "\{a: \["$/],
    ['{a: *b}', /^the environment: types: expected/],
    ['&a', /^the environment: types: expected/],
    ['!!binary x', /^the environment: types: expected/],
    ['{a: 1}', /^the environment: types\.a: expected a type, got 1$/],
    ['{__proto__: {concurrency: x}}', /^the environment: types/],
    ['\u0000', /^the environment: types: expected/],
  ];
  for (const [text, sentence] of wrong) {
    assert.match(
      messageOf(() => readSettings({}, { OVERSEER_TYPES: text })),
      sentence,
      text.slice(0, 40),
    );
  }
});

variables.test('numbers, words and addresses that are none', () => {
  for (const text of [
    '1e999',
    '.inf',
    '12345678901234567891',
    '-1',
    '0',
    '1.5',
    'ten',
    '[1]',
    '{}',
    'null',
    '~',
    '0x',
    '1 2',
  ]) {
    const problem = messageOf(() => readSettings({}, { OVERSEER_CONCURRENCY: text }));
    assert.match(problem, /^the environment: concurrency: expected whole number from 1, got/, text);
  }
  assert.is(readSettings({}, { OVERSEER_CONCURRENCY: '0x10' }).values.concurrency, 16);
  for (const address of [
    'sqlite:./a: b.db',
    'sqlite:a#b',
    'esdb://u:p@h?tls=false',
    '*a',
    '!x',
    '- a',
    "it's",
    'a: b: c',
    '%A',
  ]) {
    assert.is(parseSetting(address), address);
  }
});

variables.test('a setting that is given in two spellings is not taken from one of them', () => {
  const from = 'c.yml';
  const twice: readonly (readonly [values: unknown, name: string])[] = [
    [{ sleepTime: 1, 'sleep-time': 2 }, 'sleep-time'],
    [{ 'log-level': 'info', logLevel: 'warn' }, 'log-level'],
    [{ heartbeat: { sleepTime: 1, 'sleep-time': 2 } }, 'heartbeat.sleep-time'],
    [{ heartbeat: { tolerance: 1 }, 'heartbeat.tolerance': 2 }, 'heartbeat.tolerance'],
    [{ 'heartbeat.tolerance': 2, heartbeat: { tolerance: 1 } }, 'heartbeat.tolerance'],
  ];
  for (const [values, name] of twice) {
    assert.is(
      messageOf(() => readConfiguration({ from, values })),
      `c.yml: ${name} is set twice, in two spellings; keep one of them`,
    );
  }
  const { length } = messageOf(() => readConfiguration({ from, values: { ['x'.repeat(1_000_000)]: 1 } }));
  assert.ok(length < 300);
  assert.match(
    messageOf(() => readConfiguration({ from, values: JSON.parse('{"__proto__": {"a": 1}}') as unknown })),
    /there is no setting "__proto__"/,
  );
});
variables.run();

const commands = describe('hostile input at the command line', { timeoutMs: 60_000 });

commands.test('ends with 2 and one line on stderr, and nothing is written', async () => {
  const sandbox = new CliSandbox({
    'pages.ts': pagesFile,
    'bomb.yaml': aliasBomb(12),
    'deep.yml': '['.repeat(100_000),
    'cycle.json': JSON.stringify(cycleOf(100_000)),
    'twice.yml': 'concurrency: 1\nconcurrency: 2\n',
  });
  writeFileSync(sandbox.path('head.json'), Buffer.alloc(100_000, '['));
  writeFileSync(sandbox.path('latin.mjs'), Buffer.from([0x2f, 0x2f, 0xe9]));
  spawnSync('mkfifo', [sandbox.path('pipe.jsonl')]);
  const before = readdirSync(sandbox.folder);
  const calls: readonly (readonly [code: number, ...words: string[]])[] = [
    [2, 'submit', 'bomb.yaml'],
    [2, 'submit', 'cycle.json'],
    [2, 'graphs', '--config', 'deep.yml'],
    [2, 'graphs', '--config', 'twice.yml'],
    [2, 'submit', 'pages.ts', '--args', deep(5000)],
    [2, 'audit', 'consistent', 'head.json'],
    [2, 'audit', 'check', 'head.json'],
    [2, 'what-if', 'g', '--module', 'latin.mjs'],
    [2, 'bisect', 'g', '--where', Array(7000).fill('a').join('||'), '--store', 'memory:'],
    [3, 'verify', '--store', 'pipe.jsonl'],
  ];
  await Promise.all(
    calls.map(async ([code, ...words]) => {
      const ended = await sandbox.overseer(...words);
      assert.match(ended.stderr, /^overseer: [^\n]{1,600}\n$/, words.slice(0, 3).join(' '));
      assert.is(/unexpected went wrong|call stack/.test(ended.stderr), false, ended.stderr);
      assert.is(ended.code, code, ended.stderr);
    }),
  );
  assert.equal(readdirSync(sandbox.folder), before);
  const variable = await sandbox
    .with({ OVERSEER_TYPES: `{${aliasBomb(9).trim().replaceAll('\n', ', ')}}` })
    .overseer('graphs');
  assert.is(variable.code, 2);
  assert.match(
    variable.stderr,
    /^overseer: the environment: OVERSEER_TYPES cannot be read: its aliases repeat more than/,
  );
});
commands.run();
