/** Runs what the pages show, as its reader would: in a folder of its own, with what `npm run build` made. */
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { temporaryFolder } from '../support/stores.js';
import { root, snippetsFolder } from './pages.js';

export const programs: readonly string[] = readdirSync(snippetsFolder)
  .filter((name) => name.endsWith('.ts'))
  .sort();

const commandLine = join(root, 'dist/cli/main.js');
export const hasCommandLine = existsSync(commandLine);

export interface Ran {
  readonly code: number | null;
  readonly printed: string;
  readonly errors: string;
}

/** Programs that end only when they are told to, and what they print when they are ready for it. */
const endless: Readonly<Record<string, string>> = { 'worker.ts': 'working\n' };

/** Runs a snippet; where it keeps files, in a folder nobody else uses. */
export function runProgram(name: string): Promise<Ran> {
  const tsx = join(root, 'node_modules/tsx/dist/esm/index.mjs');
  const child = spawn(process.execPath, ['--import', tsx, join(snippetsFolder, name)], { cwd: temporaryFolder() });
  return ran(child, endless[name]);
}

/**
 * Runs the commands of a session one after another in one shell, in a folder that has the snippets and this package
 * installed. What each prints, to whichever stream, follows its line as it would in a terminal.
 */
export async function runSession(session: string): Promise<string> {
  const folder = temporaryFolder();
  // Settings there would be read, and change what the session shows.
  cpSync(snippetsFolder, folder, { recursive: true, filter: (file) => !file.endsWith('.yml') });
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules/overseer'));
  const lines = commandsIn(session).map((command) => `printf '%s\\n' ${quoted(`$ ${command}`)}\n${command}`);
  const npx = `npx() { shift; ${quoted(process.execPath)} ${quoted(commandLine)} "$@"; }`;
  const script = ['exec 2>&1', npx, ...lines].join('\n');
  const { OVERSEER_STORE: _, ...environment } = process.env;
  const child = spawn('bash', ['-c', script], { cwd: folder, env: { ...environment, NO_COLOR: '1', COLUMNS: '120' } });
  const { printed } = await ran(child);
  return printed
    .replaceAll(folder, '/srv/jobs')
    .replaceAll(new RegExp(`\\b${hostname()}-(?=\\d+-)`, 'g'), 'host-')
    .replaceAll(new RegExp(`\\bby ${hostname()}\\b`, 'g'), 'by host');
}

function commandsIn(session: string): readonly string[] {
  return session
    .split('\n')
    .filter((line) => line.startsWith('$ '))
    .map((line) => line.slice(2));
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function ran(child: ChildProcess, readyWhen?: string): Promise<Ran> {
  return new Promise((resolve, reject) => {
    let printed = '';
    let errors = '';
    child.stdout!.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
      if (printed === readyWhen) child.kill('SIGTERM');
    });
    child.stderr!.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, printed, errors }));
  });
}

/** What differs from run to run, by what it is: ids, times, durations, shares, folders, and the widths that follow from them. */
const variable: readonly (readonly [RegExp, string])[] = [
  [/\u001b\[[0-9;?]*[A-Za-z]/g, ''],
  // What a timeline shows of a job depends on how long all of them took: beside a slow one, others are too short to be
  // seen. How it is drawn has tests of its own. A job that has not run has no duration, and no end of its bar.
  [/^([* ] \S+ +)(?=\S*[█·~x])[█·~x -]+?(?= \d|$)/gm, '$1BAR'],
  [/^ *(?:\|[\d.]+ [a-z0-9 .]+)+$/gm, 'AXIS'],
  [/\b[0-9a-f]{64}\b/g, 'HASH'],
  [/[\w.-]+-\d+-[0-9a-f]{8}\b/g, 'WORKER'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, 'ID'],
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?Z?/g, 'TIME'],
  [/\b\d\d:\d\d:\d\d(\.\d+)?\b/g, 'TIME'],
  [/\b\d+(\.\d+)? ?(ms|s|m|min|h)\b/g, 'DURATION'],
  [/\bnode v[\d.]+, \w+ \w+/g, 'NODE'],
  [/\b\d+ %/g, 'PERCENT'],
  [/─+/g, '─'],
  [/[ \t]+/g, ' '],
];

export function normalised(text: string): string {
  return variable
    .reduce((made, [pattern, word]) => made.replaceAll(pattern, word), text)
    .replaceAll(/ $/gm, '')
    .trimEnd();
}
