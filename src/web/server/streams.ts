import { whenAborted } from '../../prelude/when-aborted.js';
import { answer } from './answers.js';

/**
 * An answer in pieces. Each is made when the browser has room for it, so that nothing piles up for a slow one; and when it goes
 * away, the generator ends at once (see `endingAtOnce`).
 */
function streamed(pieces: AsyncGenerator<string>, signal: AbortSignal): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const end = () => void pieces.return(undefined).catch(() => {});
  const unlisten = whenAborted(signal, end);
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const next = await pieces.next();
          if (next.done !== true) return controller.enqueue(encoder.encode(next.value));
          controller.close();
        } catch (error) {
          controller.error(error);
        }
        unlisten();
      },
      async cancel() {
        unlisten();
        await pieces.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
}

/** Lines of JSON and the like, one after another. What goes wrong in the middle breaks the connection off, so that it is seen. */
export function linesAnswer(pieces: AsyncGenerator<string>, signal: AbortSignal): Response {
  return answer(streamed(pieces, signal), { 'content-type': 'application/x-ndjson; charset=utf-8' });
}

/** Server-sent events: see {@link message}. A proxy must not collect them first. */
export function eventStreamAnswer(messages: AsyncGenerator<string>, signal: AbortSignal): Response {
  const headers = { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' };
  return answer(streamed(messages, signal), headers);
}

/** A message of an event stream. @param lines have no line breaks in them */
export function message(event: string, lines: readonly string[], id?: string): string {
  const data = lines.map((line) => `data: ${line}\n`).join('');
  return `event: ${event}\n${data}${id === undefined ? '' : `id: ${id}\n`}\n`;
}

export function jsonMessage(event: string, value: unknown, id?: string): string {
  return message(event, [JSON.stringify(value)], id);
}

/** After so long without a message, a comment is sent. */
export const quietMs = 15_000;

/** What a browser passes over. It keeps the connection from looking dead, and tells of a browser that is gone. */
export const comment = ':\n\n';
