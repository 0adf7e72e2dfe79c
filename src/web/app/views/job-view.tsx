import type { JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { JobDetails } from '../../../domain/graph-info.js';
import { jobLines } from '../../../history/explain/explanation-lines.js';
import type { ExplanationLine } from '../../../history/explain/speech.js';
import type { JobExplanation } from '../../../history/explain/explanation.js';
import { cleanText } from '../../../prelude/clean-text.js';
import { defined } from '../../../prelude/defined.js';
import type { Json } from '../../../prelude/json.js';
import { notThereYet } from '../model/job-lines.js';
import { changedPaths } from '../model/job-changes.js';
import type { GraphModel } from '../model/graph-model.js';
import type { Source } from '../source/source.js';
import { command } from '../state/command.js';
import type { GraphSession } from '../state/graph-session.js';
import { change } from '../state/place.js';
import { AttemptsTable } from './attempts-table.js';
import { CopyButton } from './copy-button.js';
import { Icon, Status } from './icons.js';
import { JsonTree } from './json-tree.js';
import { Operations } from './operations.js';

interface JobProps {
  readonly source: Source;
  readonly session: GraphSession;
  readonly model: GraphModel;
  readonly jobId: string;
}

/** Everything about one job, at the moment that is shown. */
export function JobView({ source, session, model, jobId }: JobProps): JSX.Element {
  const number = session.number.value;
  const length = session.length.value;
  const job = useMemo(() => model.jobAt(number, jobId), [model, number, length, jobId]);
  return (
    <section class="job-view" aria-label={`Job ${cleanText(jobId)}`}>
      <header>
        <h2>{cleanText(jobId)}</h2>
        {job !== null && <Status status={job.derivedStatus} />}
        <span class="gap" />
        <JobOperations model={model} jobId={jobId} />
        <button type="button" class="icon" title="Close (Escape)" onClick={() => change({ job: null, own: null })}>
          <Icon name="close" />
        </button>
      </header>
      {job === null ? (
        <p>{missing(model, jobId)}</p>
      ) : (
        <div class="scrolls" tabIndex={0}>
          <Sentences source={source} session={session} model={model} jobId={jobId} />
          <AttemptsTable session={session} model={model} jobId={jobId} />
          <Values model={model} job={job} number={number} />
          <Commands job={job} />
        </div>
      )}
    </section>
  );
}

function missing({ latest }: GraphModel, jobId: string): string {
  const later = latest.jobs.get(jobId);
  if (later === undefined) return cleanText(`The graph has no job ${jobId}.`);
  return cleanText(`${jobId} is ${notThereYet(later)}.`);
}

/** They are done to the job as it is now, whatever moment is shown. */
function JobOperations({ model, jobId }: { readonly model: GraphModel; readonly jobId: string }): JSX.Element | null {
  const job = model.latest.jobs.get(jobId);
  if (job === undefined) return null;
  return (
    <Operations
      target={{ graphId: model.graphId, jobId }}
      status={job.status}
      isPaused={false}
      isAwaiting={job.isAwaiting}
    />
  );
}

function Sentences(props: JobProps): JSX.Element | null {
  const { session, model } = props;
  const number = session.number.value;
  const told = useExplanation(props);
  if (told === null) return null;
  const now = model.times[number - 1]!;
  const lines = jobLines(told, { paint: plain, now, hint: command, limit: 5 }).slice(1);
  return (
    <div class="sentences">
      {lines.map((line, index) => (
        <Line key={index} line={line} />
      ))}
    </div>
  );
}

/** The server knows workers that took jobs of other graphs, too, and who has the places that the job waits for. */
function useExplanation({ source, session, model, jobId }: JobProps): JobExplanation | null {
  const number = session.number.value;
  const length = session.length.value;
  const moment = `${model.graphId} ${number}`;
  const { position } = model.event(number);
  const workersSeen = useElsewhere(moment, () => source.workersSeen(position));
  const told = useMemo(() => {
    return model.explainJob(number, jobId, defined({ workersSeen: workersSeen ?? undefined }));
  }, [model, number, length, jobId, workersSeen]);
  const keys = told?.limits.map(({ key }) => key) ?? [];
  // At the end of its history, what counts is how things stand now.
  const asOf = number === length ? null : position;
  const places = useElsewhere(`${moment} ${String(asOf)} ${keys.join('/')}`, () =>
    keys.length === 0 ? Promise.resolve(null) : source.places(keys, asOf),
  );
  return useMemo(() => {
    if (places === null) return told;
    return model.explainJob(number, jobId, defined({ places, workersSeen: workersSeen ?? undefined }));
  }, [told, places]);
}

const asIs = (text: string) => text;
const plain = { bold: asIs, dim: asIs, red: asIs, green: asIs, yellow: asIs, magenta: asIs, cyan: asIs, blue: asIs };

function Line({ line }: { readonly line: ExplanationLine }): JSX.Element {
  if (typeof line === 'string') return <p>{cleanText(line.trim())}</p>;
  if ('lead' in line) {
    return (
      <p>
        {line.lead} <Command text={line.command} />
      </p>
    );
  }
  return (
    <table class="plain">
      <tbody>
        {line.rows.map((cells, index) => (
          <tr key={index}>
            {cells.map((cell, column) => (
              <td key={column}>{cleanText(cell.trim())}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Command({ text }: { readonly text: string }): JSX.Element {
  return (
    <span class="command">
      <code>{text}</code>
      <CopyButton label="Copy the command" text={() => text} />
    </span>
  );
}

/** Whoever scrubs asks for many moments, and stays at one. */
const restMs = 250;

/** What the page does not hold itself; null until it is there. @param about another text asks again */
function useElsewhere<A>(about: string, ask: () => Promise<A | null>): A | null {
  const [known, setKnown] = useState<{ readonly about: string; readonly answer: A | null } | null>(null);
  useEffect(() => {
    let isOver = false;
    const timer = setTimeout(() => {
      ask()
        .then((answer) => {
          if (!isOver) setKnown({ about, answer });
        })
        // What the graph itself tells is shown then.
        .catch(() => {});
    }, restMs);
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [about]);
  return known?.about === about ? known.answer : null;
}

interface ValuesProps {
  readonly model: GraphModel;
  readonly job: JobDetails;
  readonly number: number;
}

function Values({ model, job, number }: ValuesProps): JSX.Element {
  const changed = useMemo(() => changedPaths(model, number, job.id), [model, number, job.id, job]);
  const inputs = useMemo(() => inputsOf(model, number, job), [model, number, job]);
  const { stack, ...state } = job;
  return (
    <>
      {job.failure !== null && stack !== null && (
        <details open>
          <summary>Stack</summary>
          <pre tabIndex={0}>{cleanStack(stack)}</pre>
        </details>
      )}
      {job.status === 'finished' && <JsonTree name="result" value={job.result} changed={shifted(changed, '/result')} />}
      {job.parents.length > 0 && <JsonTree name="inputs" value={inputs} />}
      <JsonTree name="args" value={job.args} />
      <JsonTree name="state" value={state as unknown as Json} changed={changed} isOpen={changed.size > 0} />
    </>
  );
}

/** The results of its parents that have finished, as its handler is given them. */
function inputsOf(model: GraphModel, number: number, { parents }: JobDetails): Json {
  const { jobs } = model.stateAt(number);
  const finished = parents.filter((id) => jobs.get(id)?.status === 'finished');
  return Object.fromEntries(finished.map((id) => [id, jobs.get(id)!.state.result]));
}

/** The paths below one of them, as seen from there. */
function shifted(paths: ReadonlySet<string>, front: string): ReadonlySet<string> {
  return new Set([...paths].filter((path) => path.startsWith(front)).map((path) => path.slice(front.length)));
}

function cleanStack(stack: string): string {
  return stack.split(/\r?\n/).map(cleanText).join('\n');
}

function Commands({ job }: { readonly job: JobDetails }): JSX.Element {
  const name = `${job.graphId}/${job.id}`;
  return (
    <div class="commands">
      <h3>On the command line</h3>
      {job.attempt > 0 && (
        <p>
          run it again with the same input, without writing anything:{' '}
          <Command text={command('replay', name, 'HANDLERS.ts')} />
        </p>
      )}
      <p>
        its history: <Command text={command('history', name)} />
      </p>
      <p>
        a new graph that runs it again, and what depends on it:{' '}
        <Command text={command('fork', job.graphId, '--from', job.id)} />
      </p>
    </div>
  );
}
