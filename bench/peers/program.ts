/**
 * What a program under test does when it is told to, over the channel to its parent. All of them are made alike, so that
 * what is measured differs by the library alone: each is a process of its own, is warmed up, and begins at the word.
 */
import type { Shape } from '../shapes.js';

export interface Program {
  /** Makes an empty place for the jobs. */
  prepare(): Promise<void>;
  /** Stores the jobs, for others to run. */
  submit(shape: Shape): Promise<void>;
  /** Begins to work on what is stored, and returns what stops it. */
  start(): Promise<() => Promise<void>>;
  /** How many jobs have ended since the last start. */
  ended(): number;
  /** For a library whose jobs end before that is stored: whether all are. */
  isAllStored?(): Promise<boolean>;
  close(): Promise<void>;
}

export type Order =
  | { readonly do: 'prepare' | 'stop' | 'close' }
  | { readonly do: 'submit'; readonly shape: Shape }
  | { readonly do: 'start'; readonly jobs: number };

export type Answer =
  | { readonly is: 'done' }
  /** So many jobs have ended, the last of them at that time of the machine's clock, in milliseconds. */
  | { readonly is: 'progress'; readonly ended: number; readonly at: number }
  | { readonly is: 'error'; readonly message: string };

const lookEveryMs = 2;
const tellEveryMs = 20;
export const now = () => performance.timeOrigin + performance.now();

const tell = (answer: Answer) => process.send!(answer);

/** Tells how many jobs have ended, until as many have as there are, or it is stopped. */
function follow(program: Program, jobs: number): () => void {
  let last = 0;
  let at = now();
  let told = 0;
  let toldAt = 0;
  const timer = setInterval(() => {
    const ended = program.ended();
    if (ended !== last) [last, at] = [ended, now()];
    if (last === told || (last < jobs && now() - toldAt < tellEveryMs)) return;
    [told, toldAt] = [last, now()];
    if (last < jobs || program.isAllStored === undefined) {
      tell({ is: 'progress', ended: last, at });
      return;
    }
    clearInterval(timer);
    void untilStored(program).then(
      () => tell({ is: 'progress', ended: last, at: now() }),
      (error: unknown) => tell({ is: 'error', message: String(error) }),
    );
  }, lookEveryMs);
  return () => clearInterval(timer);
}

async function untilStored(program: Program): Promise<void> {
  while (!(await program.isAllStored!())) await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
}

/** Obeys until it is told to close. */
export function serve(program: Program): void {
  let stop: () => Promise<void> = () => Promise.resolve();
  let isClosing = false;
  const obey = async (order: Order): Promise<void> => {
    switch (order.do) {
      case 'prepare':
        return await program.prepare();
      case 'submit':
        return await program.submit(order.shape);
      case 'start': {
        const unfollow = follow(program, order.jobs);
        const stopWorker = await program.start();
        stop = async () => {
          unfollow();
          await stopWorker();
        };
        return;
      }
      case 'stop':
        return await stop();
      case 'close':
        isClosing = true;
        await stop();
        await program.close();
        process.disconnect();
    }
  };
  // Whoever gave the orders is gone.
  process.once('disconnect', () => process.exit(isClosing ? 0 : 1));
  process.on('message', (order: Order) => {
    obey(order).then(
      () => process.connected && tell({ is: 'done' }),
      (error: unknown) => tell({ is: 'error', message: error instanceof Error ? (error.stack ?? '') : String(error) }),
    );
  });
}

/** Calls `store` with a part of the items at a time. */
export async function inParts<A>(items: readonly A[], size: number, store: (part: A[]) => Promise<unknown>) {
  for (let from = 0; from < items.length; from += size) await store(items.slice(from, from + size));
}
