import { isPlainObject } from '../prelude/json.js';
import { UsageError } from './failure.js';

/** @throws UsageError `usage` */
export function readLabels(given: readonly string[] = []): Record<string, string> {
  const pairs = given.map((text) => {
    const equals = text.indexOf('=');
    if (equals <= 0)
      throw new UsageError('usage', `--label ${JSON.stringify(text)} is no label; give --label KEY=VALUE`);
    return [text.slice(0, equals), text.slice(equals + 1)] as const;
  });
  return Object.fromEntries(pairs);
}

/** @throws UsageError `usage` */
export function readArgs(text: string | undefined): Record<string, unknown> | undefined {
  if (text === undefined) return undefined;
  const example = `give a JSON object, such as --args '{"org": 123}'`;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UsageError('usage', `--args is not JSON: ${(error as Error).message}; ${example}`, { cause: error });
  }
  if (!isPlainObject(value)) throw new UsageError('usage', `--args is JSON but no object; ${example}`);
  return value;
}

/** @throws UsageError `usage` */
export function readWholeNumber(flag: string, text: string | undefined, least: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^[+-]?\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
  const from = least === -Infinity ? '' : ` from ${least}`;
  throw new UsageError('usage', `${flag} ${JSON.stringify(text)} is not possible; give a whole number${from}`);
}
