import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { ChangedJob, JobChange } from '../../../history/moments/compare.js';
import { failureInShort } from '../../../domain/status-phrases.js';
import { cleanText } from '../../../prelude/clean-text.js';
import { duration, jsonInShort, localTime, plural, thousands } from '../../../prelude/phrases.js';
import { compareSides, type Comparison, type Pace, type Side } from '../model/comparison.js';
import { theme } from '../state/appearance.js';
import { fragmentOf } from '../state/place.js';
import { GraphView } from './graph-view.js';
import { Status } from './icons.js';

interface CompareProps {
  readonly before: Side;
  readonly after: Side;
  /** Both are moments of one graph. */
  readonly isOneGraph: boolean;
  readonly choose: (jobId: string) => void;
}

/** More rows are not looked at one by one. */
const rowsMax = 300;
const valueMax = 80;

/** What differs between two moments, or two runs: in each job, and in time. */
export function CompareView({ before, after, isOneGraph, choose }: CompareProps): JSX.Element {
  const comparison = useMemo(
    () => compareSides(before, after),
    [before.model, before.number, after.model, after.number],
  );
  const { diff, changed } = comparison;
  const { added, removed } = diff;
  const isSame = changed.length + added.length + removed.length === 0;
  return (
    <section class="compare" aria-label="Comparison">
      <div class="sides">
        <SideHead name="A" side={before} status={diff.before.status} isOneGraph={isOneGraph} />
        <SideHead name="B" side={after} status={diff.after.status} isOneGraph={isOneGraph} />
      </div>
      {isSame && <p>No job differs{comparison.pace.length > 0 ? ' but in how long it took' : ''}.</p>}
      <ComparedGraphs before={before} after={after} isOneGraph={isOneGraph} comparison={comparison} choose={choose} />
      <NamedJobs title="Only in B" jobIds={added} choose={choose} />
      <NamedJobs title="Only in A" jobIds={removed} choose={choose} />
      <ChangedTable changed={changed} choose={choose} />
      {!isOneGraph && <PaceTable comparison={comparison} choose={choose} />}
    </section>
  );
}

interface ComparedProps extends CompareProps {
  readonly comparison: Comparison;
}

/** The graph, or both of them, with what differs lifted out. */
function ComparedGraphs({ before, after, isOneGraph, comparison, choose }: ComparedProps): JSX.Element | null {
  const { diff, changed } = comparison;
  const jobIds = useMemo(
    () => new Set([...changed.map(({ jobId }) => jobId), ...diff.added, ...diff.removed]),
    [comparison],
  );
  if (jobIds.size === 0) return null;
  const sides = isOneGraph ? [after] : [before, after];
  return (
    <div class="compared-graphs">
      {sides.map(({ model, number }) => (
        <GraphView
          key={model.graphId}
          model={model}
          number={number}
          length={model.length}
          jobId={null}
          onChoose={(jobId) => jobId !== null && choose(jobId)}
          search={jobIds}
          theme={theme.value}
        />
      ))}
    </div>
  );
}

interface SideHeadProps {
  readonly name: string;
  readonly side: Side;
  readonly status: Comparison['diff']['before']['status'];
  readonly isOneGraph: boolean;
}

function SideHead({ name, side: { model, number }, status, isOneGraph }: SideHeadProps): JSX.Element {
  const link = fragmentOf(['graph', model.graphId], { at: String(number) });
  return (
    <div class="side-head">
      <h2>
        {name}: <a href={link}>{isOneGraph ? `event #${thousands(number)}` : cleanText(model.graphId)}</a>
      </h2>
      <Status status={status} />
      <span class="dim">
        {localTime(model.times[number - 1]!, 'milliseconds')},{' '}
        {duration(model.times[number - 1]! - model.times[model.first - 1]!)} after its start
      </span>
    </div>
  );
}

interface NamedProps {
  readonly title: string;
  readonly jobIds: readonly string[];
  readonly choose: (jobId: string) => void;
}

function NamedJobs({ title, jobIds, choose }: NamedProps): JSX.Element | null {
  if (jobIds.length === 0) return null;
  return (
    <>
      <h3>
        {title}: {plural(jobIds.length, 'job')}
      </h3>
      <p class="names">
        {jobIds.slice(0, rowsMax).map((jobId) => (
          <button key={jobId} type="button" class="link" onClick={() => choose(jobId)}>
            {cleanText(jobId)}
          </button>
        ))}
        <Rest of={jobIds.length} />
      </p>
    </>
  );
}

function ChangedTable({
  changed,
  choose,
}: {
  readonly changed: readonly ChangedJob[];
  readonly choose: (id: string) => void;
}) {
  if (changed.length === 0) return null;
  return (
    <>
      <table class="changes">
        <caption>
          {plural(changed.length, 'job')} that {changed.length === 1 ? 'differs' : 'differ'}
        </caption>
        <thead>
          <tr>
            <th>Job</th>
            <th>Status</th>
            <th>What else</th>
          </tr>
        </thead>
        <tbody>
          {changed.slice(0, rowsMax).map((job) => (
            <tr key={job.jobId}>
              <td>
                <button type="button" class="link" onClick={() => choose(job.jobId)}>
                  {cleanText(job.jobId)}
                </button>
              </td>
              <td>
                {job.status !== undefined && (
                  <>
                    <Status status={job.status.before} /> → <Status status={job.status.after} />
                  </>
                )}
              </td>
              <td>
                {otherChanges(job).map((text) => (
                  <p key={text}>{text}</p>
                ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <Rest of={changed.length} />
    </>
  );
}

function otherChanges({ attempt, result, failure, answeredBy, definition }: ChangedJob): readonly string[] {
  const told = <A,>(name: string, change: JobChange<A> | undefined, words: (value: A) => string) =>
    change === undefined ? [] : [`${name}: ${words(change.before)} → ${words(change.after)}`];
  const json = (value: unknown) => jsonInShort(value, valueMax);
  return [
    ...told('attempt', attempt, String),
    ...told('result', result, json),
    ...told('failure', failure, (each) => (each === null ? 'none' : failureInShort(each, valueMax))),
    ...told('answered by', answeredBy, (by) => by ?? 'nobody'),
    ...told('definition', definition, json),
  ];
}

function PaceTable({
  comparison: { pace },
  choose,
}: {
  readonly comparison: Comparison;
  readonly choose: (id: string) => void;
}) {
  if (pace.length === 0) return null;
  const most = Math.max(...pace.map(({ before, after }) => Math.max(before, after)), 1);
  return (
    <>
      <table class="changes">
        <caption>Which jobs took longer, and which took less long</caption>
        <thead>
          <tr>
            <th>Job</th>
            <th>A</th>
            <th>B</th>
            <th>Difference</th>
            <th>
              <span class="unseen">Bars</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {pace.slice(0, rowsMax).map((each) => (
            <PaceRow key={each.jobId} pace={each} most={most} choose={choose} />
          ))}
        </tbody>
      </table>
      <Rest of={pace.length} />
    </>
  );
}

function PaceRow({
  pace,
  most,
  choose,
}: {
  readonly pace: Pace;
  readonly most: number;
  readonly choose: (id: string) => void;
}) {
  const { jobId, before, after } = pace;
  const bar = (ms: number, name: string) => (
    <svg class={`pace ${name}`} viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
      <rect width={(100 * ms) / most} height="4" />
    </svg>
  );
  return (
    <tr>
      <td>
        <button type="button" class="link" onClick={() => choose(jobId)}>
          {cleanText(jobId)}
        </button>
      </td>
      <td>{duration(before)}</td>
      <td>{duration(after)}</td>
      <td class={after > before ? 'slower' : 'faster'}>
        {after > before ? '+' : '−'}
        {duration(Math.abs(after - before))}
      </td>
      <td class="bars">
        {bar(before, 'a')}
        {bar(after, 'b')}
      </td>
    </tr>
  );
}

function Rest({ of }: { readonly of: number }): JSX.Element | null {
  return of <= rowsMax ? null : <p class="dim">and {thousands(of - rowsMax)} more</p>;
}
