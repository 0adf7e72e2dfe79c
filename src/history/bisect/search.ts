/** The first moment at which something held, and how it was found. */
export interface Found {
  /** How many events had happened by then; null if it never held. */
  readonly number: number | null;
  readonly method: 'binary' | 'linear';
  /** How often it was asked whether it holds. */
  readonly looks: number;
}

/**
 * The first of the numbers from 1 to `last` for which something holds.
 *
 * @param isMonotonic whether it holds for ever once it does. Then a binary search finds it; otherwise every number is tried
 *   in turn
 */
export function firstThat(holds: (number: number) => boolean, last: number, isMonotonic: boolean): Found {
  return isMonotonic ? halving(holds, last) : oneByOne(holds, last);
}

function oneByOne(holds: (number: number) => boolean, last: number): Found {
  for (let number = 1; number <= last; number++) {
    if (holds(number)) return { number, method: 'linear', looks: number };
  }
  return { number: null, method: 'linear', looks: last };
}

function halving(holds: (number: number) => boolean, last: number): Found {
  let looks = 0;
  let [low, high] = [1, last + 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    looks += 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return { number: low > last ? null : low, method: 'binary', looks };
}
