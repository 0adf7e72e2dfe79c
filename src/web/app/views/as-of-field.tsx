import type { JSX } from 'preact';
import { change, place } from '../state/place.js';

/** The moment of the log that a view stands at; empty for now. */
export function AsOfField(): JSX.Element {
  return (
    <label>
      As of{' '}
      <input
        type="text"
        class="as-of"
        placeholder="now, a time, @POSITION"
        defaultValue={place.value.params['asOf'] ?? ''}
        onChange={(event) => change({ asOf: event.currentTarget.value.trim() || null, after: null })}
      />
    </label>
  );
}
