import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { fault, type RunningJob } from 'overseer';
import { Breathing, isUnchanged, listFiles, readFileList } from './installed-files.js';
import { readKept } from './objects.js';
import { argsOf, type AuditArgs, inputsOfType, type PackageRecord, type Settled } from './results.js';

export interface SettleArgs extends AuditArgs {
  /** How long nothing may change for the installation to count as settled. */
  readonly quietMs: number;
}

interface FirstLook {
  readonly firstLookAt: number;
}

/**
 * Makes sure that the figures belong to one and the same installation: that no `npm install` was running while the packages
 * were read, or still is. One look cannot tell, since an installer may be busy elsewhere. It takes two looks, with a
 * while between them in which nothing has changed.
 *
 * To sleep until the second look would occupy a worker's slot for nothing. So the job records its first look in a heartbeat
 * and gives the attempt up with a fault. It is unstarted again, and after the while any worker takes it up from there.
 */
export async function settle(job: RunningJob): Promise<Settled> {
  const { quietMs } = argsOf<SettleArgs>(job);
  const lookedAt = Date.now();
  const changed = await changedPackages(job);
  const earlier = job.details as FirstLook | null;
  const firstLookAt = earlier?.firstLookAt ?? lookedAt;
  const leftMs = firstLookAt + quietMs - lookedAt;
  if (earlier === null || leftMs > 0) {
    await job.heartbeat({ firstLookAt } satisfies FirstLook, 0.5);
    fault(`looked once; whether an installer is at work shows in a second look, in ${leftMs} ms`, {
      retryAfterMs: leftMs,
    });
  }
  return {
    firstLookAt: new Date(firstLookAt).toISOString(),
    lastLookAt: new Date(lookedAt).toISOString(),
    quietMs: lookedAt - firstLookAt,
    changed: changed.slice(0, 100),
    changedTotal: changed.length,
  };
}

async function changedPackages(job: RunningJob): Promise<readonly string[]> {
  const { root, out } = argsOf(job);
  const breathing = new Breathing(job.signal);
  const changed: string[] = [];
  for (const installed of inputsOfType<PackageRecord>(job, 'package')) {
    if (!(await isAsMeasured(root, out, installed, breathing))) changed.push(installed.location);
  }
  return changed;
}

/** Whether a package is still what was measured. One that is gone, or just going, is not. */
async function isAsMeasured(
  root: string,
  out: string,
  installed: PackageRecord,
  breathing: Breathing,
): Promise<boolean> {
  const folder = join(root, installed.location);
  if (lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return false;
  try {
    const { files } = await listFiles(folder, breathing);
    return isUnchanged(readFileList(readKept(out, installed.measure.list)), files);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
