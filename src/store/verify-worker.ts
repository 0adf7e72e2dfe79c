/** Runs in a thread of its own: verifies a piece of a log, and sends what it found. See verify-thread.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import { noTree } from '../domain/log-tree.js';
import { openLog } from '../log/open-log.js';
import type { PieceMessage, PieceRequest } from './verify-thread.js';
import { verifyPiece } from './verify-piece.js';

const { address, namespace, piece } = workerData as PieceRequest;
const send = (message: PieceMessage) => parentPort!.postMessage(message);
const log = await openLog(address, { namespace });
try {
  const finding = await verifyPiece(log, piece, noTree, (progress) => send({ kind: 'progress', progress }));
  if (finding.failure === null) send({ kind: 'finding', finding });
} finally {
  await log.close();
}
