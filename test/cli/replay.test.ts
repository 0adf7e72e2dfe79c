// takes: 7s
import { spawn } from 'node:child_process';
import { eventually } from '../support/eventually.js';
import { assert, describe } from '../support/spec.js';
import { CliSandbox } from './cli-sandbox.js';

const spec = describe('replaying from the command line', { timeoutMs: 60_000 });

const file = `
interface Rows { rows: number }
export const graph = { graph: { fetch: [], parse: ['fetch'], late: ['parse'] }, args: { org: 7 } };
const isBroken = process.env['BROKEN'] === '1';
export const handlers = {
  fetch: () => ({ rows: 3 }),
  parse: async (job: { inputs: { fetch: Rows }; heartbeat(details: unknown): Promise<void> }) => {
    const input: Rows = job.inputs.fetch;
    await job.heartbeat({ rows: input.rows });
    console.log('parsing');
    if (isBroken) throw new TypeError('no such column');
    return input.rows * 2;
  },
  late: () => null,
};
`;

let sandbox: CliSandbox;

spec.before(async () => {
  sandbox = new CliSandbox({
    'graph.ts': file,
    'others.ts': 'export const handlers = { fetch: () => 1, other: () => 2 };',
  });
  assert.is((await sandbox.with({ BROKEN: '1' }).overseer('run', 'graph.ts', '--id', 'g')).code, 1);
});

spec.test('the same end is 0, another is 1, and the log stays as it is', async () => {
  const events = (await sandbox.overseer('log', '--json')).stdout;
  const same = await sandbox.with({ BROKEN: '1' }).overseer('replay', 'g/parse', 'graph.ts');
  assert.equal([same.code, same.stderr], [0, 'parsing\n']);
  assert.match(
    same.stdout,
    /^job +g\/parse \(type parse\)\nattempt +1, on .*\nargs +\{"org":7\}\ninputs +\{"fetch":\{"rows":3\}\}\n/,
  );
  assert.match(
    same.stdout,
    /\nrecorded +exception: TypeError: no such column\nreplayed +exception: TypeError: no such column\n/,
  );
  assert.match(same.stdout, /\n\nthe outcome is the same\n$/);
  const other = await sandbox.overseer('replay', 'g/parse', 'graph.ts');
  assert.is(other.code, 1);
  assert.match(
    other.stdout,
    /\nthe outcome is different:\n {2}\/exception: \{"exception":"TypeError","message":"no such column"\} → nothing\n {2}\/result: nothing → 6\n$/,
  );
  const told = await sandbox.json('replay', 'g/parse', 'graph.ts', '--attempt', '1');
  assert.equal(
    [told.verdict, told.replayed, told.heartbeats],
    ['different', { kind: 'finished', result: 6 }, [{ details: { rows: 3 }, progress: null }]],
  );
  assert.equal([told.recorded.kind, told.inputs], ['faulted', { fetch: { rows: 3 } }]);
  assert.is((await sandbox.overseer('log', '--json')).stdout, events);
});

spec.test('what is wrong is told in one sentence', async () => {
  const wrong: readonly (readonly [words: string[], code: number, sentence: RegExp])[] = [
    [['g/nope', 'graph.ts'], 2, /^overseer: graph g has no job "nope"$/],
    [['g', 'graph.ts'], 2, /^overseer: a job is replayed, not a graph: overseer replay g\/JOB FILE$/],
    [['g/late', 'graph.ts'], 2, /^overseer: no attempt of job "late" of graph g has been made$/],
    [['g/parse', 'graph.ts', '--attempt', '2'], 2, /^overseer: job "parse" of graph g has no attempt 2; there is 1$/],
    [
      ['g/parse', 'graph.ts', '--attempt', '0'],
      2,
      /^overseer: --attempt "0" is not possible; give a whole number from 1$/,
    ],
    [
      ['g/parse', 'others.ts'],
      2,
      /^overseer: others.ts has no handler for "parse", the type of job g\/parse; there are fetch, other$/,
    ],
    [['g/parse', 'nope.ts'], 2, /^overseer: there is no file nope.ts$/],
    [
      ['g/parse', 'graph.ts', '--inspect-brk=x'],
      2,
      /^overseer: --inspect-brk "x" is not an address to listen on; give HOST:PORT or PORT$/,
    ],
  ];
  for (const [words, code, sentence] of wrong) {
    const ended = await sandbox.overseer('replay', ...words);
    assert.match(ended.stderr.trimEnd(), sentence);
    assert.equal([ended.code, ended.stdout], [code, '']);
  }
});

spec.test('a debugger stops in front of the handler, steps into it, and at breakpoints in its file', async () => {
  const replaying = sandbox.with({ BROKEN: '1' }).begin('replay', 'g/parse', 'graph.ts', '--inspect-brk=127.0.0.1:0');
  await replaying.says(/attach a debugger to 127\.0\.0\.1:\d+: /);
  const [, address = ''] = /attach a debugger to (\S+): /.exec(replaying.stderr) ?? [];
  const inspect = spawn(process.execPath, ['inspect', address], { stdio: ['pipe', 'pipe', 'inherit'] });
  let said = '';
  inspect.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  // What is typed before it asks for it may be lost: what it said before is printed in pieces.
  const isReady = () => said.endsWith('debug> ');
  const command = async (text: string, answer: RegExp) => {
    said = '';
    inspect.stdin.write(`${text}\n`);
    await eventually(`${text}: ${answer.source}`, () => answer.test(said) && isReady(), 20_000);
  };
  try {
    await eventually('it stops in front of the handler', () => />.*debugger;/.test(said) && isReady(), 20_000);
    await command(`sb('graph.ts', 9)`, /await job\.heartbeat/);
    await command('n', />.*return stage\(job\)/);
    await command('s', /> *8 .*const input/);
    await command('c', />.*9 .*await job\.heartbeat/);
    await command(`exec('input.rows')`, /3/);
    inspect.stdin.write('c\n');
    await replaying.says(/the outcome is the same/);
  } finally {
    inspect.kill();
  }
  assert.is((await replaying.ended).code, 0);
});

spec.run();
