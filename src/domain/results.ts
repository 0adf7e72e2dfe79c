import { E, type Either } from '../prelude/fp.js';
import { type Json, jsonBytes, toJson } from '../prelude/json.js';
import { limits } from './limits.js';

/** The result to record for a value from outside; nothing is null. Or what is wrong with it: `result … is …`. */
export function resultFrom(value: unknown): Either<string, Json> {
  const json = toJson(value === undefined ? null : value, 'result');
  if (E.isLeft(json)) return json;
  const bytes = jsonBytes(json.right);
  if (bytes <= limits.resultBytesMax) return json;
  return E.left(
    `result takes ${bytes} bytes as JSON; the limit is ${limits.resultBytesMax}, so store it elsewhere and return a reference`,
  );
}
