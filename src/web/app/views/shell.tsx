import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { cleanText } from '../../../prelude/clean-text.js';
import { openSession } from '../source/ask.js';
import { type Source, SourceError } from '../source/source.js';
import { appearance, nextAppearance } from '../state/appearance.js';
import { about } from '../state/command.js';
import { isHelpOpen } from '../state/keys.js';
import { fragmentOf, place, viewName } from '../state/place.js';
import { AuditPage } from './audit-page.js';
import { EvidenceMark } from './evidence-mark.js';
import { GraphPage } from './graph-page.js';
import { GraphsPage } from './graphs-page.js';
import { HelpDialog } from './help-dialog.js';
import { Icon } from './icons.js';
import { LogPage } from './log-page.js';
import { Problem } from './problem.js';
import { QueuesPage } from './queues-page.js';
import { RunsPage } from './runs-page.js';
import { TokenForm } from './token-form.js';

interface ShellProps {
  readonly source: Source;
}

/** What is around every view: the names of the views, what store is shown, and how it looks. */
export function Shell({ source }: ShellProps): JSX.Element {
  const { problem, again } = useAbout(source);
  const known = about.value;
  const only = known?.exported?.graphId ?? null;
  const view = viewName.value;
  // What holds one graph alone begins with it.
  const graphId = view === 'graph' ? (place.value.path[1] ?? null) : place.value.path.length === 0 ? only : null;
  return (
    <>
      <Header source={source} view={view} />
      {problem instanceof SourceError && problem.code === 'token-needed' ? (
        <main>
          <TokenForm onOpen={again} />
        </main>
      ) : problem !== null ? (
        <main>
          <Problem error={problem} />
        </main>
      ) : known === null ? (
        <main class="loading" aria-busy="true">
          <p role="status">Opening …</p>
        </main>
      ) : graphId !== null ? (
        <GraphPage key={graphId} source={source} graphId={graphId} />
      ) : view === 'compare' && place.value.path.length === 3 ? (
        <RunsPage source={source} graphIds={[place.value.path[1]!, place.value.path[2]!]} />
      ) : (
        <View source={source} view={view} />
      )}
      <HelpDialog />
    </>
  );
}

/** How long to wait before a server is asked again that did not answer. */
const againMs = 2000;

function useAbout(source: Source) {
  const [problem, setProblem] = useState<unknown>(null);
  const [turn, setTurn] = useState(0);
  const again = () => setTurn((before) => before + 1);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | null = null;
    const begin = async () => {
      try {
        const token = tokenInUrl();
        if (token !== null) await openSession(token);
        about.value = await source.about();
        setProblem(null);
      } catch (error) {
        setProblem(error);
        if (error instanceof SourceError && error.code !== 'token-needed') timer = setTimeout(again, againMs);
      }
    };
    void begin();
    return () => {
      if (timer !== null) clearTimeout(timer);
    };
  }, [source, turn]);
  return { problem, again };
}

/** What is after the `#` is not sent to the server. It is taken out of the URL, and so of the browser's history. */
function tokenInUrl(): string | null {
  const token = /^#token=(.+)$/.exec(location.hash)?.[1];
  if (token === undefined) return null;
  history.replaceState(null, '', location.pathname);
  return decodeURIComponent(token);
}

function View({ source, view }: ShellProps & { readonly view: string }): JSX.Element {
  if (view === 'graphs') return <GraphsPage source={source} />;
  if (source.isLive && view === 'queues') return <QueuesPage source={source} />;
  if (source.isLive && view === 'log') return <LogPage source={source} />;
  if (source.isLive && view === 'audit') return <AuditPage source={source} />;
  return (
    <main>
      <Problem error={new Error(`This page has no view called ${cleanText(view)}.`)} />
    </main>
  );
}

const views = [
  ['graphs', 'Graphs'],
  ['queues', 'Queues and workers'],
  ['log', 'Log'],
  ['audit', 'Audit'],
] as const;

function Header({ source, view }: ShellProps & { readonly view: string }): JSX.Element {
  const known = about.value;
  return (
    <header class="top">
      <a class="brand" href={fragmentOf([])}>
        Overseer
      </a>
      <nav aria-label="Views">
        {views.map(([name, title]) =>
          source.isLive || name === 'graphs' ? (
            <a key={name} href={fragmentOf([name])} aria-current={view === name ? 'page' : undefined}>
              {title}
            </a>
          ) : null,
        )}
      </nav>
      <span class="gap" />
      <EvidenceMark source={source} />
      {known !== null && (
        <span class="store" title={cleanText(known.address)}>
          {source.isLive ? cleanText(known.address) : 'This file'}
          {known.namespace !== 'overseer' && ` · ${cleanText(known.namespace)}`}
          {known.exported !== null && known.exported.redacted.length > 0 && ' · redacted'}
        </span>
      )}
      <button
        type="button"
        class="icon"
        title={`Appearance: ${appearance.value}`}
        aria-label={`Appearance: ${appearance.value}`}
        onClick={nextAppearance}
      >
        <Icon name={appearance.value === 'light' ? 'sun' : appearance.value === 'dark' ? 'moon' : 'screen'} />
      </button>
      <button type="button" class="icon" title="Keys (?)" aria-label="Keys" onClick={() => (isHelpOpen.value = true)}>
        ?
      </button>
    </header>
  );
}
