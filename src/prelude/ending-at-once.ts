/**
 * The iterator of a generator that may wait for ever; it ends at once when its reader goes away. A generator's own `return`
 * is queued after a pending `next`, so a reader that goes away would have to wait for the next event, and so would whoever
 * destroys a stream made from it. This one stops what the generator waits for, answers every pending `next`, and lets the
 * generator end by itself.
 *
 * @param stop ends whatever the generator waits for; may be called more than once
 */
export function endingAtOnce<A>(generator: AsyncGenerator<A>, stop: () => void): AsyncGenerator<A, void, undefined> {
  const waiting = new Set<() => void>();
  let hasEnded = false;
  const done: IteratorReturnResult<undefined> = { done: true, value: undefined };

  async function end(): Promise<void> {
    hasEnded = true;
    const isWaiting = waiting.size > 0;
    for (const answer of waiting) answer();
    waiting.clear();
    stop();
    const ended = generator.return(undefined);
    // Nobody listens any more, so a failure here is ignored.
    if (isWaiting) ended.catch(() => {});
    else await ended;
  }

  const iterator = {
    next: () => {
      if (hasEnded) return Promise.resolve(done);
      return new Promise<IteratorResult<A, void>>((resolve, reject) => {
        const answer = () => resolve(done);
        waiting.add(answer);
        generator
          .next()
          .then(resolve, reject)
          .finally(() => waiting.delete(answer));
      });
    },
    return: async () => {
      await end();
      return done;
    },
    throw: async (error: unknown): Promise<never> => {
      await end();
      throw error;
    },
    [Symbol.asyncIterator]: () => iterator,
  } as AsyncGenerator<A, void, undefined>;
  return iterator;
}
