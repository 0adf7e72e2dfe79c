import { useEffect, useState } from 'preact/hooks';
import { type Answered, Asking } from '../source/asking.js';
import type { Source } from '../source/source.js';

/**
 * Asks, and asks again after changes of the log.
 *
 * @param key asks at once when it changes
 * @param isLive whether changes matter
 */
export function useAnswer<A>(source: Source, ask: () => Promise<A>, key: string, isLive: boolean): Answered<A> {
  const [answered, setAnswered] = useState<Answered<A>>({ answer: null, problem: null });
  useEffect(() => {
    const asking = new Asking(ask, setAnswered);
    asking.now();
    const end = isLive ? source.onChange(() => asking.soon()) : () => {};
    return () => {
      asking.end();
      end();
    };
  }, [source, key, isLive]);
  return answered;
}
