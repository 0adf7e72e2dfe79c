/**
 * Which process wrote something, so that others on the same machine can see whether it is still there. A process id says
 * too little: it is given out again, and in every container anew.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import type { WorkerIdentity } from '../domain/events.js';

/** The running system, the space of process ids in it, and the moment the process began: `<boot>:<space>:<start>`. */
interface ProcessName {
  readonly space: string;
  readonly startedAt: string;
}

/** This process; undefined where the system does not tell (it does on Linux). */
export function processToken(): string | undefined {
  try {
    return `${spaceOfProcesses()}:${startOf('self')!}`;
  } catch {
    return undefined;
  }
}

/**
 * Whether a worker's process is gone for certain: it ran on this machine, among the processes that can be seen from here,
 * and is not there any more. False wherever that cannot be told; then its lease tells.
 */
export function isProcessGone({ host, pid, process: token }: WorkerIdentity): boolean {
  const name = token === undefined ? null : nameIn(token);
  if (name === null || host !== hostname()) return false;
  try {
    return name.space === spaceOfProcesses() && startOf(pid) !== name.startedAt;
  } catch {
    return false;
  }
}

function nameIn(token: string): ProcessName | null {
  const at = token.lastIndexOf(':');
  return at < 0 ? null : { space: token.slice(0, at), startedAt: token.slice(at + 1) };
}

let space: string | null = null;

/** Since when this system runs, and in which space of process ids: neither changes while a process lives. */
function spaceOfProcesses(): string {
  space ??= `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}:${readlinkSync('/proc/self/ns/pid')}`;
  return space;
}

/** When a process began, in ticks since the system did; null if it is gone or has ended and only waits to be collected. */
function startOf(pid: number | 'self'): string | null {
  const text = statOf(pid);
  if (text === null) return null;
  // The second field is the command in parentheses, and may hold anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, startTicks] = [fields[0], fields[19]];
  return state === 'Z' || state === 'X' ? null : startTicks!;
}

function statOf(pid: number | 'self'): string | null {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
}
