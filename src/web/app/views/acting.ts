import { useEffect, useRef, useState } from 'preact/hooks';
import { wordsFor } from '../../../prelude/errors.js';

/** A dialog that changes something: it opens at once, and says what went wrong if that could not be done. */
export function useActing(work: (reason: string) => Promise<void>) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [reason, setReason] = useState('');
  const [problem, setProblem] = useState('');
  const [isBusy, setBusy] = useState(false);
  useEffect(() => dialog.current!.showModal(), []);
  const act = async () => {
    setBusy(true);
    setProblem('');
    try {
      await work(reason);
    } catch (error) {
      setProblem(wordsFor(error));
    } finally {
      setBusy(false);
    }
  };
  const onSubmit = (event: Event) => {
    event.preventDefault();
    void act();
  };
  return { dialog, onSubmit, isBusy, fields: { reason, setReason, problem } };
}
