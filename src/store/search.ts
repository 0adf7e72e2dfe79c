import type { GraphState } from '../domain/graph.js';
import { OverseerError } from '../prelude/errors.js';

/** @internal A longer text to search for is refused. */
export const searchCharactersMax = 200;

/** @internal The texts of a graph that can be searched, each once, in lower case. */
export function searchedTexts({ id, labels, jobs }: GraphState): readonly string[] {
  const texts = new Set([id, ...Object.entries(labels).flat()]);
  for (const { definition, state } of jobs.values()) {
    texts.add(definition.type);
    if (state.failure === null) continue;
    texts.add(state.failure.exception);
    if (state.failure.message !== null) texts.add(state.failure.message);
  }
  return [...new Set([...texts].map((text) => text.toLowerCase()))];
}

/**
 * @internal Whether one of the texts of something contains a text; everything does if that is not given.
 *
 * @throws OverseerError `search-invalid`
 */
export function containing(
  search: string | undefined,
): (searched: { readonly texts: () => readonly string[] }) => boolean {
  if (search === undefined) return () => true;
  if (typeof search !== 'string' || search.length > searchCharactersMax) {
    const message = `what is searched for must be a text of at most ${searchCharactersMax} characters`;
    throw new OverseerError('search-invalid', message);
  }
  const wanted = search.toLowerCase();
  return ({ texts }) => texts().some((text) => text.includes(wanted));
}
