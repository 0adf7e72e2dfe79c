/** What must hold for every input of every decoder. */
import { CommanderError } from 'commander';
import { failureOf } from '../../src/cli/failure.js';
import { cleanJson } from '../../src/prelude/clean-text.js';
import { terminalLine } from '../../src/cli/output/paint.js';
import {
  classCodes,
  commandLineCodes,
  logErrorCodes,
  otherCodes,
  rejectionCodes,
  webCodes,
} from '../../src/prelude/error-codes.js';
import { OverseerError } from '../../src/prelude/errors.js';
import { type Case, type Target, type Verdict, Violation } from './target.js';

const cpuMsMax = 250;
/** An input that takes too long once may have had bad luck. */
const triesMax = 3;
/** No sentence is longer, whatever it speaks of. */
const saidMax = 4000;
const residentBytesMax = 2 * 1024 ** 3;

/** Controls, line ends, and what changes the direction of writing. (Not by the pattern that cleans, which is tested.) */
const unprintable = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;

const roots = [
  Object.prototype,
  Array.prototype,
  Function.prototype,
  String.prototype,
  Promise.prototype,
  Map.prototype,
];
const keysOf = (root: object) => Reflect.ownKeys(root).length;
const keysBefore = roots.map(keysOf);

/** What became of an input. */
export interface Judged {
  readonly isAccepted: boolean;
  readonly cpuMs: number;
}

/** Decodes an input. Throws for whatever must not happen. */
export async function judge(target: Target, input: Case): Promise<Judged> {
  const { verdict, cpuMs } = await inTime(target, input);
  if (roots.some((root, index) => keysOf(root) !== keysBefore[index])) {
    throw new Violation('it has changed what all objects inherit');
  }
  for (const sentence of verdict.said) checkSaid(sentence, input.secrets);
  if (process.memoryUsage.rss() > residentBytesMax) throw new Violation('the process has grown beyond all bounds');
  return { isAccepted: verdict.isAccepted, cpuMs };
}

async function inTime(target: Target, input: Case): Promise<{ readonly verdict: Verdict; readonly cpuMs: number }> {
  const most = target.cpuMsMax ?? cpuMsMax;
  let cpuMs = Infinity;
  for (let tries = 1; tries <= triesMax; tries++) {
    const before = process.cpuUsage();
    const verdict = await decoded(input);
    const { user, system } = process.cpuUsage(before);
    cpuMs = Math.min(cpuMs, (user + system) / 1000);
    if (cpuMs <= most) return { verdict, cpuMs };
  }
  throw new Violation(
    `it takes ${Math.round(cpuMs)} ms of processor time for ${input.size} units, and may take ${most}`,
  );
}

async function decoded(input: Case): Promise<Verdict> {
  try {
    return await input.decode();
  } catch (error) {
    if (!isDocumented(error)) throw error;
    return { isAccepted: false, said: [failureOf(error).message] };
  }
}

const codes = { ...logErrorCodes, ...rejectionCodes, ...classCodes, ...otherCodes, ...commandLineCodes, ...webCodes };

function isDocumented(error: unknown): boolean {
  if (error instanceof CommanderError) return true;
  return error instanceof OverseerError && Object.hasOwn(codes, error.code);
}

function checkSaid(sentence: string, secrets: readonly string[]): void {
  if (sentence.length > saidMax)
    throw new Violation(`a sentence has ${sentence.length} characters: ${sentence.slice(0, 200)}…`);
  const printed = terminalLine(sentence);
  if (unprintable.test(printed)) throw new Violation(`a line forged, or a control printed: ${JSON.stringify(printed)}`);
  if (unprintable.test(cleanJson(JSON.stringify(sentence)))) throw new Violation('a control printed in JSON');
  const leaked = secrets.find((secret) => printed.includes(secret));
  if (leaked !== undefined) throw new Violation(`the secret ${leaked} is told: ${printed}`);
}
