import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { cleanText } from '../../../prelude/clean-text.js';
import { plural, thousands } from '../../../prelude/phrases.js';
import type { Evidence, Source } from '../source/source.js';
import { Icon } from './icons.js';

/** What is shown first should not wait for it. */
const afterMs = 300;

/** Whether the events that the page holds are those that its tree head covers. Nothing where a server holds them. */
export function EvidenceMark({ source }: { readonly source: Source }): JSX.Element | null {
  const [evidence, setEvidence] = useState<Evidence | null>(null);
  useEffect(() => {
    const { check } = source;
    if (check === null) return;
    const timer = setTimeout(() => {
      // What cannot be read at all is said where the graph would be.
      check(setEvidence).catch(() => {});
    }, afterMs);
    return () => clearTimeout(timer);
  }, [source]);
  if (evidence === null) return null;
  return (
    <span class={`evidence ${evidence.kind}`} data-evidence={evidence.kind} role="status">
      {inWords(evidence)}
    </span>
  );
}

function inWords(evidence: Evidence): JSX.Element {
  switch (evidence.kind) {
    case 'checking': {
      const share = Math.floor((100 * evidence.events) / Math.max(1, evidence.of));
      return <>checking its tree head: {share} %</>;
    }
    case 'sound':
      return (
        <span title={`The tree head of ${plural(evidence.events, 'event')} has the root hash ${evidence.rootHash}`}>
          <Icon name="check" /> {thousands(evidence.events)} events, root hash <code>{evidence.rootHash}</code>
        </span>
      );
    case 'damaged':
      return (
        <>
          <Icon name="cross" /> altered: {cleanText(evidence.problem)}
        </>
      );
  }
}
