import type { Handlers, RunningJob } from 'overseer';

const isPrime = (n: number) => {
  for (let d = 2; d * d <= n; d++) if (n % d === 0) return false;
  return n > 1;
};

export const handlers: Handlers = {
  count: ({ args: { from, to } }: RunningJob<{ from: number; to: number }>) => {
    let primes = 0;
    for (let n = from; n < to; n++) if (isPrime(n)) primes += 1;
    return primes;
  },
  sum: ({ inputs }: RunningJob<object, Record<string, number>>) =>
    Object.values(inputs).reduce((sum, primes) => sum + primes),
};
