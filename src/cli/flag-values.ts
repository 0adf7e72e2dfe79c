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
  return text === undefined ? undefined : readJsonObject('--args', text, '{"org": 123}');
}

/** @throws UsageError `usage` */
export function readJsonObject(flag: string, text: string, example: string): Record<string, unknown> {
  const advice = `give a JSON object, such as ${flag} '${example}'`;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UsageError('usage', `${flag} is not JSON: ${(error as Error).message}; ${advice}`, { cause: error });
  }
  if (!isPlainObject(value)) throw new UsageError('usage', `${flag} is JSON but no object; ${advice}`);
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
