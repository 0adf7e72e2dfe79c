/** Runs in a thread of its own: verifies a piece of a log, and sends what it found. See thread.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import { openLog } from '../../log/open-log.js';
import type { PieceMessage, PieceRequest } from './thread.js';
import { verifyPiece } from './piece.js';
import type { VerifyProgress } from './tally.js';

const { address, namespace, piece, isAudited } = workerData as PieceRequest;
const send = (message: PieceMessage) => parentPort!.postMessage(message);
const log = await openLog(address, { namespace });
try {
  const onProgress = (progress: VerifyProgress) => send({ kind: 'progress', progress });
  const finding = await verifyPiece(log, piece, isAudited ? { onProgress } : { checks: null });
  if (finding.failure === null) send({ kind: 'finding', finding });
} finally {
  await log.close();
}
