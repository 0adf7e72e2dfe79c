import { Worker } from 'node:worker_threads';
import type { EventLog } from '../../log/event-log.js';
import type { Piece, PieceFinding } from './piece.js';
import type { VerifyProgress } from './tally.js';

/** Which piece of which log to verify. */
export interface PieceRequest {
  readonly address: string;
  readonly namespace: string;
  readonly piece: Piece;
  /** Whether to check its events, and not only hash them. */
  readonly isAudited: boolean;
}

export type PieceMessage =
  | { readonly kind: 'progress'; readonly progress: VerifyProgress }
  | { readonly kind: 'finding'; readonly finding: PieceFinding };

export interface PieceThreadOptions extends Pick<PieceRequest, 'isAudited'> {
  readonly onProgress: (progress: VerifyProgress) => void;
}

/** A thread that verifies a piece of a log as if nothing came before it, over a handle of its own. */
export class PieceThread {
  /** Null if the thread did not finish: the main thread then verifies the piece itself, and so finds out why. */
  readonly finding: Promise<PieceFinding | null>;
  private readonly worker: Worker;

  constructor(log: EventLog, piece: Piece, { isAudited, onProgress }: PieceThreadOptions) {
    const { address, namespace } = log;
    const workerData: PieceRequest = { address, namespace, piece, isAudited };
    this.worker = new Worker(new URL('./thread-main.js', import.meta.url), { workerData });
    this.finding = new Promise((resolve) => {
      this.worker.on('message', (message: PieceMessage) => {
        if (message.kind === 'progress') onProgress(message.progress);
        else resolve(message.finding);
      });
      this.worker.once('error', () => resolve(null));
      this.worker.once('exit', () => resolve(null));
    });
  }

  async end(): Promise<void> {
    await this.worker.terminate();
  }
}
