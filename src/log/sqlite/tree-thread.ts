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
  const worker = new Worker(new URL('./tree-worker.js', import.meta.url), { workerData: request });
  const answer = new Promise<LogTree | null>((resolve) => {
    worker.once('message', (tree: LogTree) => resolve(tree));
    worker.once('error', () => resolve(null));
    worker.once('exit', () => resolve(null));
  });
  const tree = await answer;
  await worker.terminate();
  return tree;
}
