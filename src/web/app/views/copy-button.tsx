import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { Icon } from './icons.js';

interface CopyProps {
  readonly label: string;
  readonly text: () => string;
}

/** Copies a text to the clipboard. A page from a file may not be allowed to; then it says so. */
export function CopyButton({ label, text }: CopyProps): JSX.Element {
  const [said, setSaid] = useState('');
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text());
      setSaid('copied');
    } catch {
      setSaid('the browser does not allow it');
    }
    setTimeout(() => setSaid(''), 2000);
  };
  return (
    <button type="button" class="icon copy" aria-label={label} title={label} onClick={() => void copy()}>
      <Icon name="copy" />
      <span aria-live="polite">{said}</span>
    </button>
  );
}
