/** Servers of the peers: started on loopback with data in a folder of their own, and stopped and forgotten with it. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, chownSync, constants, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

export interface Server {
  readonly pid: number;
  readonly port: number;
  /** Name and version, and what it does for durability. */
  readonly description: string;
  stop(): Promise<void>;
}

const host = '127.0.0.1';
/** Against a server that hangs, not a judgement of its speed. */
const startMs = 60_000;
/** A Ctrl-C ends this process, which then ends its servers: not they themselves, under those who still ask them. */
const ownGroup = { detached: true };

/** Where a program is, or null. Debian keeps those of PostgreSQL outside the path. */
export function findProgram(name: string): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...postgresFolders()];
  for (const folder of folders) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not here.
    }
  }
  return null;
}

function postgresFolders(): string[] {
  const folder = '/usr/lib/postgresql';
  try {
    const versions = readdirSync(folder).sort((a, b) => Number(b) - Number(a));
    return versions.map((version) => join(folder, version, 'bin'));
  } catch {
    return [];
  }
}

async function sparePort(): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, host);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function untilReady(what: string, child: ChildProcess, isReady: () => Promise<boolean> | boolean): Promise<void> {
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const until = performance.now() + startMs;
  while (!(await isReady())) {
    if (child.exitCode !== null || performance.now() > until) throw new Error(`${what} did not start:\n${output}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function freshFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `overseer-bench-${name}-`));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** What stops a server and forgets its data. However this process ends, the server ends with it. */
function guarded(child: ChildProcess, folder: string, signal: NodeJS.Signals): () => Promise<void> {
  const atExit = () => {
    if (child.exitCode === null) child.kill('SIGQUIT');
  };
  process.prependOnceListener('exit', atExit);
  return async () => {
    if (child.exitCode === null) {
      const ended = once(child, 'exit');
      child.kill(signal);
      await ended;
    }
    process.off('exit', atExit);
    rmSync(folder, { recursive: true, force: true });
  };
}

export async function startRedis(program: string): Promise<Server> {
  const folder = freshFolder('redis');
  const port = await sparePort();
  const settings = ['--save', '', '--appendonly', 'no'];
  const child = spawn(program, ['--port', String(port), '--bind', host, '--dir', folder, ...settings], ownGroup);
  const stop = guarded(child, folder, 'SIGTERM');
  await untilReady('redis-server', child, () => answers(port));
  const version = /v=(\S+)/.exec(execFileSync(program, ['--version'], { encoding: 'utf8' }))?.[1] ?? 'unknown';
  return { pid: child.pid!, port, description: `Redis ${version}, save "" and appendonly no: nothing on disk`, stop };
}

/** PostgreSQL refuses to run as root, so root runs it as the user that its package brings. */
function unprivileged(): { uid: number; gid: number } | null {
  if (process.getuid?.() !== 0) return null;
  const idOf = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: idOf('-u'), gid: idOf('-g') };
}

/** Accepts everyone of this machine as `postgres`, without a password, for as long as it runs. */
export async function startPostgres(program: string): Promise<Server> {
  const initdb = join(dirname(realpathSync(program)), 'initdb');
  const folder = freshFolder('postgres');
  const user = unprivileged();
  if (user !== null) chownSync(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  const options = { ...user, cwd: folder };
  const port = await sparePort();
  execFileSync(initdb, ['-D', data, '-A', 'trust', '-U', 'postgres', '-E', 'UTF8'], { ...options, stdio: 'pipe' });
  const settings = ['-c', `listen_addresses=${host}`, '-c', `unix_socket_directories=${folder}`];
  const child = spawn(program, ['-D', data, '-p', String(port), ...settings], { ...options, ...ownGroup });
  const stop = guarded(child, folder, 'SIGINT');
  await untilReady('postgres', child, () => answers(port));
  const setting = (name: string) => {
    const value = execFileSync(program, ['-D', data, '-C', name], { ...options, encoding: 'utf8', stdio: 'pipe' });
    return `${name} ${value.trim()}`;
  };
  const version = /[\d.]+/.exec(execFileSync(program, ['--version'], { encoding: 'utf8' }))?.[0] ?? 'unknown';
  const durability = ['fsync', 'synchronous_commit', 'full_page_writes'].map(setting).join(', ');
  return { pid: child.pid!, port, description: `PostgreSQL ${version}, as it comes: ${durability}`, stop };
}
