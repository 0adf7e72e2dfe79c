/**
 * Processor time of whole trees of processes, as Linux counts it in /proc. A process that has ended and was waited for
 * goes on counting in its parent, so that a server's short-lived children are not lost.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessTimes {
  readonly parent: number;
  /** User and system time, of itself and of those of its children that it has waited for, in ticks of the clock. */
  readonly ticks: number;
}

/** Reads a line of `/proc/PID/stat`. The name of the program stands in parentheses and may hold spaces and more of them. */
export function parseStat(line: string): ProcessTimes {
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  // Counted from 1 in proc(5), where the state is the third field: 4 is the parent, 14 to 17 are the times.
  const field = (number: number) => Number(fields[number - 3]);
  return { parent: field(4), ticks: field(14) + field(15) + field(16) + field(17) };
}

/** The ticks of the processes named, and of everything below them. */
export function ticksBelow(processes: ReadonlyMap<number, ProcessTimes>, roots: readonly number[]): number {
  const children = new Map<number, number[]>();
  for (const [pid, { parent }] of processes) children.set(parent, [...(children.get(parent) ?? []), pid]);
  const seen = new Set<number>();
  const visit = (pid: number): number => {
    if (seen.has(pid)) return 0;
    seen.add(pid);
    return (children.get(pid) ?? []).reduce((sum, child) => sum + visit(child), processes.get(pid)?.ticks ?? 0);
  };
  return roots.reduce((sum, root) => sum + visit(root), 0);
}

const ticksPerSecond = readTicksPerSecond();

function readTicksPerSecond(): number | null {
  try {
    readFileSync('/proc/self/stat');
    return Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  } catch {
    return null;
  }
}

/** Whether this system says what its processes have used. */
export const isProcessorTimeKnown = ticksPerSecond !== null;

/** Microseconds of processor time that the processes and all those below them have used so far; null where nobody says. */
export function processorTime(roots: readonly number[]): number | null {
  if (ticksPerSecond === null) return null;
  const processes = new Map<number, ProcessTimes>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      processes.set(Number(name), parseStat(readFileSync(`/proc/${name}/stat`, 'latin1')));
    } catch {
      // It has ended since the folder was listed.
    }
  }
  return (ticksBelow(processes, roots) * 1e6) / ticksPerSecond;
}
