import type { JSX } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import { cleanText } from '../../../prelude/clean-text.js';
import type { Source } from '../source/source.js';
import { GraphSession } from '../state/graph-session.js';
import { fragmentOf } from '../state/place.js';
import { CompareView } from './compare-view.js';
import { Problem } from './problem.js';

interface RunsProps {
  readonly source: Source;
  readonly graphIds: readonly [string, string];
}

/** Two graphs side by side, as they are now. */
export function RunsPage({ source, graphIds: [first, second] }: RunsProps): JSX.Element {
  const sessions = useMemo(() => [first, second].map((id) => new GraphSession(source, id)), [source, first, second]);
  useEffect(() => {
    document.title = `${cleanText(first)} and ${cleanText(second)} · Overseer`;
    return () => sessions.forEach((session) => session.close());
  }, [sessions]);
  const failed = sessions.map((session) => session.loading.value).find((loading) => loading.kind === 'failed');
  const [a, b] = sessions.map((session) => session.model.value);
  if (failed?.kind === 'failed') {
    return (
      <main>
        <Problem error={failed.error} />
      </main>
    );
  }
  if (a == null || b == null) {
    return (
      <main class="loading" aria-busy="true">
        <p role="status">Reading both …</p>
      </main>
    );
  }
  const sides = sessions.map((session) => ({ model: session.model.value!, number: session.length.value }));
  return (
    <main class="runs-page">
      <h1>Two runs</h1>
      <CompareView
        before={sides[0]!}
        after={sides[1]!}
        isOneGraph={first === second}
        choose={(jobId) => {
          const owner = b.latest.jobs.has(jobId) ? second : first;
          location.hash = fragmentOf(['graph', owner], { job: jobId });
        }}
      />
    </main>
  );
}
