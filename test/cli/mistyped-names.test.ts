import { readdirSync } from 'node:fs';
import { assert, describe } from '../support/spec.js';
import { CliSandbox } from './cli-sandbox.js';

const mistyped = describe('names that are mistyped on the command line', { timeoutMs: 120_000 });

const file = `export const graph = { fetch: [], report: ['fetch'] };
export const handlers = { fetch: () => 1, report: () => 2 };`;

const noJob = 'graph nightly has no job "reprot"; did you mean report?';
const noGraph = 'there is no graph "nightyl"; did you mean nightly?';

/** What is called, and what is said. */
const calls: Readonly<Record<string, string | RegExp>> = {
  'show nightly/reprot': noJob,
  'history nightly/reprot': noJob,
  'explain nightly/reprot': noJob,
  'abort nightly/reprot': noJob,
  'retry nightly/reprot': noJob,
  'step nightly/reprot': noJob,
  'replay nightly/reprot a.mjs': noJob,
  'fork nightly --from reprot': noJob,
  'show nightyl': noGraph,
  'show nightyl/report': noGraph,
  'history nightyl': noGraph,
  'explain nightyl': noGraph,
  'abort nightyl': noGraph,
  'retry nightyl': noGraph,
  'timeline nightyl': noGraph,
  'diff nightly nightyl': noGraph,
  'bisect nightyl --where number>1': noGraph,
  'step nightyl': noGraph,
  'fork nightyl --failed': noGraph,
  'replay nightyl/report a.mjs': noGraph,
  'what-if nightyl --retry {}': noGraph,
  'export nightyl': noGraph,
  'audit prove nightyl#1': noGraph,
  'show somethingelse': 'there is no graph "somethingelse"',
  'bisect nightly --where count.finnished>1': /: count has no "finnished"; did you mean finished\?/,
  'bisect nightly --where jobs.reprot.attempt>1': /: there is no job "reprot"; did you mean report\?$/,
  'bisect log --where ready.reprot>0': /: there is no type of job "reprot"; did you mean report\?$/,
  'bisect nightly --module slips.mjs': /; it exports were: did you mean where\?$/,
  'what-if nightly --retry {"maximumAttemps":3}': /did you mean maximumAttempts\?/,
  'what-if nightly --module slips.mjs': /; it exports rety: did you mean retry\?/,
  'project slips.mjs': /; it exports projecton: did you mean projection\?$/,
  'export nightly --redact resul': /events have no field "resul"; did you mean result\?/,
  'export nightly --redact failure.mesage': /a failure has no field "mesage"; did you mean message\?/,
  'audit prove nightly#1 --redact resul': /did you mean result\?/,
  'worker a.mjs --types reprot':
    '--types: there is no handler for "reprot"; did you mean report? There are fetch, report',
  'worker slips.mjs': /; it exports handlres: did you mean handlers\?$/,
  'run slips.mjs': /exports no graph; .*; it exports grpah: did you mean graph\?$/,
  'run a.mjs --log-level inf': /\(did you mean info\?\)$/,
  'run other.yaml --handlers a.mjs': /^a\.mjs: there is no handler for "reprot" \(did you mean report\?\)$/,
  'log --type JobFinishd': /did you mean JobFinished\?/,
  'graphs --status finised': '--status: no status of a graph is called "finised"; did you mean finished?',
  'help shwo': "unknown command 'shwo' (did you mean show?)",
  'help audit hed': "unknown command 'hed' (did you mean head?)",
  'audit hed': "unknown command 'hed' (did you mean head?)",
};

mistyped.test('each is told which one is near, and nothing is done', async () => {
  const sandbox = new CliSandbox({
    'a.mjs': file,
    'other.yaml': 'fetch: []\nreprot: [fetch]\n',
    'slips.mjs': 'export const handlres = {}, grpah = {}, were = () => true, rety = {}, projecton = { name: "p" };',
  });
  await sandbox.overseer('run', 'a.mjs', '--id', 'nightly');
  const before = [readdirSync(sandbox.folder), (await sandbox.overseer('audit', 'head')).stdout];
  for (const [words, sentence] of Object.entries(calls)) {
    const { code, stdout, stderr } = await sandbox.answer(...words.split(' '));
    assert.equal([code, stdout], [2, ''], `${words}: ${stderr}`);
    assert.match(stderr, /^overseer: [^\n]*\n$/, words);
    const said = stderr.slice('overseer: '.length, -1);
    if (typeof sentence === 'string') assert.is(said, sentence, words);
    else assert.match(said, sentence, words);
  }
  assert.equal([readdirSync(sandbox.folder), (await sandbox.overseer('audit', 'head')).stdout], before);
});

mistyped.test('a label that no graph has is told beside the empty list', async () => {
  const sandbox = new CliSandbox({ 'a.mjs': file });
  await sandbox.overseer('run', 'a.mjs', '--label', 'team=billing');
  const told = async (label: string) => (await sandbox.overseer('graphs', '--label', label)).stderr;
  assert.is(await told('teem=billing'), 'no graphs; none has a label "teem"; did you mean team?\n');
  assert.is(await told('team=none'), 'no graphs\n');
  assert.is(await told('owner=none'), 'no graphs\n');
});

mistyped.test("help for a command is that command's", async () => {
  const sandbox = new CliSandbox();
  for (const words of [['show'], ['audit', 'prove'], []]) {
    const { code, stdout } = await sandbox.overseer('help', ...words);
    assert.equal([code, stdout], [0, (await sandbox.overseer(...words, '--help')).stdout]);
  }
});
mistyped.run();
