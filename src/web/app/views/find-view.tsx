import type { JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { cleanText } from '../../../prelude/clean-text.js';
import { wordsFor } from '../../../prelude/errors.js';
import { jsonInShort, plural, thousands } from '../../../prelude/phrases.js';
import type { GraphModel } from '../model/graph-model.js';
import { findMoment, watch } from '../model/questions.js';
import { command } from '../state/command.js';
import type { GraphSession } from '../state/graph-session.js';
import { change, place } from '../state/place.js';
import { CopyButton } from './copy-button.js';
import { ExpressionField } from './expression-field.js';
import { Icon } from './icons.js';

interface FindProps {
  readonly session: GraphSession;
  readonly model: GraphModel;
}

/** Finds the first moment at which something holds, and shows what expressions come to at the moment that is shown. */
export function FindView({ session, model }: FindProps): JSX.Element {
  return (
    <section class="find" aria-label="Find the moment">
      <Finder session={session} model={model} />
      <Watches session={session} model={model} />
    </section>
  );
}

interface Answer {
  readonly text: string;
  readonly number: number | null;
}

/** Lets the browser draw. */
const turns = { now: () => performance.now(), next: () => new Promise<void>((resolve) => setTimeout(resolve)) };

function Finder({ session, model }: FindProps): JSX.Element {
  const where = place.value.params['where'] ?? '';
  const [said, setSaid] = useState<Answer | null>(null);
  const searching = useRef<AbortController | null>(null);
  useEffect(() => () => searching.current?.abort(), []);
  const find = async (text: string) => {
    searching.current?.abort();
    const own = new AbortController();
    searching.current = own;
    change({ where: text });
    try {
      const progress = (looks: number) =>
        setSaid({ text: `looked at ${thousands(looks)} of ${thousands(model.length)} states …`, number: null });
      const { number, looks, method } = await findMoment(model, text, turns, own.signal, progress);
      if (number !== null) session.moveTo(number);
      const how = `${plural(looks, 'state')} looked at, ${method} search`;
      setSaid({
        text: number === null ? `It never held (${how}).` : `First at #${thousands(number)} (${how}).`,
        number,
      });
    } catch (error) {
      if (!own.signal.aborted) setSaid({ text: wordsFor(error), number: null });
    }
  };
  return (
    <>
      <h2>The first moment at which this holds</h2>
      <ExpressionField
        model={model}
        label="Condition"
        value={where}
        action="Find"
        onEnter={(text) => void find(text)}
      />
      <p role="status" data-found={said?.number ?? ''}>
        {said === null ? 'Such as: jobs.report.attempt >= 2, or count.failed > 0' : cleanText(said.text)}
      </p>
      {where !== '' && (
        <p class="command">
          <code>{command('bisect', model.graphId, '--where', where)}</code>
          <CopyButton label="Copy the command" text={() => command('bisect', model.graphId, '--where', where)} />
        </p>
      )}
    </>
  );
}

/** In a URL, one expression a line. */
function watchesIn(params: Readonly<Record<string, string>>): readonly string[] {
  return (params['watch'] ?? '').split('\n').filter((text) => text !== '');
}

function Watches({ session, model }: FindProps): JSX.Element {
  const texts = watchesIn(place.value.params);
  const keep = (after: readonly string[]) => change({ watch: after.join('\n') || null });
  return (
    <>
      <h2>Watches</h2>
      <ExpressionField
        model={model}
        label="Expression to watch"
        value=""
        action="Watch"
        onEnter={(text) => keep([...texts.filter((each) => each !== text), text])}
      />
      <table class="changes watches">
        <tbody>
          {texts.map((text) => (
            <WatchRow
              key={text}
              text={text}
              session={session}
              model={model}
              drop={() => keep(texts.filter((each) => each !== text))}
            />
          ))}
        </tbody>
      </table>
    </>
  );
}

interface WatchProps extends FindProps {
  readonly text: string;
  readonly drop: () => void;
}

function WatchRow({ text, session, model, drop }: WatchProps): JSX.Element {
  const number = session.number.value;
  const valueAt = useMemo(() => watch(model, text), [model, text]);
  const watched = useMemo(() => valueAt(number), [valueAt, number, session.length.value]);
  return (
    <tr>
      <td>
        <code>{cleanText(text)}</code>
      </td>
      {'value' in watched ? (
        <td class="value">{jsonInShort(watched.value, 200)}</td>
      ) : (
        <td class="trouble">{cleanText(watched.problem)}</td>
      )}
      <td>
        <button type="button" class="icon" aria-label={`Watch ${cleanText(text)} no longer`} onClick={drop}>
          <Icon name="close" />
        </button>
      </td>
    </tr>
  );
}
