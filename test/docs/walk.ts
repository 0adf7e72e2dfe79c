/**
 * Runs what the pages show, as their reader would: page by page, each in a new folder that is a project with this package
 * installed, everything in the order in which it stands there, with what `npm run build` made.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import { temporaryFolder } from '../support/stores.js';
import { type Block, blocksOf, root, shownSnippet, snippetsFolder, snippetsLinkedFrom } from './pages.js';

const commandLine = join(root, 'dist/cli/main.js');
export const hasCommandLine = existsSync(commandLine);

export interface Ran {
  readonly code: number | null;
  readonly printed: string;
  readonly errors: string;
}

/** A block of a page that was run, and how that went. */
export interface Walked extends Ran {
  readonly block: Block;
}

/** Programs and commands that end only when they are told to, and what they print when they are ready for it. */
const endless: Readonly<Record<string, string>> = { 'worker.ts': 'working\n', worker: 'worker started' };

/**
 * Does what a page says, from top to bottom: saves the files it shows, runs the commands, and runs each program whose output
 * it shows. A file of which the page shows only a part is there from the start, since the page has a link to it.
 */
export async function walkPage(page: string): Promise<readonly Walked[]> {
  const folder = newProject();
  for (const name of snippetsLinkedFrom(page)) copyFileSync(join(snippetsFolder, name), join(folder, name));
  const walked: Walked[] = [];
  for (const block of blocksOf(page)) {
    switch (block.kind) {
      case 'snippet':
        if (block.region === null) writeFileSync(join(folder, block.name), shownSnippet(block.name, null));
        break;
      case 'output':
        walked.push({ block, ...(await runProgram(join(folder, block.name), folder)) });
        break;
      case 'session':
      case 'commands':
        walked.push({ block, ...(await runCommands(block, folder)) });
    }
  }
  return walked;
}

/** A new folder with a project in it, as [Installing](../../docs/guide/installing.md) makes one. */
function newProject(): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'jobs', private: true, type: 'module' }));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules/overseer'));
  return folder;
}

/** Runs a program, which keeps its files in a folder. */
export function runProgram(file: string, folder: string): Promise<Ran> {
  const child = spawn(process.execPath, ['--import', tsx, file], { cwd: folder, detached: true });
  return ran(child, endless[basename(file)]);
}

const tsx = join(root, 'node_modules/tsx/dist/esm/index.mjs');

/** Runs commands one after another in one shell. What each prints, to whichever stream, follows its line as in a terminal. */
async function runCommands(block: Block, folder: string): Promise<Ran> {
  const lines = commandsIn(block).map((command) => `printf '%s\\n' ${quoted(`$ ${command}`)}\n${command}`);
  const node = quoted(process.execPath);
  const npx = `npx() { case "$1" in tsx) shift; ${node} --import ${quoted(tsx)} "$@";; *) shift; ${node} ${quoted(commandLine)} "$@";; esac; }`;
  const script = ['exec 2>&1', npx, ...lines].join('\n');
  // Without a width, lines are not cut: where they are depends on how long the names of hosts and workers are.
  const environment = Object.entries(process.env).filter(([name]) => !/^(OVERSEER_|COLUMNS$)/.test(name));
  const env = { ...Object.fromEntries(environment), NO_COLOR: '1' };
  const child = spawn('bash', ['-c', script], { cwd: folder, env, detached: true });
  const { printed, ...rest } = await ran(child, endless[block.name]);
  const shown = printed
    .replaceAll(folder, '/srv/jobs')
    .replaceAll(new RegExp(`\\b${hostname()}-(?=\\d+-)`, 'g'), 'host-')
    .replaceAll(new RegExp(`\\bby ${hostname()}\\b`, 'g'), 'by host')
    .replaceAll(new RegExp(`(?<=[0-9a-f]{8}  )${hostname()} +(?=\\d+ )`, 'g'), 'host  ');
  return { printed: shown, ...rest };
}

/** In a session they follow a `$`; what is only typed has none, and may have comments. */
function commandsIn({ kind, text }: Block): readonly string[] {
  const lines = text.split('\n');
  if (kind === 'session') return lines.filter((line) => line.startsWith('$ ')).map((line) => line.slice(2));
  return lines.filter((line) => line.trim() !== '' && !line.startsWith('#'));
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function ran(child: ChildProcess, readyWhen?: string): Promise<Ran> {
  return new Promise((resolve, reject) => {
    let printed = '';
    let errors = '';
    let isTold = false;
    child.stdout!.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
      if (readyWhen !== undefined && !isTold && printed.includes(readyWhen)) {
        isTold = true;
        // The whole group, as a terminal does: the shell waits for the command that it runs.
        process.kill(-child.pid!, 'SIGINT');
      }
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
  [/^([* ] \S+(?: × \d+)? +)(?=\S*[▁-█·~?>x])[▁-█·~?>x -]+?(?= max \d| \d|$)/gm, '$1BAR'],
  [/^ *(?:\|[\d.]+ [a-z0-9 .]+)+$/gm, 'AXIS'],
  [/\b[0-9a-f]{64}\b/g, 'HASH'],
  [/[\w.-]+-\d+-[0-9a-f]{16}\b/g, 'WORKER'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, 'ID'],
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?Z?/g, 'TIME'],
  // The distance to UTC depends on the season.
  [/(?<=TIME )[+-]\d\d:\d\d\b/g, 'OFFSET'],
  [/\b\d\d:\d\d:\d\d(\.\d+)?\b/g, 'TIME'],
  [/\b\d+(\.\d+)? ?(ms|s|m|min|h)\b/g, 'DURATION'],
  // The axis of a timeline: a longer run has another step, or one more.
  [/(?:\|(?:0|DURATION) *)+/g, 'AXIS'],
  [/\bnode v[\d.]+, \w+ \w+/g, 'NODE'],
  [/\b\d+ %/g, 'PERCENT'],
  [/─+/g, '─'],
  [/(?<=WORKER +host +)\d+/g, 'PID'],
  [/[▁-█]+/g, '█'],
  [/[ \t]+/g, ' '],
];

export function normalised(text: string): string {
  return variable
    .reduce((made, [pattern, word]) => made.replaceAll(pattern, word), text)
    .replaceAll(/ $/gm, '')
    .trimEnd();
}
