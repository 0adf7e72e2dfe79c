import { OverseerError } from '../../src/index.js';

/** The code and the message with which something is refused. What is asked may be a promise, or a stream, which is read. */
export async function refusal(ask: () => unknown): Promise<readonly [code: string, message: string]> {
  try {
    const asked = await ask();
    if (typeof asked === 'object' && asked !== null && Symbol.asyncIterator in asked) {
      for await (const _ of asked as AsyncIterable<unknown>) continue;
    }
  } catch (error) {
    if (error instanceof OverseerError) return [error.code, error.message];
    throw error;
  }
  throw new Error('expected a refusal');
}
