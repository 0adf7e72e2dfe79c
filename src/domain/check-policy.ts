import { defined } from '../prelude/defined.js';
import { isPlainObject } from '../prelude/json.js';
import { unknownMember } from '../prelude/known-names.js';
import { External } from './external.js';
import { demand, inWords, kindOf, Problem, refuse, type Sentence } from './graph-rules.js';
import type { Job } from './job-graph.js';
import { limits } from './limits.js';

/** Throws a `Problem` if a job's attempts cannot be made as it is asked for. */
export function checkPolicy(
  policy: Pick<Job, 'retry' | 'maximumLostLeases' | 'memoize' | 'priority'>,
  where: Sentence,
) {
  const { retry, maximumLostLeases, memoize, priority } = policy;
  refuse(
    priority !== undefined && !Number.isSafeInteger(priority),
    () => `priority of ${inWords(where)} is ${priority}, not a whole number`,
  );
  refuse(
    maximumLostLeases !== undefined && !(Number.isSafeInteger(maximumLostLeases) && maximumLostLeases >= 0),
    () => `maximumLostLeases of ${inWords(where)} is ${maximumLostLeases}; it is a whole number from 0`,
  );
  return defined({ retry, maximumLostLeases, memoize, priority });
}

/** What is said of attempts, and of when one starts, means nothing where there are none. */
const ofAttempts = [
  'retry',
  'timeoutMs',
  'startToCloseMs',
  'maximumLostLeases',
  'priority',
  'memoize',
  'startAfter',
  'delayMs',
  'scheduleToStartMs',
  'limits',
] as const;

/** Throws a `Problem` if a job cannot be answered from outside as it is asked for. */
export function checkExternal(given: unknown, policy: object, where: Sentence): Pick<Job, 'external'> {
  if (given === undefined || given === false) return {};
  const stray = ofAttempts.find((name) => (policy as Record<string, unknown>)[name] !== undefined);
  refuse(
    stray !== undefined,
    () => `${inWords(where)} is external and has ${stray}; no worker runs it, so leave ${stray} out`,
  );
  return { external: given === true ? {} : readExternal(given, () => `external of ${inWords(where)}`) };
}

function readExternal(given: unknown, what: Sentence): External {
  const example = 'write true, or whose answer it waits for, such as { for: "the finance team" }';
  demand(isPlainObject(given), () => `${inWords(what)} is ${kindOf(given)}; ${example}`);
  const unknown = unknownMember(inWords(what), 'field', given, External.fields);
  if (unknown !== null) throw new Problem(unknown);
  const { for: asked } = given;
  if (asked === undefined) return {};
  demand(typeof asked === 'string', () => `for in ${inWords(what)} is ${kindOf(asked)}; ${example}`);
  const text = asked.trim();
  refuse(text === '', () => `for in ${inWords(what)} is empty; ${example}`);
  const { messageCharactersMax } = limits;
  refuse(
    text.length > messageCharactersMax,
    () => `for in ${inWords(what)} has ${text.length} characters; the limit is ${messageCharactersMax}`,
  );
  return { for: text };
}
