/** Names longer than this resemble no name of ours, and take long to compare. */
const comparedMax = 100;

/** The name that a misspelt one most likely means: the one that takes the fewest changed letters. */
export function nearestTo(name: string, names: readonly string[]): string {
  return (nearest(name.slice(0, comparedMax), names, Infinity) ?? { known: names[0]! }).known;
}

/** A name further away than this is another name, however long both are. */
const farthest = 4;

/**
 * The name that a misspelt one most likely means, if one is so near that it can be meant: about a third of the letters may
 * differ. Null if none is. Takes a fraction of a second for a million names.
 */
export function closeTo(name: string, names: Iterable<string>): string | null {
  // Names that share no letter are not near, however short they are.
  const most = Math.min(farthest, Math.max(1, Math.floor(name.length / 3)), name.length - 1);
  return name.length > comparedMax ? null : (nearest(name, names, most)?.known ?? null);
}

/** The same for the few names of something of ours: more letters may differ, since one of them is meant. */
export function closeAmong(name: string, names: readonly string[]): string | null {
  const most = Math.max(2, Math.ceil(name.length * 0.4));
  return name.length > comparedMax ? null : (nearest(name, names, most)?.known ?? null);
}

/** The end of a sentence about an unknown name: `; did you mean report?`. Empty if no name is near. */
export function didYouMean(name: string, names: Iterable<string>): string {
  const known = closeTo(name, names);
  return known === null ? '' : `; did you mean ${known}?`;
}

interface Found {
  readonly known: string;
  readonly distance: number;
}

/** The first of the nearest names, with at most so many changed letters. A letter in another case is hardly a change. */
function nearest(name: string, names: Iterable<string>, most: number): Found | null {
  const compared = name.toLowerCase();
  let best: Found | null = null;
  for (const known of names) {
    if (known === name) continue;
    // Only what is nearer than the best so far is of interest, which spares most comparisons.
    const limit = best === null ? most : best.distance - 1;
    if (Math.abs(known.length - name.length) > limit) continue;
    const distance = editDistance(compared, known.toLowerCase(), limit);
    if (distance > limit) continue;
    best = { known, distance };
    if (distance === 0) break;
  }
  return best;
}

/**
 * How many letters to insert, delete or replace, or neighbours to swap; any number above `limit` stands for more than
 * that.
 */
function editDistance(a: string, b: string, limit: number): number {
  let start = 0;
  while (start < a.length && a[start] === b[start]) start += 1;
  let [endA, endB] = [a.length, b.length];
  while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) [endA, endB] = [endA - 1, endB - 1];
  const [left, right] = [a.slice(start, endA), b.slice(start, endB)];
  let before: number[] = [];
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    let least = i;
    for (let j = 1; j <= right.length; j++) {
      const replaced = row[j - 1]! + (left[i - 1] === right[j - 1] ? 0 : 1);
      let fewest = Math.min(replaced, row[j]! + 1, next[j - 1]! + 1);
      const isSwapped = i > 1 && j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1];
      if (isSwapped) fewest = Math.min(fewest, before[j - 2]! + 1);
      next.push(fewest);
      least = Math.min(least, fewest);
    }
    // A swap reaches back two rows, so one row that is too far is not yet the end; two are.
    if (least > limit + 1) return least;
    [before, row] = [row, next];
  }
  return row[right.length]!;
}
