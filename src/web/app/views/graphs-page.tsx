import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { graphStatuses } from '../../../domain/graph.js';
import type { GraphSummary } from '../../../domain/graph-info.js';
import { jobStatuses } from '../../../domain/job.js';
import { cleanText } from '../../../prelude/clean-text.js';
import { duration, localTime, plural, thousands } from '../../../prelude/phrases.js';
import type { GraphsQuery, Source } from '../source/source.js';
import { queryOf, withStatus } from '../state/graphs-query.js';
import { change, fragmentOf, go, place } from '../state/place.js';
import { useAnswer } from './answers.js';
import { AsOfField } from './as-of-field.js';
import { Status } from './icons.js';
import { Problem } from './problem.js';

/** Whoever types is not asked at every letter. */
const typingMs = 250;

/** The graphs of the store, the latest first, as they are now or were at a moment. */
export function GraphsPage({ source }: { readonly source: Source }): JSX.Element {
  const query = queryOf(place.value.params);
  const { answer, problem } = useAnswer(source, () => source.graphs(query), JSON.stringify(query), query.asOf === null);
  const [chosen, setChosen] = useState<readonly string[]>([]);
  useEffect(() => {
    document.title = 'Graphs · Overseer';
  }, []);
  const toggle = (id: string) =>
    setChosen(chosen.includes(id) ? chosen.filter((each) => each !== id) : [...chosen.slice(-1), id]);
  return (
    <main class="graphs-page">
      <Filters query={query} />
      {problem !== null && <Problem error={problem} />}
      {answer !== null && (
        <>
          {answer.unreadable.map(({ graphId, reason }) => (
            <p key={graphId} class="trouble" role="alert">
              Graph <a href={fragmentOf(['graph', graphId])}>{cleanText(graphId)}</a> cannot be read:{' '}
              {cleanText(reason)}
            </p>
          ))}
          <GraphsTable items={answer.items} chosen={chosen} toggle={toggle} isLive={query.asOf === null} />
          {answer.items.length === 0 && <p class="none">{noneInWords(query)}</p>}
          <div class="bar">
            {query.after !== null && (
              <button type="button" onClick={() => change({ after: null })}>
                To the latest
              </button>
            )}
            {answer.next !== null && (
              <button type="button" onClick={() => change({ after: answer.next })}>
                Earlier graphs
              </button>
            )}
            <span class="gap" />
            {source.isLive && (
              <button
                type="button"
                disabled={chosen.length !== 2}
                title={chosen.length === 2 ? undefined : 'Choose two graphs to compare'}
                onClick={() => go(['compare', ...chosen])}
              >
                Compare
              </button>
            )}
          </div>
        </>
      )}
    </main>
  );
}

function noneInWords({ status, labels, search }: GraphsQuery): string {
  const isFiltered = status.length > 0 || labels.length > 0 || search !== '';
  return isFiltered ? 'No graph is like that.' : 'There are no graphs yet. `overseer run FILE` submits one.';
}

function Filters({ query }: { readonly query: GraphsQuery }): JSX.Element {
  const search = useRef<ReturnType<typeof setTimeout> | null>(null);
  const searchFor = (text: string) => {
    if (search.current !== null) clearTimeout(search.current);
    search.current = setTimeout(() => change({ search: text || null, after: null }), typingMs);
  };
  return (
    <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
      <h1>Graphs</h1>
      <input
        type="search"
        data-search
        aria-label="Search by id, label, type of job, or failure"
        placeholder="id, label, type of job, failure"
        defaultValue={query.search}
        onInput={(event) => searchFor(event.currentTarget.value)}
      />
      <div class="choices" role="group" aria-label="Status">
        {graphStatuses.map((status) => (
          <button
            key={status}
            type="button"
            aria-pressed={query.status.includes(status)}
            onClick={() => change(withStatus(query, status))}
          >
            <Status status={status} />
          </button>
        ))}
      </div>
      <label>
        Label{' '}
        <input
          type="text"
          placeholder="key=value"
          defaultValue={query.labels.join(',')}
          onChange={(event) => change({ label: event.currentTarget.value || null, after: null })}
        />
      </label>
      <AsOfField />
    </form>
  );
}

interface TableProps {
  readonly items: readonly GraphSummary[];
  readonly chosen: readonly string[];
  readonly isLive: boolean;
  readonly toggle: (id: string) => void;
}

function GraphsTable({ items, chosen, toggle }: TableProps): JSX.Element | null {
  if (items.length === 0) return null;
  return (
    <table class="graphs">
      <thead>
        <tr>
          <th>
            <span class="unseen">Compare</span>
          </th>
          <th>Graph</th>
          <th>Status</th>
          <th>Jobs</th>
          <th>Submitted</th>
          <th>Took</th>
          <th>Labels</th>
        </tr>
      </thead>
      <tbody>
        {items.map((graph) => (
          <GraphRow key={graph.id} graph={graph} isChosen={chosen.includes(graph.id)} toggle={toggle} />
        ))}
      </tbody>
    </table>
  );
}

interface RowProps {
  readonly graph: GraphSummary;
  readonly isChosen: boolean;
  readonly toggle: (id: string) => void;
}

function GraphRow({ graph, isChosen, toggle }: RowProps): JSX.Element {
  const { id, status, labels, submittedAt, lastEventAt, pause } = graph;
  const took = Date.parse(lastEventAt) - Date.parse(submittedAt);
  return (
    <tr class={isChosen ? 'chosen' : undefined}>
      <td>
        <input type="checkbox" aria-label={`Compare ${cleanText(id)}`} checked={isChosen} onChange={() => toggle(id)} />
      </td>
      <th scope="row">
        <a href={fragmentOf(['graph', id])}>{cleanText(id)}</a>
      </th>
      <td>
        <Status status={status} />
        {pause !== null && ' (paused)'}
      </td>
      <td>
        <Progress graph={graph} />
      </td>
      <td>{localTime(submittedAt)}</td>
      <td>{status === 'running' ? `${duration(took)} so far` : duration(took)}</td>
      <td class="labels">
        {Object.entries(labels).map(([key, value]) => (
          <span key={key}>{cleanText(`${key}=${value}`)}</span>
        ))}
      </td>
    </tr>
  );
}

/** How many jobs have which status: a bar, and in words for whoever does not see it. */
function Progress({ graph: { counts } }: { readonly graph: GraphSummary }): JSX.Element {
  const shown = jobStatuses.filter((status) => counts[status] > 0);
  const all = shown.reduce((sum, status) => sum + counts[status], 0);
  const words = shown.map((status) => `${thousands(counts[status])} ${status}`).join(', ');
  return (
    <span class="progress" role="img" aria-label={words} title={words}>
      <span class="shares">
        {shown.map((status) => (
          <span
            key={status}
            class={`share ${status === 'unstarted' ? 'waiting' : status}`}
            style={{ flexGrow: counts[status] }}
          />
        ))}
      </span>
      <span>{plural(all, 'job')}</span>
    </span>
  );
}
