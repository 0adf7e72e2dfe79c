import type { JSX } from 'preact';
import { cleanText } from '../../../prelude/clean-text.js';
import { about } from '../state/command.js';

interface ReasonFieldsProps {
  /** What the button does that does it. */
  readonly title: string;
  readonly reason: string;
  readonly setReason: (reason: string) => void;
  readonly problem: string;
  /** Whether it cannot be done yet, or is being done. */
  readonly isOff: boolean;
  readonly close: () => void;
}

/** The lower part of every dialog that changes something: why, what went wrong, and the buttons. */
export function ReasonFields({ title, reason, setReason, problem, isOff, close }: ReasonFieldsProps): JSX.Element {
  return (
    <>
      <label>
        Reason
        <textarea required rows={2} value={reason} onInput={(event) => setReason(event.currentTarget.value)} />
      </label>
      <p class="dim">It stands in the history under the name {cleanText(about.value?.operate?.by ?? '')}.</p>
      <p class="trouble" role="alert">
        {cleanText(problem)}
      </p>
      <div class="bar">
        <span class="gap" />
        <button type="button" onClick={close}>
          Cancel
        </button>
        <button type="submit" disabled={isOff || reason.trim() === ''}>
          {title}
        </button>
      </div>
    </>
  );
}
