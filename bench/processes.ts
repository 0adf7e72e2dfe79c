import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { WorkerStatistics } from 'overseer';

/** Worker processes on a store, started and ready. */
export async function startProcesses(
  address: string,
  count: number,
  concurrency: number,
  namespace = 'overseer',
): Promise<ChildProcess[]> {
  const script = join(import.meta.dirname, 'worker-process.ts');
  const processes = Array.from({ length: count }, () =>
    fork(script, [address, namespace, String(concurrency)], { execArgv: ['--import', 'tsx'] }),
  );
  await Promise.all(processes.map((each) => once(each, 'message')));
  return processes;
}

/** Stops them and returns what each has done. */
export async function stopProcesses(processes: readonly ChildProcess[]): Promise<WorkerStatistics[]> {
  return await Promise.all(
    processes.map(async (each) => {
      each.send('stop');
      const [statistics] = (await once(each, 'message')) as [WorkerStatistics];
      await once(each, 'exit');
      return statistics;
    }),
  );
}
