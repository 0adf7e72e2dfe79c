/**
 * The iterator of a generator that may wait for ever, which ends when its reader goes away. A generator's own `return`
 * stands in line behind a `next` that is still waiting, so that a reader that goes away meanwhile would wait for the next
 * event, and with it whoever destroys a stream made from it. This one ends what it waits for, answers every `next` that
 * is waiting, and lets the generator come to its end by itself.
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
    // What it fails with while nobody listens any more concerns nobody.
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
