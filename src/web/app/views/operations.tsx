import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { GraphStatus } from '../../../domain/graph.js';
import type { JobStatus } from '../../../domain/job.js';
import { cleanText } from '../../../prelude/clean-text.js';
import { wordsFor } from '../../../prelude/errors.js';
import { plural } from '../../../prelude/phrases.js';
import { fork, type ForkPreview, operate, type OperationName, previewFork, type Target } from '../source/operations.js';
import { about } from '../state/command.js';
import { fragmentOf } from '../state/place.js';
import { useActing } from './acting.js';
import { AnswerDialog } from './answer-dialog.js';
import { ReasonFields } from './reason-fields.js';

type Name = OperationName | 'fork' | 'answer';
/** Those whose dialog asks for nothing but a reason. */
type Plain = Exclude<Name, 'answer'>;

/** What is asked before it is done. */
const questions: Readonly<Record<Plain, string>> = {
  retry: 'It runs again: what failed, and what was aborted.',
  abort: 'Nothing of it that has not ended runs any more, until it is retried.',
  pause: 'No job of it starts until it is resumed. What runs goes on.',
  resume: 'Its jobs may start again.',
  fork: 'A new graph is made: what is finished is carried over, the rest runs.',
};

interface OperationsProps {
  readonly target: Target;
  readonly status: GraphStatus | JobStatus;
  readonly isPaused: boolean;
  /** Whether it is a job that waits for an answer from outside. */
  readonly isAwaiting?: boolean;
}

/** What can be done with a graph or a job as it is now. Nothing where the page only looks. */
export function Operations({ target, status, isPaused, isAwaiting = false }: OperationsProps): JSX.Element | null {
  const [asked, setAsked] = useState<Name | null>(null);
  if (about.value?.operate == null) return null;
  return (
    <span class="operations">
      {[...(isAwaiting ? (['answer'] as const) : []), ...possible(target, status, isPaused)].map((name) => (
        <button key={name} type="button" onClick={() => setAsked(name)}>
          {titleOf(name)}
        </button>
      ))}
      {asked !== null && <Dialog name={asked} target={target} close={() => setAsked(null)} />}
    </span>
  );
}

function possible({ jobId }: Target, status: OperationsProps['status'], isPaused: boolean): readonly Name[] {
  const hasEnded = status === 'failed' || status === 'aborted' || status === 'finished' || status === 'skipped';
  const wentWrong = status === 'failed' || status === 'aborted';
  // A job that skipped itself can be run all the same; of one that others made so, the server says which to retry.
  const retry: readonly Name[] = wentWrong || status === 'skipped' ? ['retry'] : [];
  // Of a graph as a whole, what went wrong runs again in its fork.
  const fork: readonly Name[] = jobId !== null || wentWrong ? ['fork'] : [];
  const abort: readonly Name[] = hasEnded ? [] : ['abort'];
  const pause: readonly Name[] = jobId !== null || (hasEnded && !isPaused) ? [] : [isPaused ? 'resume' : 'pause'];
  return [...retry, ...abort, ...pause, ...fork];
}

function titleOf(name: Name): string {
  return `${name[0]!.toUpperCase()}${name.slice(1)}`;
}

interface DialogProps<Of extends Name> {
  readonly name: Of;
  readonly target: Target;
  readonly close: () => void;
}

function Dialog({ name, target, close }: DialogProps<Name>): JSX.Element {
  if (name !== 'answer') return <OperationDialog name={name} target={target} close={close} />;
  return <AnswerDialog graphId={target.graphId} jobId={target.jobId!} close={close} />;
}

function OperationDialog({ name, target, close }: DialogProps<Plain>): JSX.Element {
  const [made, setMade] = useState<string | null>(null);
  const { graphId, jobId } = target;
  const what = jobId === null ? `graph ${graphId}` : `job ${jobId} of ${graphId}`;
  const { dialog, onSubmit, isBusy, fields } = useActing(async (reason) => {
    if (name === 'fork') return setMade(await fork(graphId, jobId, reason));
    await operate(target, name, reason);
    close();
  });
  return (
    <dialog ref={dialog} class="operation" aria-label={`${titleOf(name)} ${cleanText(what)}`} onClose={close}>
      <form onSubmit={onSubmit}>
        <h2>
          {titleOf(name)} {cleanText(what)}?
        </h2>
        <p>{questions[name]}</p>
        {name === 'fork' && <Preview target={target} />}
        {made === null ? (
          <ReasonFields title={titleOf(name)} {...fields} close={close} isOff={isBusy} />
        ) : (
          <p role="status">
            The new graph is <a href={fragmentOf(['graph', made])}>{cleanText(made)}</a>.
          </p>
        )}
      </form>
    </dialog>
  );
}

/** More are not read one by one. */
const listedMost = 12;

/** What a fork would run, and what it would not. */
function Preview({ target: { graphId, jobId } }: { readonly target: Target }): JSX.Element {
  const [preview, setPreview] = useState<ForkPreview | null>(null);
  const [problem, setProblem] = useState('');
  useEffect(() => {
    previewFork(graphId, jobId).then(setPreview, (error: unknown) => setProblem(wordsFor(error)));
  }, [graphId, jobId]);
  if (problem !== '') return <p class="trouble">{cleanText(problem)}</p>;
  if (preview === null) return <p aria-busy="true">Planning …</p>;
  const { runs, carried } = preview;
  return (
    <div class="preview">
      <p>
        {plural(runs.length, 'job')} {runs.length === 1 ? 'runs' : 'run'}; of {carried.length} the results are carried
        over.
      </p>
      <ul>
        {runs.slice(0, listedMost).map(({ id, reason, below }) => (
          <li key={id}>
            {cleanText(id)} <span class="dim">{cleanText(below === null ? reason : `below ${below}`)}</span>
          </li>
        ))}
        {runs.length > listedMost && <li class="dim">and {runs.length - listedMost} more</li>}
      </ul>
    </div>
  );
}
