/** Explanations of jobs that somebody outside answers. */
import { duration, inShort } from '../../prelude/phrases.js';
import type { JobExplanation } from './explanation.js';
import { type ExplanationLine, type Speech, timeOf } from './speech.js';

/** Why it was answered so, if that was said. */
export function whyAnswered(answer: JobExplanation['answer']): string[] {
  return answer === null || answer.reason === '' ? [] : [`  because: ${inShort(answer.reason, 200)}`];
}

/** Whose answer it waits for, since when, and how to answer. */
export function awaitingLines({ graphId, jobId, awaits }: JobExplanation, { now, hint }: Speech): ExplanationLine[] {
  const { from, since } = awaits!;
  const place = `${graphId}/${jobId}`;
  const ago = since === null ? '' : `, since ${timeOf(since)}, for ${duration(Math.max(0, now - Date.parse(since)))}`;
  return [
    `  no worker runs it: it waits for the answer of ${inShort(from, 200)}${ago}`,
    { lead: 'to finish it:', command: hint('answer', place, '--result', 'JSON') },
    { lead: 'to fail it:', command: hint('answer', place, '--fail', 'TEXT') },
  ];
}
