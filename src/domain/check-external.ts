import type { External } from './external.js';
import { inWords, refuse, type Sentence } from './graph-rules.js';
import type { Job } from './job-graph.js';
import { limits } from './limits.js';

/** What is said of attempts means nothing where there are none. */
const ofAttempts = ['retry', 'timeoutMs', 'maximumLostLeases', 'memoize'] as const;

/** Throws a `Problem` if a job cannot be answered from outside as it is asked for. */
export function checkExternal(
  given: boolean | External | undefined,
  policy: object,
  where: Sentence,
): Pick<Job, 'external'> {
  if (given === undefined || given === false) return {};
  const stray = ofAttempts.find((name) => (policy as Record<string, unknown>)[name] !== undefined);
  refuse(
    stray !== undefined,
    () => `${inWords(where)} is external and has ${stray}; no worker runs it, so leave ${stray} out`,
  );
  const asked = given === true ? undefined : given.for?.trim();
  refuse(
    asked === '',
    () => `external.for of ${inWords(where)} is empty; say whose answer it waits for, or write true`,
  );
  const { messageCharactersMax } = limits;
  refuse(
    (asked?.length ?? 0) > messageCharactersMax,
    () => `external.for of ${inWords(where)} has ${asked!.length} characters; the limit is ${messageCharactersMax}`,
  );
  return { external: asked === undefined ? {} : { for: asked } };
}
