/**
 * Identifies a process, so that others on the same machine can see whether it still runs. A process id says too little: ids
 * are reused, and each container has its own.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import type { WorkerIdentity } from '../domain/events.js';

/** The boot of the system, its namespace of process ids, and when the process started: `<boot>:<namespace>:<start>`. */
interface ProcessName {
  readonly space: string;
  readonly startedAt: string;
}

/** This process; undefined where the system does not tell (Linux does). */
export function processToken(): string | undefined {
  try {
    return `${spaceOfProcesses()}:${startOf('self')!}`;
  } catch {
    return undefined;
  }
}

/**
 * Whether a worker's process has certainly ended: it ran on this machine, among processes that are visible here, and is not
 * there any more. False where that cannot be told; then its lease decides.
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

/** The boot of the system and the namespace of process ids. Neither changes while a process lives. */
function spaceOfProcesses(): string {
  space ??= `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}:${readlinkSync('/proc/self/ns/pid')}`;
  return space;
}

/** When a process started, in ticks since the boot; null if it has ended, even if its parent has not collected it yet. */
function startOf(pid: number | 'self'): string | null {
  const text = statOf(pid);
  if (text === null) return null;
  // The second field is the command in parentheses, which may contain anything.
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
