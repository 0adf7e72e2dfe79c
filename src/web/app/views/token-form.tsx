import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { wordsFor } from '../../../prelude/errors.js';
import { openSession } from '../source/ask.js';

/** Asks for the token that `overseer ui` was started with. */
export function TokenForm({ onOpen }: { readonly onOpen: () => void }): JSX.Element {
  const [token, setToken] = useState('');
  const [problem, setProblem] = useState('');
  const give = async () => {
    try {
      await openSession(token);
      onOpen();
    } catch (error) {
      setProblem(wordsFor(error));
    }
  };
  return (
    <form
      class="token"
      onSubmit={(event) => {
        event.preventDefault();
        void give();
      }}
    >
      <h1>This page needs a token</h1>
      <p>It was printed, or given, when `overseer ui` was started.</p>
      <label>
        Token{' '}
        <input
          type="password"
          autocomplete="current-password"
          value={token}
          onInput={(event) => setToken(event.currentTarget.value)}
        />
      </label>{' '}
      <button type="submit">Open</button>
      <p class="trouble" role="alert">
        {problem}
      </p>
    </form>
  );
}
