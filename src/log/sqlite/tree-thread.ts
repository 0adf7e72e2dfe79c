import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Position } from '../../domain/events.js';
import type { LogTree } from '../../domain/log-tree.js';

/** Which events of which file a tree is to be made over. */
export interface TreeRequest {
  readonly path: string;
  readonly namespace: string;
  readonly upTo: Position | null;
}

/**
 * Makes the audit's tree in a thread of its own, with a connection of its own, so that verifying a log takes no longer
 * than the slower of folding it and hashing it. Null if the thread did not get to its end: whoever asks makes the tree
 * itself then, and so finds out why.
 */
export async function treeInThread(request: TreeRequest): Promise<LogTree | null> {
  const worker = new Worker(new URL('./tree-worker.js', import.meta.url), {
    workerData: request,
    // What is read lives for a moment: with more room for the young, less of it is copied about.
    resourceLimits: { maxYoungGenerationSizeMb: 64 },
  });
  try {
    const [tree] = (await once(worker, 'message')) as [LogTree];
    return tree;
  } catch {
    return null;
  } finally {
    await worker.terminate();
  }
}
