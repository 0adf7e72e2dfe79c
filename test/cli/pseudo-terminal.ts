import { spawn, spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import type { CliSandbox } from './cli-sandbox.js';

const main = resolve(import.meta.dirname, '../../dist/cli/main.js');

/** Whether this machine has a program that makes pseudo terminals. */
export const hasTerminals = spawnSync('script', ['--version']).status === 0;

/** Runs a command under a pseudo terminal; returns all that was drawn. */
export async function onTerminal(
  sandbox: CliSandbox,
  words: string,
  variables: NodeJS.ProcessEnv = {},
  keys: readonly (readonly [when: RegExp, key: string])[] = [],
): Promise<{ code: number | null; drawn: string }> {
  const env = { PATH: process.env['PATH'], TERM: 'xterm-256color', ...variables };
  const command = `stty cols 80 rows 24; ${process.execPath} ${main} ${words}`;
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    cwd: sandbox.folder,
    env,
  });
  let drawn = '';
  const left = [...keys];
  let seen = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    drawn += chunk.toString();
    // Each key is pressed once the prompt for it is there.
    if (left.length === 0 || !left[0]![0].test(drawn.slice(seen))) return;
    seen = drawn.length;
    child.stdin.write(left.shift()![1]);
  });
  if (keys.length === 0) child.stdin.end();
  const code = await new Promise<number | null>((done) => child.once('close', done));
  return { code, drawn };
}

/** Begins a command under a pseudo terminal, in a shell that leads its session, and closes that when asked to. */
export function beginOnTerminal(sandbox: CliSandbox, words: string): { readonly close: () => void } {
  const env = { PATH: process.env['PATH'], TERM: 'xterm-256color' };
  // The inner shell outlives the terminal, and writes down how the command ended.
  sandbox.write({
    'inner.sh': `trap '' HUP; ${process.execPath} ${main} ${words}; echo $? > code.new; mv code.new code`,
  });
  const command = ['--quiet', '--command', 'sh inner.sh; true', '/dev/null'];
  const child = spawn('script', command, { cwd: sandbox.folder, env, stdio: ['pipe', 'ignore', 'ignore'] });
  return { close: () => child.kill('SIGKILL') };
}
