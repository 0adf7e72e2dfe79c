/** Names longer than this resemble no name of ours, and take long to compare. */
const comparedMax = 100;

/** The name that a misspelt one most likely means: the one that takes the fewest changed letters. */
export function nearestTo(name: string, names: readonly string[]): string {
  const compared = name.slice(0, comparedMax);
  const ranked = names.map((known) => ({ known, distance: editDistance(compared, known) }));
  ranked.sort((a, b) => a.distance - b.distance);
  return ranked[0]!.known;
}

/** Levenshtein distance: how many letters to insert, delete or replace. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
