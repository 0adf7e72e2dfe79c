import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { cleanText } from '../../../prelude/clean-text.js';
import type { Source } from '../source/source.js';
import { appearance, nextAppearance } from '../state/appearance.js';
import { about } from '../state/command.js';
import { fragmentOf, place, viewName } from '../state/place.js';
import { EvidenceMark } from './evidence-mark.js';
import { GraphPage } from './graph-page.js';
import { GraphsPage } from './graphs-page.js';
import { HelpDialog, isHelpOpen } from './help-dialog.js';
import { Icon } from './icons.js';
import { Problem } from './problem.js';
import { RunsPage } from './runs-page.js';

interface ShellProps {
  readonly source: Source;
}

/** What is around every view: the names of the views, what store is shown, and how it looks. */
export function Shell({ source }: ShellProps): JSX.Element {
  const [problem, setProblem] = useState<unknown>(null);
  useEffect(() => {
    source.about().then(
      (known) => (about.value = known),
      (error: unknown) => setProblem(error),
    );
  }, [source]);
  const known = about.value;
  const only = known?.exported?.graphId ?? null;
  const view = viewName.value;
  // What holds one graph alone begins with it.
  const graphId = view === 'graph' ? (place.value.path[1] ?? null) : place.value.path.length === 0 ? only : null;
  return (
    <>
      <Header source={source} view={view} />
      {problem !== null ? (
        <main>
          <Problem error={problem} />
        </main>
      ) : graphId !== null ? (
        <GraphPage key={graphId} source={source} graphId={graphId} />
      ) : view === 'compare' && place.value.path.length === 3 ? (
        <RunsPage source={source} graphIds={[place.value.path[1]!, place.value.path[2]!]} />
      ) : view === 'graphs' ? (
        <GraphsPage source={source} />
      ) : (
        <main>
          <Problem error={new Error(`This page has no view ${cleanText(view)}.`)} />
        </main>
      )}
      <HelpDialog />
    </>
  );
}

function Header({ source, view }: ShellProps & { readonly view: string }): JSX.Element {
  const known = about.value;
  return (
    <header class="top">
      <a class="brand" href={fragmentOf([])}>
        Overseer
      </a>
      <nav aria-label="Views">
        <a href={fragmentOf(['graphs'])} aria-current={view === 'graphs' ? 'page' : undefined}>
          Graphs
        </a>
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
