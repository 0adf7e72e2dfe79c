/** Every command, over a store full of terminal controls: none of them may reach the output of a command. */
// takes: 9s
// time-limit: 300s
import {
  abort,
  defer,
  failJob,
  install,
  jobGraph,
  pauseSchedule,
  retryJob,
  setLimit,
  setSchedule,
  start,
  store,
  transactGraph,
  triggerSchedule,
  waitForGraph,
} from 'overseer';
import { readFileSync, writeFileSync } from 'node:fs';
import { assert, describe } from '../support/spec.js';
import { hasTerminals, onTerminal } from './pseudo-terminal.js';
import { type Ended, CliSandbox } from './cli-sandbox.js';

const escape = '\u001b[2J\u001b]0;pwned\u0007\u001b[32mthe log is sound\u001b[39m';
const control = '\u009b2J\u0085\u007f';
const turned = '\u202e\u2066\u200f\u061c';
const unseen = '\u200b\u2060\u{e0041}\u00ad';
const hostile = `${escape}${control}\n${turned}${unseen}\u2028\r\n`;
/** What an id may hold. */
const inId = `${turned}${unseen}`;

const graphId = `g${inId}`;
const scheduleName = `n${inId}`;
const limitKey = `k${inId}`;
const sandbox = new CliSandbox({
  'handlers.mjs': `const hostile = ${JSON.stringify(hostile)};
    export const handlers = { ok: () => { console.log('printed'); return hostile; }, bad: () => { throw new Error(hostile); } };`,
  'projection.mjs': `export default { name: 'p', version: 1, init: {}, on: { GraphSubmitted: (state, event) => ({ ...state, [event.data.labels.team]: event.graphId }) } };`,
  'suppose.mjs': `export const retry = { maximumAttempts: 3 };`,
  'where.mjs': `export const where = (state) => { throw new Error(${JSON.stringify(hostile)}); };`,
  [`file${inId}.yaml`]: `{ jobs: { "a${hostile.replaceAll(/[^\\x20-\\x7e]/gu, '?')}": 3 } }`,
  'throws.mjs': `throw new Error(${JSON.stringify(hostile)});`,
  'rejects.mjs': `export const graph = { 'a${inId}': [] }; export const handlers = { 'a${inId}': async () => {
    Promise.reject(new Error(${JSON.stringify(hostile)})); await new Promise((done) => setTimeout(done, 30)); return 1; } };`,
});

async function fillStore(): Promise<void> {
  const db = await store(sandbox.store);
  await install(db);
  const worker = await start({}, db, {
    ok: async (job) => {
      await job.heartbeat({ [hostile]: hostile }, 0.5);
      return { [hostile]: hostile };
    },
    bad: () => {
      throw Object.assign(new TypeError(hostile), { code: hostile, data: { [hostile]: [hostile] } });
    },
    ab: () => abort(hostile),
    late: () => defer(hostile, { delayMs: 3_600_000 }),
  });
  await setLimit(
    db,
    limitKey,
    { concurrency: 1, rate: { starts: 1, windowMs: 3_600_000 } },
    { by: hostile, reason: hostile },
  );
  const jobs = {
    [`ok${inId}`]: { type: 'ok', args: { [hostile]: hostile } },
    bad: { type: 'bad' },
    ab: { type: 'ab' },
    late: { type: 'late' },
    [`ask${inId}`]: { type: 'ask', external: { for: hostile } },
    told: { type: 'ask', external: { for: hostile } },
    [`after${inId}`]: { type: `t${inId}`, after: ['bad'] },
    [`ready${inId}`]: { type: `t${inId}`, limits: [{ key: limitKey, units: 2 }] },
    started: { type: 'ok', limits: [limitKey] },
    waits: { type: 'ok', limits: [limitKey] },
  };
  const labels = { [`k${escape}`]: hostile, team: hostile };
  await transactGraph(db, jobGraph({ jobs }, {}, { id: graphId, labels }));
  await waitForGraph(db, graphId, { timeoutMs: 3000 }).catch(() => {});
  await worker.stop();
  await retryJob(db, graphId, 'bad', { by: hostile, reason: hostile });
  await failJob(db, graphId, 'told', hostile, { by: hostile, reason: hostile, data: { [hostile]: hostile } });
  const scheduled = jobGraph({ jobs }, { [hostile]: hostile }, { labels });
  await setSchedule(db, scheduleName, { graph: scheduled, cron: '@yearly' }, { by: hostile, reason: hostile });
  await triggerSchedule(db, scheduleName, { by: hostile, reason: hostile });
  await triggerSchedule(db, scheduleName, { by: hostile, reason: hostile });
  await pauseSchedule(db, scheduleName, { by: hostile, reason: hostile });
  await db.close();
}

/** A foreign export, whose words are not those of this engine, and whose reading fails on them. */
function forge(lines: readonly string[]): string {
  return lines.map((line) => line.replaceAll('TypeError', JSON.stringify(hostile).slice(1, -1))).join('\n');
}

const bad = `${graphId}/bad`;
const after = `${graphId}/after${inId}`;

/** By command; those of `audit`, `limit`, `projections` and `schedule` by both words. */
const calls: Readonly<Record<string, readonly (readonly string[])[]>> = {
  run: [
    ['run', 'rejects.mjs', '--id', `r${inId}`, '--store', 'memory:'],
    ['run', 'throws.mjs'],
  ],
  submit: [
    ['submit', `file${inId}.yaml`],
    ['submit', 'handlers.mjs', '--label', `k=${hostile}`],
    ['submit', 'rejects.mjs', '--id', `s${inId}`],
  ],
  worker: [['worker', 'handlers.mjs', '--types', hostile]],
  graphs: [
    ['graphs'],
    ['graphs', '--label', hostile],
    ['graphs', '--search', 'no such text'],
    ['graphs', '--search', 'G', '--limit', '1'],
  ],
  show: [
    ['show', graphId],
    ['show', bad],
    ['show', `${graphId}/ok${inId}`],
    ['show', `${graphId}/ab`],
    ['show', `${graphId}/late`],
    ['show', `${graphId}/ask${inId}`],
    ['show', `${graphId}/told`],
    ['show', graphId, '--svg', '-'],
    ['show', graphId, '--dot', '-'],
    ['show', hostile],
    ['show', graphId, '--limit', '1'],
    ['show', graphId, '--job', hostile],
    ['show', graphId, '--at', hostile],
  ],
  history: [
    ['history', graphId],
    ['history', graphId, '--limit', '1'],
    ['history', graphId, '--type', hostile],
    ['history', graphId, '--after', hostile],
  ],
  explain: [
    ['explain', graphId],
    ['explain', after],
    ['explain', bad],
    ['explain', `${graphId}/ab`],
    ['explain', `${graphId}/late`],
    ['explain', `${graphId}/ask${inId}`],
    ['explain', `${graphId}/told`],
    ['explain', `${graphId}/ready${inId}`],
    ['explain', `${graphId}/waits`],
  ],
  queue: [['queue']],
  jobs: [['jobs'], ['jobs', '--limit', '1'], ['jobs', '--type', hostile], ['jobs', '--graph', hostile]],
  workers: [['workers'], ['workers', '--type', hostile]],
  log: [['log'], ['log', '--type', hostile]],
  // What it serves is looked at in test/web.
  ui: [
    ['ui', '--port', hostile],
    ['ui', '--host', hostile],
    ['ui', '--token', hostile],
    ['ui', '--store', `sqlite:${hostile}`],
  ],
  timeline: [
    ['timeline', graphId],
    ['timeline', graphId, '--svg', '-'],
    ['timeline', graphId, '--by', 'type'],
    ['timeline', graphId, '--by', 'type', '--svg', '-'],
  ],
  diff: [
    ['diff', graphId, '#2', '#7'],
    ['diff', graphId, hostile],
  ],
  bisect: [
    ['bisect', graphId, '--where', 'count.failed > 0'],
    ['bisect', graphId, '--where', hostile],
    ['bisect', graphId, '--module', 'where.mjs'],
  ],
  answer: [
    ['answer', `${graphId}/told`, '--result', '1'],
    ['answer', `${graphId}/${hostile}`, '--fail', hostile],
    ['answer', bad, '--fail', hostile],
    ['answer', `${graphId}/ask${inId}`, '--result', hostile],
    ['answer', `${graphId}/ask${inId}`, '--result', JSON.stringify(hostile), '--by', hostile, '--reason', hostile],
  ],
  abort: [
    ['abort', graphId, '--by', hostile, '--reason', hostile],
    ['abort', `${graphId}/${hostile}`],
  ],
  pause: [
    ['pause', '--type', hostile],
    ['pause', '--all', '--by', hostile, '--reason', hostile],
  ],
  pauses: [['pauses'], ['queue'], ['explain', graphId], ['show', graphId]],
  resume: [
    ['resume', '--type', hostile],
    ['resume', '--all', '--by', hostile, '--reason', hostile],
  ],
  retry: [['retry', graphId, '--by', hostile, '--reason', hostile]],
  fork: [
    ['fork', graphId, '--failed', '--dry-run'],
    ['fork', graphId, '--from', hostile],
    ['fork', bad, '--failed'],
  ],
  replay: [
    ['replay', bad, 'handlers.mjs'],
    ['replay', `${graphId}/ok${inId}`, 'handlers.mjs'],
    ['replay', `${graphId}/ab`, 'handlers.mjs'],
  ],
  'what-if': [
    ['what-if', graphId, '--retry', '{"maximumAttempts":3}'],
    ['what-if', graphId, '--module', 'suppose.mjs'],
  ],
  project: [['project', 'projection.mjs']],
  verify: [['verify'], ['verify', '--store', 'forged.jsonl'], ['verify', '--store', `${hostile}.jsonl`]],
  doctor: [['doctor'], ['doctor', '--store', `sqlite:${hostile}`], ['doctor', '--store', 'forged.jsonl']],
  archive: [
    ['archive', '--older-than', hostile],
    ['archive', '--older-than', '0s'],
    ['archive', '--older-than', '0s', '--store', 'forged.jsonl'],
    ['archive', '--older-than', '0s', '--store', `sqlite:${hostile}`],
  ],
  install: [
    ['install', '--store', `sqlite:./in${inId}.db`],
    ['install', '--namespace', hostile],
  ],
  export: [
    ['export', graphId, '--output', `out${inId}.jsonl`],
    ['export', graphId, '--redact', hostile, '--output', 'redacted.jsonl'],
  ],
  import: [
    ['import', 'forged.jsonl', '--store', 'sqlite:./other.db'],
    ['import', `no${hostile}.jsonl`],
  ],
  step: [['step', graphId]],
  'limit set': [
    ['limit', 'set', hostile, '--concurrency', '1'],
    ['limit', 'set', limitKey, '--rate', hostile],
    ['limit', 'set', limitKey, '--concurrency', hostile],
    ['limit', 'set', limitKey, '--concurrency', '1', '--by', hostile, '--reason', hostile],
  ],
  'limit list': [
    ['limit', 'list'],
    ['limit', 'list', '--at', hostile],
  ],
  'limit show': [
    ['limit', 'show', limitKey],
    ['limit', 'show', hostile],
  ],
  'limit remove': [
    ['limit', 'remove', `${limitKey}x`],
    ['limit', 'remove', hostile],
    ['limit', 'remove', limitKey, '--reason', hostile],
  ],
  'schedule set': [
    ['schedule', 'set', hostile, 'handlers.mjs', '--every', '1h'],
    ['schedule', 'set', 'x', 'rejects.mjs', '--cron', hostile],
    ['schedule', 'set', 'x', 'rejects.mjs', '--cron', '@daily', '--timezone', hostile],
    ['schedule', 'set', 'x', 'rejects.mjs', '--every', hostile],
    ['schedule', 'set', scheduleName, 'rejects.mjs', '--cron', '@yearly', '--by', hostile, '--reason', hostile],
  ],
  'schedule list': [
    ['schedule', 'list'],
    ['schedule', 'list', '--at', hostile],
  ],
  'schedule show': [
    ['schedule', 'show', scheduleName],
    ['schedule', 'show', hostile],
  ],
  'schedule pause': [
    ['schedule', 'pause', scheduleName, '--by', hostile],
    ['schedule', 'pause', hostile],
  ],
  'schedule trigger': [
    ['schedule', 'trigger', scheduleName, '--by', hostile, '--reason', hostile],
    ['schedule', 'trigger', hostile],
  ],
  'schedule backfill': [
    ['schedule', 'backfill', scheduleName, '--from', '2020-01-01', '--to', '2023-01-02'],
    ['schedule', 'backfill', scheduleName, '--from', hostile, '--to', hostile],
  ],
  'schedule resume': [
    ['schedule', 'resume', scheduleName, '--by', hostile],
    ['schedule', 'resume', hostile],
  ],
  'schedule remove': [
    ['schedule', 'remove', scheduleName, '--reason', hostile],
    ['schedule', 'remove', hostile],
  ],
  'audit head': [['audit', 'head']],
  'audit prove': [
    ['audit', 'prove', '@2'],
    ['audit', 'prove', hostile],
  ],
  'audit check': [
    ['audit', 'check', 'forged.jsonl'],
    ['audit', 'check', 'throws.mjs'],
  ],
  'audit consistent': [['audit', 'consistent', hostile]],
  'projections status': [['projections', 'status']],
  'projections plan': [['projections', 'plan', hostile]],
  'projections apply': [['projections', 'apply', hostile]],
  'projections remove': [['projections', 'remove', hostile]],
  help: [['help'], [hostile], ['show', `--${hostile}`]],
};

const harmless = describe('hostile words in a store', { timeoutMs: 200_000 });
harmless.before(async () => {
  await fillStore();
  await sandbox.overseer('export', '--all', '--output', 'whole.jsonl');
  writeFileSync(sandbox.path('forged.jsonl'), forge(readFileSync(sandbox.path('whole.jsonl'), 'utf8').split('\n')));
});

const ourColours = /\u001b\[\d+m/g;
const forbidden =
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]|[\u{e0000}-\u{e0fff}]|\p{Cs}/u;

function assertHarmless(words: readonly string[], { stdout, stderr }: Ended): void {
  const all = stdout + stderr;
  const what = words.map((word) => JSON.stringify(word)).join(' ');
  assert.ok(all !== '', `${what} says nothing`);
  const found = forbidden.exec(all.replaceAll(ourColours, ''));
  const around = found === null ? '' : JSON.stringify(all.slice(Math.max(0, found.index - 40), found.index + 60));
  assert.is(found, null, `${what}: ${around}`);
  // Green text would be our own words; and no foreign text begins a line.
  assert.not.match(all, '\u001b[32mthe log is sound\u001b[39m\\u');
  assert.not.match(all, /^the log is sound/m);
}

/** What runs users' programs does so in a process of its own, as they may do anything to it; what only looks needs none. */
const inOwnProcess = new Set(['run', 'submit', 'worker']);

async function overAll(calls: readonly (readonly string[])[], variables: NodeJS.ProcessEnv, ...flags: string[]) {
  const there = sandbox.with(variables);
  for (const words of calls) {
    const call = [...words, ...flags];
    const isAlone = inOwnProcess.has(words[0]!);
    assertHarmless(words, await (isAlone ? there.overseer(...call) : there.answer(...call)));
  }
}

/** No argument of a test has a NUL in it: no program can be given one. */
const all = Object.values(calls).flat();

harmless.test('reach nobody in what commands say, in colours', async () => {
  await overAll(all, { FORCE_COLOR: '1' });
});

harmless.test('reach nobody in JSON, which says the same', async () => {
  const readers = [
    'graphs',
    'show',
    'history',
    'explain',
    'log',
    'timeline',
    'diff',
    'fork',
    'replay',
    'run',
    'audit prove',
    'limit list',
    'limit show',
    'schedule list',
    'schedule show',
  ];
  const some = readers.flatMap((name) => calls[name]!.slice(0, 2)).filter((words) => !words.includes('-'));
  await overAll(some, {}, '--json');
  const shown = await sandbox.json('show', `${graphId}/ok${inId}`);
  assert.equal([shown.graphId, shown.result], [graphId, { [hostile]: hostile }]);
});

harmless.test('stand in an export byte by byte, and are harmless on a terminal', async () => {
  const { stdout } = await sandbox.overseer('export', graphId);
  await sandbox.overseer('export', graphId, '--output', 'same.jsonl');
  assert.is(stdout, readFileSync(sandbox.path('same.jsonl'), 'utf8'));
  assert.match(stdout, turned);
  assert.is((await sandbox.overseer('audit', 'check', 'same.jsonl')).code, 0);
  if (!hasTerminals) return;
  const shown = await onTerminal(sandbox, `export ${graphId.slice(0, 1)}`);
  assert.is(shown.code, 0);
  assert.not.match(shown.drawn.replaceAll('\r', ''), forbidden);
});

harmless.test('and no command was forgotten here', async () => {
  const named = async (...words: string[]) => {
    const { stdout } = await sandbox.overseer(...words, '--help');
    return [...stdout.slice(stdout.indexOf('Commands:')).matchAll(/^ {2}([a-z-]+)\b/gm)].map(([, name]) => name!);
  };
  const groups = ['schedule', 'limit', 'audit', 'projections'];
  const names = (await named()).filter((name) => !groups.includes(name));
  for (const group of groups)
    names.push(...(await named(group)).filter((name) => name !== 'help').map((name) => `${group} ${name}`));
  assert.equal(names.sort(), Object.keys(calls).sort());
});

harmless.run();
