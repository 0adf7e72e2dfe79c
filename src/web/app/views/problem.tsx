import type { JSX } from 'preact';
import { cleanText } from '../../../prelude/clean-text.js';
import { wordsFor } from '../../../prelude/errors.js';
import { SourceError } from '../source/source.js';
import { fragmentOf } from '../state/place.js';

interface ProblemProps {
  readonly error: unknown;
  /** What may come of it. */
  readonly outlook?: string | null;
}

/** What cannot be shown, and why. */
export function Problem({ error, outlook = null }: ProblemProps): JSX.Element {
  const code = error instanceof SourceError ? error.code : null;
  return (
    <section class="problem" role="alert">
      <h1>{code === 'graph-not-found' ? 'There is no such graph' : 'This cannot be shown'}</h1>
      <p>{cleanText(wordsFor(error))}</p>
      {outlook !== null && <p>{outlook}</p>}
      <p>
        <a href={fragmentOf(['graphs'])}>All graphs</a>
      </p>
    </section>
  );
}
