/** The machine that is measured on, in a few sentences. */
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { cpus, loadavg, release, tmpdir, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { isProcessorTimeKnown } from './processor-time.js';
import { median } from './statistics.js';

/** As Linux numbers it. Flushing to it costs nothing, and saves nothing. */
const tmpfs = 0x01021994;

/** What one flush of 4 kB to the disk takes, in microseconds: the median of 200. */
function flushMicroseconds(folder: string): number {
  const file = openSync(join(folder, 'flushed'), 'w');
  const page = Buffer.alloc(4096, 1);
  const times = Array.from({ length: 200 }, () => {
    const from = performance.now();
    writeSync(file, page);
    fsyncSync(file);
    return 1000 * (performance.now() - from);
  });
  closeSync(file);
  return median(times);
}

export function machineLines(): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'overseer-bench-'));
  try {
    const flush = Math.round(flushMicroseconds(folder)).toLocaleString('en');
    const isMemory = statfsSync(folder).type === tmpfs;
    const load = loadavg()[0]!;
    return [
      `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GB, ${type()} ${release()}`,
      isMemory
        ? 'the data lie in memory (tmpfs), where a flush does nothing'
        : `the data lie on a disk, where writing and flushing 4 kB takes ${flush} µs (median of 200)`,
      load > 0.5 * cpus().length
        ? `**the machine was busy with other work** (load ${load.toFixed(1)} at the start): figures are lower than on a quiet one`
        : `the machine was quiet (load ${load.toFixed(1)} at the start)`,
      ...(isProcessorTimeKnown ? [] : ['processor time is not measured: this system has no /proc']),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
