/** How a worker is started and told to stop, one entry a way; for `stops.ts`. */
import { type ChildProcess, execFileSync, spawn, type SpawnOptions } from 'node:child_process';
import { chmodSync, mkdirSync, openSync, readFileSync, rmSync, statfsSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const main = join(root, 'dist/cli/main.js');

export interface Begun {
  readonly pid: number;
  /** The exit code, once it has ended. */
  readonly ended: Promise<number | null>;
  readonly kill: () => void;
}

export interface Way {
  readonly begin: (folder: string) => Begun;
  readonly stop: (begun: Begun, folder: string, signal: NodeJS.Signals) => void | Promise<void>;
  /** Exit codes that are right. */
  readonly codes: readonly (number | null)[];
  /** Whether a signal may come before any job was begun. */
  readonly mayBeEarly: boolean;
  /** Whether the worker can write to the store while it stops. */
  readonly mayWrite: boolean;
  readonly prepare?: (folder: string) => void;
  /** Called before the store is checked. */
  readonly afterwards?: (folder: string) => void;
  readonly cleanUp?: (folder: string) => void;
}

/** Jobs that take a moment, now and then one that keeps the event loop busy for longer than a second. */
const handlers = `
import { writeFileSync } from 'node:fs';
const begin = () => writeFileSync('begun', '');
export const handlers = {
  short: async () => { begin(); await new Promise((done) => setTimeout(done, 30 + Math.random() * 60)); return 1; },
  busy: () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1300),
};
`;

/** A parent in the same process group that passes signals on, and says how its child ended. */
const relay = `
import { spawn } from 'node:child_process';
const child = spawn(process.execPath, process.argv.slice(2), { stdio: 'inherit' });
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => child.kill(signal));
child.on('close', (code, signal) => process.exit(code ?? 200));
`;

export function layOut(folder: string): void {
  // As npm does with the program of a package.
  chmodSync(main, 0o755);
  mkdirSync(join(folder, 'store'));
  mkdirSync(join(folder, 'node_modules/.bin'), { recursive: true });
  symlinkSync(root, join(folder, 'node_modules/overseer'));
  symlinkSync('../overseer/dist/cli/main.js', join(folder, 'node_modules/.bin/overseer'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  writeFileSync(join(folder, 'handlers.js'), handlers);
  writeFileSync(join(folder, 'relay.js'), relay);
}

const work = [
  ...['worker', 'handlers.js', '--store', 'sqlite:store/overseer.db'],
  ...['--concurrency', '4', '--processes', '1'],
];

function begin(folder: string, program: string, words: readonly string[], options: SpawnOptions = {}): Begun {
  const log = openSync(join(folder, 'said'), 'a');
  const child = spawn(program, words, { cwd: folder, stdio: ['ignore', log, log], ...options });
  return {
    pid: child.pid!,
    ended: new Promise((done) => child.once('close', done)),
    kill: () => kill(child),
  };
}

function kill(child: ChildProcess): void {
  try {
    process.kill(-child.pid!, 'SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
}

const group = ({ pid }: Begun, _folder: string, signal: NodeJS.Signals) => void process.kill(-pid, signal);
const alone = ({ pid }: Begun, _folder: string, signal: NodeJS.Signals) => void process.kill(pid, signal);
const plain = { codes: [0], mayBeEarly: true, mayWrite: true };

function childOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]);
}

export const ways: Readonly<Record<string, Way>> = {
  direct: { ...plain, begin: (folder) => begin(folder, process.execPath, [main, ...work]), stop: alone },
  'process group': {
    ...plain,
    codes: [0],
    begin: (folder) => begin(folder, process.execPath, ['relay.js', main, ...work], { detached: true }),
    mayBeEarly: false,
    stop: group,
  },
  npx: {
    ...plain,
    // npm ends by the signal it has passed on, however its child ends.
    codes: [0, null, 130, 143],
    mayBeEarly: false,
    begin: (folder) =>
      begin(folder, 'npx', ['--no-install', 'overseer', ...work], {
        detached: true,
        env: { ...process.env, npm_config_script_shell: 'bash' },
      }),
    stop: group,
  },
  'process 1': {
    ...plain,
    mayBeEarly: false,
    begin: (folder) =>
      begin(folder, 'unshare', ['--pid', '--fork', '--mount-proc', process.execPath, main, ...work], {
        detached: true,
      }),
    stop: ({ pid }, _folder, signal) => void process.kill(childOf(pid), signal),
  },
  'terminal closed': {
    ...plain,
    mayBeEarly: false,
    begin: beginAtTerminal,
    stop: ({ pid }) => void process.kill(pid, 'SIGKILL'),
  },
  'log full': {
    ...plain,
    begin: (folder) => {
      const full = openSync('/dev/full', 'w');
      return begin(folder, process.execPath, [main, ...work], { stdio: ['ignore', full, full] });
    },
    stop: alone,
  },
  'store full': {
    codes: [0, 1],
    mayBeEarly: false,
    mayWrite: false,
    prepare: (folder) => {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', join(folder, 'store')]);
      writeFileSync(join(folder, 'overseer.yml'), 'stop-timeout: 300\nheartbeat: { sleep-time: 100, tolerance: 5 }\n');
    },
    begin: (folder) => begin(folder, process.execPath, [main, ...work]),
    stop: (begun, folder, signal) => {
      fill(join(folder, 'store'));
      alone(begun, folder, signal);
    },
    afterwards: (folder) => rmSync(join(folder, 'store/filling')),
    cleanUp: (folder) => void execFileSync('umount', ['-l', join(folder, 'store')]),
  },
};

function fill(folder: string): void {
  const { bavail, bsize } = statfsSync(folder);
  try {
    writeFileSync(join(folder, 'filling'), Buffer.alloc(bavail * bsize + 64 * 1024));
  } catch {
    // It was filled until there was no more room, as intended.
  }
}

/** Under a pseudo terminal, which ends with the program that made it. */
function beginAtTerminal(folder: string): Begun {
  const words = [process.execPath, main, ...work].map((word) => `'${word}'`).join(' ');
  // The outer shell leads the session and dies of the closed terminal, which signals the others; the inner one stays to
  // tell the exit code. That it ignores the signal does not keep the worker from receiving it.
  writeFileSync(join(folder, 'inner.sh'), `trap '' HUP; ${words}; echo $? > code.new; mv code.new code`);
  const command = 'sh inner.sh; true';
  const terminal = begin(folder, 'script', ['-qfc', command, '/dev/null'], { stdio: ['pipe', 'ignore', 'ignore'] });
  return { ...terminal, ended: terminal.ended.then(() => codeIn(folder)) };
}

async function codeIn(folder: string): Promise<number | null> {
  for (let looks = 0; looks < 6000; looks++) {
    try {
      return Number(readFileSync(join(folder, 'code'), 'utf8'));
    } catch {
      await new Promise((done) => setTimeout(done, 10));
    }
  }
  return null;
}
