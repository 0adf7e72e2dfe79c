import type { Readable } from 'node:stream';

const lineFeed = 0x0a;
/** What has no end of line is kept back until it is longer than this. */
const keptBytesMax = 65_536;

/**
 * Passes on what is read in whole lines, so that the lines of several processes do not mix. What has no end of line at the
 * end of all is given one. Resolves when there is nothing more to pass on.
 */
export function passOnLines(from: Readable, write: (lines: Uint8Array) => void): Promise<void> {
  let kept: Buffer = Buffer.alloc(0);
  from.on('data', (chunk: Buffer) => {
    const lastEnd = chunk.lastIndexOf(lineFeed) + 1;
    const known = lastEnd === 0 ? 0 : kept.length + lastEnd;
    const bytes = kept.length === 0 ? chunk : Buffer.concat([kept, chunk]);
    const end = bytes.length - known > keptBytesMax ? bytes.length : known;
    kept = bytes.subarray(end);
    if (end > 0) write(bytes.subarray(0, end));
  });
  return new Promise((resolve) =>
    from.once('close', () => {
      if (kept.length > 0) write(Buffer.concat([kept, Buffer.of(lineFeed)]));
      resolve();
    }),
  );
}
