/** Words of a command line, and what commands print of a store that holds hostile text. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'node:util';
import type { Command } from 'commander';
import { exitCodes } from '../../../src/cli/failure.js';
import { Terminal } from '../../../src/cli/output/terminal.js';
import { commandLine } from '../../../src/cli/program.js';
import { ExportWriter } from '../../../src/evidence/export-format.js';
import { treeHash } from '../../../src/log/tree-hash.js';
import { temporaryFolder } from '../../support/stores.js';
import { someEvents, someExports, withRightHead } from '../histories.js';
import { text, words } from '../inputs.js';
import { forged } from '../odd-values.js';
import { accepted, demand, refused, target } from '../target.js';

const folder = temporaryFolder();
const environment = { NO_COLOR: '1', TERM: 'dumb' };
let terminals: Readonly<Record<'plain' | 'json', Terminal>> | null = null;
/** Each listens to stdout, so there is one of each kind. */
const terminalsOnce = () =>
  (terminals ??= { plain: new Terminal(false, environment), json: new Terminal(true, environment) });

/** An export whose every text begins a line of its own and moves the cursor. */
function hostileExport(): string {
  const hostile = `\n${forged}\r${forged}\u2028\u001b[2K\u009b1A\u202e`;
  const writer = new ExportWriter(
    { namespace: `overseer${hostile}`, graphId: null, redacted: [`x${hostile}`] },
    treeHash,
  );
  const id = (index: number) => `01234567-89ab-4def-8123-${String(index).padStart(12, '0')}`;
  const submitted = {
    part: 1,
    parts: 1,
    jobs: [
      { id: `a${hostile}`, type: `t${hostile}`, parents: [], args: { [`k${hostile}`]: hostile } },
      { id: 'b', type: 't', parents: [`a${hostile}`] },
    ],
    args: { a: hostile },
    labels: { [`l${hostile}`]: hostile },
    priority: 1,
  };
  const failure = { reason: `r${hostile}`, exception: `E${hostile}`, message: hostile, data: { x: hostile } };
  const jobEvents = [
    ['JobStarted', { attempt: 1, worker: { id: `w${hostile}`, host: hostile, pid: 1 }, leaseMs: 1 }],
    ['Heartbeat', { attempt: 1, progress: 0.5, details: { x: hostile } }],
    ['JobFaulted', { attempt: 1, cause: 'exception', failure, next: { kind: 'failed' }, stack: `E${hostile}\n at x` }],
    ['JobReset', { by: hostile, reason: hostile }],
    [`Odd${hostile}`, { x: hostile }],
  ] as const;
  const of = (graphId: string, jobId: string | null, revision: number, type: string, data: unknown, index: number) =>
    writer.event({
      ...someEvents[0]!,
      graphId,
      jobId,
      revision,
      id: id(index),
      type,
      actor: hostile,
      causationId: null,
      schemaVersion: 1,
      data: JSON.stringify(data),
    });
  const lines = [writer.header];
  ['g', `h${hostile}`].forEach((graphId, graph) => {
    lines.push(of(graphId, null, 0, 'GraphSubmitted', submitted, 100 * graph));
    jobEvents.forEach(([type, data], index) =>
      lines.push(of(graphId, `a${hostile}`, index, type, data, 100 * graph + index + 1)),
    );
    lines.push(of(graphId, null, 1, 'GraphPaused', { by: hostile, reason: hostile }, 100 * graph + 50));
  });
  return [...lines, writer.head(), ''].join('\n');
}

let hostileFile: string | null = null;
function hostileFileOnce(): string {
  if (hostileFile !== null) return hostileFile;
  hostileFile = join(folder, 'hostile.jsonl');
  writeFileSync(hostileFile, hostileExport());
  return hostileFile;
}

/** What a call writes to stdout and stderr. */
async function captured(call: () => Promise<void>): Promise<string> {
  let written = '';
  const outlets = [process.stdout, process.stderr];
  const before = outlets.map((outlet) => outlet.write.bind(outlet));
  for (const outlet of outlets) {
    outlet.write = (chunk: string | Uint8Array, ...rest: unknown[]) => {
      written += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
      const done = rest.find((each) => typeof each === 'function') as (() => void) | undefined;
      done?.();
      return true;
    };
  }
  try {
    await call();
  } finally {
    outlets.forEach((outlet, index) => (outlet.write = before[index]!));
  }
  return written;
}

function assertHarmless(written: string): void {
  const control = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/.exec(written);
  demand(
    control === null,
    `it prints ${JSON.stringify(written.slice(Math.max(0, (control?.index ?? 0) - 40)).slice(0, 100))}`,
  );
  demand(!new RegExp(`^\\s*${forged}`, 'm').test(written), 'a line is forged');
  demand(written.length < 4_000_000, 'it prints without bounds');
}

const looking = [
  'graphs',
  'show',
  'history',
  'explain',
  'jobs',
  'queue',
  'workers',
  'log',
  'timeline',
  'diff',
  'bisect',
  'verify',
  'audit',
  'help',
];
const flags = [
  '--status',
  '--label',
  '--limit',
  '--after',
  '--at',
  '--type',
  '--job',
  '--all',
  '--where',
  '--by',
  '--no-durations',
  '--json',
  '--namespace',
  '--redact',
  '--recompute',
];

/** Nothing that writes a file, runs a program, opens another store, or goes on for ever. */
function isHarmless(word: string): boolean {
  return (
    !word.startsWith('-') ||
    word.startsWith('--no-') ||
    flags.some((flag) => word === flag || word.startsWith(`${flag}=`))
  );
}

const commandOutput = target({
  name: 'command-output',
  kind: words,
  seeds: [
    ['graphs', '--status', 'failed,paused', '--limit', '5'],
    ['show', 'g'],
    ['show', 'g/b', '--at', '#3'],
    ['history', 'g', '--json'],
    ['explain', 'g/b'],
    ['jobs', 'ready'],
    ['queue'],
    ['workers'],
    ['log', '--limit', '3'],
    ['timeline', 'g', '--by', 'type'],
    ['diff', 'g', '#1', '#4'],
    ['bisect', 'g', '--where', 'count.failed > 0'],
    ['bisect', 'log', '--where', 'number > 2'],
    ['verify'],
    ['audit', 'head'],
    ['audit', 'prove', 'g#1'],
    ['help', 'show'],
  ],
  words: [
    ...looking,
    ...flags,
    'g',
    'h',
    'g/b',
    'g/a',
    '@1',
    '@3',
    '#1',
    '#2',
    '2026-01-01',
    'failed',
    'paused',
    'head',
    'prove',
    'status == "failed"',
    '1',
    'result',
  ],
  inputs: 350,
  cpuMsMax: 1500,
  async decode(input) {
    const [first = '', ...rest] = input;
    const asked = [looking.includes(first) ? first : 'graphs', ...rest.filter(isHarmless)];
    const terminal = terminalsOnce()[asked.includes('--json') ? 'json' : 'plain'];
    let code: number = exitCodes.good;
    const failures: unknown[] = [];
    const written = await captured(async () => {
      try {
        const program = commandLine(terminal, (ended) => (code = ended));
        await program.parseAsync([...asked, '--store', hostileFileOnce()], { from: 'user' });
      } catch (error) {
        failures.push(error);
        terminal.fail(error);
      }
    });
    assertHarmless(written);
    demand(readdirSync(folder).length <= 2, 'it has written a file');
    if (failures.length > 0) throw failures[0];
    return code === exitCodes.good ? accepted() : refused();
  },
});

/** Every command, with those of groups. */
function allCommands(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(allCommands)];
}

const called: string[] = [];

/** The command line, of which every command only says that it was called. */
function idleProgram(): Command {
  const program = commandLine(terminalsOnce().plain, () => {});
  for (const command of allCommands(program)) {
    if (command.commands.length > 0) continue;
    command.action((...received: unknown[]) => {
      called.push(format('%s %j', command.name(), (received.at(-1) as Command).optsWithGlobals()));
    });
  }
  return program;
}

const argumentsTarget = target({
  name: 'arguments',
  kind: words,
  seeds: [
    ['run', 'graph.ts', '--concurrency', '4', '--args', '{"org": 1}', '--label', 'a=b'],
    ['submit', 'graph.yml', '--id', 'night', '--wait'],
    ['worker', 'handlers.ts', '--processes', '2'],
    ['retry', 'g/job', '--reason', 'x'],
    ['abort', 'g', '--status', 'failed', '--yes'],
    ['pause', '--type', 'fetch'],
    ['fork', 'g', '--failed', '--handlers', 'h.ts'],
    ['audit', 'check', 'proof.json', '--head', 'head.json'],
    ['projections', 'plan'],
    ['import', 'x.jsonl', '--from-namespace', 'x'],
    ['doctor'],
    ['--store', 'memory:', 'show', 'g'],
  ],
  words: [
    ...looking,
    ...flags,
    'run',
    'submit',
    'worker',
    'retry',
    'abort',
    'pause',
    'resume',
    'fork',
    'replay',
    'what-if',
    'project',
    'import',
    'install',
    'step',
    '--',
    '-h',
    '-V',
    '--store',
    '--config',
    '--output',
    '-o',
    '--__proto__',
    '--constructor',
    '-',
  ],
  inputs: 800,
  async decode(input) {
    called.length = 0;
    const failures: unknown[] = [];
    const written = await captured(async () => {
      try {
        await idleProgram().parseAsync([...input], { from: 'user' });
      } catch (error) {
        failures.push(error);
        terminalsOnce().plain.fail(error);
      }
    });
    assertHarmless(written);
    if (failures.length > 0) throw failures[0];
    demand(called.length === 1, `${called.length} commands were called`);
    return accepted();
  },
});

const checkedFile = target({
  name: 'audit-check',
  kind: text,
  seeds: async () => [
    ...(await someExports()),
    hostileExport(),
    '{"proof": "inclusion", "format": 1}',
    '{"proof": "consistency", "format": 1, "path": []}',
  ],
  mended: withRightHead,
  words: ['{"overseerExport":', '"proof"', '"inclusion"', '"treeHead"', '\n', `\\n${forged}`],
  inputs: 200,
  cpuMsMax: 1000,
  async decode(input) {
    const place = join(folder, 'checked');
    mkdirSync(place, { recursive: true });
    const file = join(place, input.startsWith('{"overseerExport"') ? 'file.jsonl' : 'file.json');
    writeFileSync(file, input);
    let code: number = exitCodes.good;
    const failures: unknown[] = [];
    const written = await captured(async () => {
      try {
        await commandLine(terminalsOnce().plain, (ended) => (code = ended)).parseAsync(['audit', 'check', file], {
          from: 'user',
        });
      } catch (error) {
        failures.push(error);
        terminalsOnce().plain.fail(error);
      }
    });
    assertHarmless(written);
    if (failures.length > 0) throw failures[0];
    return code === exitCodes.good ? accepted() : refused();
  },
});

export const commandLineTargets = [argumentsTarget, commandOutput, checkedFile];
