import type { ErrorCode } from '../prelude/error-codes.js';
import type { Logger } from '../worker/logger.js';
import type { WorkerStatistics } from '../worker/worker.js';

/** What a worker process tells its supervisor, over the channel that Node.js opens between the two. */
export type Report =
  /** Its worker has started. */
  | { readonly tells: 'started'; readonly workerId: string }
  /** What its worker has done so far. Comes at most once a second. */
  | { readonly tells: 'progress'; readonly statistics: WorkerStatistics }
  /** It has had nothing to run for so long. */
  | { readonly tells: 'idle'; readonly idleMs: number }
  | { readonly tells: 'logged'; readonly level: keyof Logger; readonly details: object; readonly message: string }
  /** It ends because of an error. One that is final would be met by the next process too. */
  | { readonly tells: 'failed'; readonly code: ErrorCode; readonly message: string; readonly isFinal: boolean };

/** What a supervisor tells a process. Handlers may use the channel too, so a message is known by where it comes from. */
export type Order =
  { readonly asks: 'stop' } | { readonly asks: 'begin'; readonly task: Readonly<Record<string, unknown>> };

const channel = 'overseer supervisor';

interface Letter<Content> {
  readonly channel: typeof channel;
  readonly content: Content;
}

export function letterWith<Content extends Report | Order>(content: Content): Letter<Content> {
  return { channel, content };
}

/** What a message says, if it is one of ours. */
export function contentOf<Content extends Report | Order>(message: unknown): Content | null {
  const isOurs =
    typeof message === 'object' && message !== null && (message as { channel?: unknown }).channel === channel;
  return isOurs ? (message as Letter<Content>).content : null;
}
