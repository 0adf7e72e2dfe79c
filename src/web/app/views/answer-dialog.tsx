import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { cleanText } from '../../../prelude/clean-text.js';
import { E } from '../../../prelude/fp.js';
import type { Json } from '../../../prelude/json.js';
import { readJsonText } from '../../../prelude/json-text.js';
import { answer, type GivenAnswer } from '../source/operations.js';
import { useActing } from './acting.js';
import { ReasonFields } from './reason-fields.js';

interface AnswerProps {
  readonly graphId: string;
  readonly jobId: string;
  readonly close: () => void;
}

type Kind = 'finish' | 'fail';

/** The form by which somebody answers a job that no worker runs. */
export function AnswerDialog({ graphId, jobId, close }: AnswerProps): JSX.Element {
  const [kind, setKind] = useState<Kind>('finish');
  const [texts, setTexts] = useState<Readonly<Record<Kind, string>>>({ finish: '', fail: '' });
  const { dialog, onSubmit, isBusy, fields } = useActing(async (reason) => {
    await answer({ graphId, jobId }, givenAnswer(kind, texts[kind]), reason);
    close();
  });
  return (
    <dialog
      ref={dialog}
      class="operation"
      aria-label={`Answer job ${cleanText(jobId)} of ${cleanText(graphId)}`}
      onClose={close}
    >
      <form onSubmit={onSubmit}>
        <h2>
          Answer job {cleanText(jobId)} of {cleanText(graphId)}
        </h2>
        <p>No worker runs it: it has finished, or failed, by what you answer. The first answer stands.</p>
        <fieldset class="choice">
          <legend>The job</legend>
          <Choice kind="finish" chosen={kind} choose={setKind} text="has finished" />
          <Choice kind="fail" chosen={kind} choose={setKind} text="has failed" />
        </fieldset>
        <AnswerText kind={kind} text={texts[kind]} setText={(text) => setTexts({ ...texts, [kind]: text })} />
        <ReasonFields
          title={kind === 'finish' ? 'Finish' : 'Fail'}
          {...fields}
          close={close}
          isOff={isBusy || texts[kind].trim() === ''}
        />
      </form>
    </dialog>
  );
}

interface AnswerTextProps {
  readonly kind: Kind;
  readonly text: string;
  readonly setText: (text: string) => void;
}

function AnswerText({ kind, text, setText }: AnswerTextProps): JSX.Element {
  const isResult = kind === 'finish';
  return (
    <label>
      {isResult ? 'Result, as JSON' : 'What went wrong'}
      <textarea
        required
        rows={isResult ? 4 : 2}
        class={isResult ? 'code' : ''}
        spellcheck={!isResult}
        placeholder={isResult ? '{ "approved": true }' : ''}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
    </label>
  );
}

interface ChoiceProps {
  readonly kind: Kind;
  readonly chosen: Kind;
  readonly choose: (kind: Kind) => void;
  readonly text: string;
}

function Choice({ kind, chosen, choose, text }: ChoiceProps): JSX.Element {
  return (
    <label>
      <input type="radio" name="answer" value={kind} checked={kind === chosen} onChange={() => choose(kind)} /> {text}
    </label>
  );
}

/** @throws Error if the result is no JSON */
function givenAnswer(kind: Kind, text: string): GivenAnswer {
  if (kind === 'fail') return { fail: text };
  const read = readJsonText(text);
  if (E.isLeft(read))
    throw new Error(`the result is not JSON: at character ${read.left.offset + 1}, ${read.left.reason}`);
  return { result: read.right as Json };
}
