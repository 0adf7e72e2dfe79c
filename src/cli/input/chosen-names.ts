import { shownId } from '../../prelude/known-names.js';
import { nearestTo } from '../../prelude/nearest.js';
import { matchesWildcards } from '../../prelude/wildcard.js';
import { UsageError } from '../failure.js';
import type { Flag } from './flag-values.js';

/** Names that a flag may give. */
export interface Choice {
  /** What a name names: `status`, `job of graph nightly`. */
  readonly what: string;
  readonly known: Iterable<string>;
  /** Whether `*` in a name stands for any characters. */
  readonly hasPatterns?: boolean;
}

/**
 * The names that a flag gives: several with commas, or the flag given several times. A known name with a comma in it is
 * taken whole.
 *
 * @returns undefined if the flag is not given
 * @throws UsageError `usage` for a name that is none of the known ones, with the one that is most likely meant
 */
export function readNames(
  flag: Flag,
  given: readonly string[] | undefined,
  { what, known, hasPatterns = false }: Choice,
): ReadonlySet<string> | undefined {
  if (given === undefined) return undefined;
  const names = new Set(known);
  const found = new Set<string>();
  for (const text of given) {
    const asked = names.has(text) ? [text] : text.split(',').map((name) => name.trim());
    for (const name of asked) {
      const matching = hasPatterns && !names.has(name) && name.includes('*') ? matches(name, names) : [name];
      if (matching.length === 0) throw new UsageError('usage', `${flag}: no ${what} matches ${shownId(name)}`);
      if (!names.has(matching[0]!)) throw unknown(flag, name, what, [...names]);
      for (const each of matching) found.add(each);
    }
  }
  return found;
}

function matches(pattern: string, names: Iterable<string>): string[] {
  return [...names].filter((name) => matchesWildcards(name, pattern));
}

function unknown(flag: Flag, name: string, what: string, known: readonly string[]): UsageError {
  const meant = known.length === 0 ? '' : `; did you mean ${nearestTo(name, known)}?`;
  return new UsageError('usage', `${flag}: no ${what} is called ${shownId(name)}${meant}`);
}
