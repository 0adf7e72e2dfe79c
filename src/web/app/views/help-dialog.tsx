import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { graphKeys, isHelpOpen, pageKeys } from '../state/keys.js';
import { Icon } from './icons.js';

/** What each key does. */
export function HelpDialog(): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const isOpen = isHelpOpen.value;
  useEffect(() => {
    if (isOpen) dialog.current!.showModal();
    else dialog.current!.close();
  }, [isOpen]);
  return (
    <dialog ref={dialog} class="keys" aria-label="Keys" onClose={() => (isHelpOpen.value = false)}>
      <header>
        <h2>Keys</h2>
        <span class="gap" />
        <button type="button" class="icon" aria-label="Close" onClick={() => (isHelpOpen.value = false)}>
          <Icon name="close" />
        </button>
      </header>
      <table class="plain">
        <tbody>
          {[...graphKeys, ...pageKeys].map(({ shown, does }) => (
            <tr key={shown}>
              <td>
                <kbd>{shown}</kbd>
              </td>
              <td>{does}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </dialog>
  );
}
