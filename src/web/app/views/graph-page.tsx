import type { JSX } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import { pauseLine } from '../../../domain/pause-phrases.js';
import { derivedStatuses } from '../../../domain/graph.js';
import { pauseOfGraph } from '../../../domain/pauses.js';
import { cleanText } from '../../../prelude/clean-text.js';
import { plural, thousands } from '../../../prelude/phrases.js';
import type { GraphModel } from '../model/graph-model.js';
import { countsOf, momentOf } from '../model/moment.js';
import { prepareLayout } from '../source/layout.js';
import type { Source } from '../source/source.js';
import { theme } from '../state/appearance.js';
import { GraphSession } from '../state/graph-session.js';
import { followGraphKeys } from '../state/keys.js';
import { change, place } from '../state/place.js';
import { CompareView } from './compare-view.js';
import { EventsView } from './events-view.js';
import { FindView } from './find-view.js';
import { GraphView } from './graph-view.js';
import { Status } from './icons.js';
import { JobView } from './job-view.js';
import { Operations } from './operations.js';
import { Problem } from './problem.js';
import { Scrubber } from './scrubber.js';
import { TimelineView } from './timeline-view.js';

interface GraphPageProps {
  readonly source: Source;
  readonly graphId: string;
}

/** One graph, at the moment that the scrubber stands at. */
export function GraphPage({ source, graphId }: GraphPageProps): JSX.Element {
  const session = useMemo(() => new GraphSession(source, graphId), [source, graphId]);
  useEffect(() => {
    document.title = `${cleanText(graphId)} · Overseer`;
    prepareLayout();
    const endKeys = followGraphKeys(session);
    return () => {
      endKeys();
      session.close();
    };
  }, [session]);
  const model = session.model.value;
  const loading = session.loading.value;
  if (loading.kind === 'failed') {
    const isAwaited = source.isLive && loading.error.code === 'graph-not-found';
    return (
      <main>
        <Problem
          error={loading.error}
          outlook={isAwaited ? 'If it is submitted later, it appears here by itself.' : null}
        />
      </main>
    );
  }
  if (model === null) {
    return (
      <main class="loading" aria-busy="true">
        <p role="status">
          {cleanText(
            session.trouble.value ??
              `Reading ${graphId}: ${plural(loading.kind === 'loading' ? loading.events : 0, 'event')} …`,
          )}
        </p>
      </main>
    );
  }
  return (
    <main class="graph-page">
      <GraphBar session={session} model={model} />
      <div class="panels">
        <div class="picture">
          <Tabs />
          <Picture session={session} model={model} />
        </div>
        <aside class="side" aria-label="Details">
          {session.jobId.value !== null && (
            <JobView source={source} session={session} model={model} jobId={session.jobId.value} />
          )}
          <EventsView session={session} model={model} />
        </aside>
      </div>
      <Scrubber session={session} model={model} />
    </main>
  );
}

interface PartProps {
  readonly session: GraphSession;
  readonly model: GraphModel;
}

/** The graph's name and status, and how many of its jobs are where. */
function GraphBar({ session, model }: PartProps): JSX.Element {
  const number = session.number.value;
  const length = session.length.value;
  const { status, counts, pause, labels, unread } = useMemo(() => summaryAt(model, number), [model, number, length]);
  return (
    <div class="graph-bar">
      <h1>{cleanText(model.graphId)}</h1>
      <Status status={status} />
      <ul class="counts" aria-label="Jobs by status">
        {counts.map(([each, count]) => (
          <li key={each} class={`status ${each}`}>
            {thousands(count)} {each}
          </li>
        ))}
      </ul>
      <span class="labels dim">
        {Object.entries(labels).map(([key, value]) => (
          <span key={key}>{cleanText(`${key}=${value}`)}</span>
        ))}
      </span>
      {pause !== null && <span class="pause">{pause}</span>}
      {unread !== null && <span class="trouble">{cleanText(`Workers leave it alone: ${unread}`)}</span>}
      <span class="gap" />
      {session.trouble.value !== null && (
        <span class="trouble" role="status">
          {cleanText(session.trouble.value)}
        </span>
      )}
      <Operations
        target={{ graphId: model.graphId, jobId: null }}
        status={model.latest.status}
        isPaused={model.latest.pause !== null}
      />
    </div>
  );
}

function summaryAt(model: GraphModel, number: number) {
  const state = model.stateAt(number);
  const counted = countsOf(momentOf(model, number));
  const counts = derivedStatuses.map((status, code) => [status, counted[code]!] as const);
  const pause = pauseOfGraph(state);
  return {
    status: state.status,
    counts: counts.filter(([, count]) => count > 0),
    pause: pause === null ? null : pauseLine(pause),
    labels: state.labels,
    unread: state.unreadable?.problem ?? null,
  };
}

const tabs = [
  [undefined, 'Graph'],
  ['timeline', 'Timeline'],
  ['compare', 'Compare'],
  ['find', 'Find the moment'],
] as const;

function Tabs(): JSX.Element {
  const view = place.value.params['view'];
  return (
    <div class="tabs" role="group" aria-label="What is shown">
      {tabs.map(([name, title]) => (
        <button key={title} type="button" aria-pressed={view === name} onClick={() => change({ view: name ?? null })}>
          {title}
        </button>
      ))}
      <span class="gap" />
      <input
        type="search"
        data-search
        aria-label="Search jobs"
        placeholder="Search jobs  ( / )"
        value={place.value.params['find'] ?? ''}
        onInput={(event) => change({ find: event.currentTarget.value || null })}
      />
    </div>
  );
}

/** The two pinned moments. What is not pinned is the moment that is shown. */
function PinsView({ session, model }: PartProps): JSX.Element {
  const { a, b } = session.pins.value;
  const number = session.number.value;
  if (a === null && b === null) {
    return <p class="none">Pin a moment with A, move to another, and see here what differs between them.</p>;
  }
  return (
    <CompareView
      before={{ model, number: a ?? number }}
      after={{ model, number: b ?? number }}
      isOneGraph
      choose={(jobId) => session.choose(jobId)}
    />
  );
}

function Picture({ session, model }: PartProps): JSX.Element {
  const { view, find = '' } = place.value.params;
  if (view === 'timeline') return <TimelineView session={session} model={model} />;
  if (view === 'compare') return <PinsView session={session} model={model} />;
  if (view === 'find') return <FindView session={session} model={model} />;
  return (
    <GraphView
      model={model}
      number={session.number.value}
      length={session.length.value}
      jobId={session.jobId.value}
      onChoose={(jobId) => session.choose(jobId)}
      search={find}
      theme={theme.value}
    />
  );
}
