import type { JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { cleanText } from '../../../prelude/clean-text.js';
import { localTime, plural, thousands } from '../../../prelude/phrases.js';
import { type ProofStep, proofPath } from '../model/proof-steps.js';
import type { InclusionProof } from '../../../evidence/log-tree.js';
import type { Verification } from '../../../history/verify/verification.js';
import { proof, treeHead, verify } from '../source/questions.js';
import type { Source } from '../source/source.js';
import { command } from '../state/command.js';
import { change, place } from '../state/place.js';
import { useAnswer } from './answers.js';
import { CopyButton } from './copy-button.js';
import { Icon } from './icons.js';
import { Problem } from './problem.js';

/** What proves that the log is what it was. */
export function AuditPage({ source }: { readonly source: Source }): JSX.Element {
  useEffect(() => {
    document.title = 'Audit · Overseer';
  }, []);
  return (
    <main class="audit-page">
      <Head source={source} />
      <Proof source={source} />
      <Check />
    </main>
  );
}

function Head({ source }: { readonly source: Source }): JSX.Element {
  const { answer, problem } = useAnswer(source, treeHead, 'head', true);
  return (
    <section aria-label="Tree head">
      <h1>Tree head</h1>
      {problem !== null && <Problem error={problem} />}
      {answer !== null && (
        <>
          <p>
            {plural(answer.size, 'event')}
            {answer.position !== null && `, the last at @${answer.position}, ${localTime(answer.recordedAt!)}`}
          </p>
          <p class="command">
            <code>{answer.rootHash}</code>
            <CopyButton label="Copy the root hash" text={() => answer.rootHash} />
          </p>
        </>
      )}
      <p class="dim">Keep it elsewhere: with it, anybody can tell later whether something was altered.</p>
    </section>
  );
}

function Proof({ source }: { readonly source: Source }): JSX.Element {
  const asked = place.value.params['event'] ?? '';
  const ask = () => (asked === '' ? Promise.resolve(null) : proof(asked));
  const { answer, problem } = useAnswer(source, ask, asked, false);
  return (
    <section aria-label="Proof of an event">
      <h1>Proof of an event</h1>
      <label>
        Event{' '}
        <input
          type="text"
          class="wide"
          placeholder="@POSITION, or its id"
          defaultValue={asked}
          key={asked}
          onChange={(event) => change({ event: event.currentTarget.value.trim() || null })}
        />
      </label>
      {asked !== '' && problem !== null && <Problem error={problem} />}
      {asked !== '' && answer !== null && <Path proof={answer} />}
    </section>
  );
}

function Path({ proof: shown }: { readonly proof: InclusionProof }): JSX.Element {
  const path = useMemo(() => proofPath(shown), [shown]);
  const { event, index, treeHead: head } = shown;
  const holds = path?.root === head.rootHash;
  const told = (name: string) => cleanText(String(event[name]));
  return (
    <>
      <p>
        {told('type')} of {told('graphId')}
        {event['jobId'] === null ? '' : `/${told('jobId')}`} is event {thousands(index + 1)} of {thousands(head.size)}.
      </p>
      {path !== null && (
        <ol class="proof">
          <li>
            <span>the event itself</span> <code>{path.leaf}</code>
          </li>
          {path.steps.map((step) => (
            <Step key={step.ownHash} step={step} />
          ))}
          <li>
            <span>together</span> <code>{path.root}</code>
          </li>
        </ol>
      )}
      <p class={holds ? 'holds' : 'trouble'} data-holds={holds}>
        <Icon name={holds ? 'check' : 'cross'} />{' '}
        {holds
          ? 'This page hashed it: the event is in the tree that the head covers.'
          : 'The path does not lead to the root hash: the event is not in the tree that the head covers.'}
      </p>
    </>
  );
}

function Step({ step }: { readonly step: ProofStep }): JSX.Element {
  const { beside, besideHash, isBesideLeft } = step;
  const [from, to] = [beside[0] + 1, beside[1]];
  const which = from === to ? `event ${thousands(from)}` : `events ${thousands(from)} to ${thousands(to)}`;
  return (
    <li class={isBesideLeft ? 'left' : 'right'}>
      <span>
        with {which}, {isBesideLeft ? 'before' : 'after'}
      </span>{' '}
      <code>{besideHash}</code>
    </li>
  );
}

type Checking =
  | { readonly kind: 'none' }
  | { readonly kind: 'runs'; readonly events: number }
  | { readonly kind: 'done'; readonly found: Verification }
  | { readonly kind: 'failed'; readonly problem: string };

function Check(): JSX.Element {
  const [checking, setChecking] = useState<Checking>({ kind: 'none' });
  const end = useRef<() => void>(() => {});
  useEffect(() => () => end.current(), []);
  const begin = () => {
    setChecking({ kind: 'runs', events: 0 });
    end.current = verify({
      onProgress: ({ events }) => setChecking({ kind: 'runs', events }),
      onDone: (found) => setChecking({ kind: 'done', found }),
      onFailed: (problem) => setChecking({ kind: 'failed', problem }),
    });
  };
  const stop = () => {
    end.current();
    setChecking({ kind: 'none' });
  };
  return (
    <section aria-label="Verification">
      <h1>Verification</h1>
      <p class="dim">Reads the whole log, hashes every event, and checks every rule: {command('verify')}</p>
      {checking.kind === 'runs' ? (
        <button type="button" onClick={stop}>
          Stop
        </button>
      ) : (
        <button type="button" onClick={begin}>
          Verify
        </button>
      )}
      <div role="status" data-verify={checking.kind}>
        <Outcome checking={checking} />
      </div>
    </section>
  );
}

function Outcome({ checking }: { readonly checking: Checking }): JSX.Element | null {
  switch (checking.kind) {
    case 'none':
      return null;
    case 'runs':
      return <p>{plural(checking.events, 'event')} so far …</p>;
    case 'failed':
      return <p class="trouble">{cleanText(checking.problem)}</p>;
    case 'done': {
      const { events, graphs, jobs, problems, problemCount, treeHead: head } = checking.found;
      return (
        <>
          <p class={problemCount === 0 ? 'holds' : 'trouble'}>
            {problemCount === 0 ? 'The log is sound' : plural(problemCount, 'problem')}: {plural(events, 'event')} of{' '}
            {plural(graphs, 'graph')} with {plural(jobs, 'job')}
          </p>
          {head !== null && <code>{head.rootHash}</code>}
          <ul>
            {problems.slice(0, 100).map((each, index) => (
              <li key={index}>
                {cleanText(`@${each.position ?? '?'} ${each.graphId ?? ''}/${each.jobId ?? ''}: ${each.problem}`)}
              </li>
            ))}
          </ul>
        </>
      );
    }
  }
}
