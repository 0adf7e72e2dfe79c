/** What requests may say beside their path: every parameter and every field of a body has a codec and a limit. */
import type { Position } from '../../domain/events.js';
import { closed, problems, record, type RecordCodec } from '../../prelude/codec.js';
import { E } from '../../prelude/fp.js';
import * as t from '../../prelude/io.js';
import { isPlainObject } from '../../prelude/json.js';
import { readJsonText } from '../../prelude/json-text.js';
import { unknownMember } from '../../prelude/known-names.js';
import { WebError } from './answers.js';

/** A codec for what a text stands for. */
function fromText<A>(name: string, read: (text: string) => A | undefined): t.Type<A, unknown> {
  return new t.Type<A, unknown>(
    name,
    (u): u is A => u !== undefined,
    (u, context) => {
      const value = typeof u === 'string' ? read(u) : undefined;
      return value === undefined ? t.failure(u, context) : t.success(value);
    },
    t.identity,
  );
}

export function numberIn(least: number, most: number): t.Type<number, unknown> {
  return fromText(`whole number from ${least} to ${most}`, (text) => {
    const value = Number(text);
    return /^\d{1,15}$/.test(text) && value >= least && value <= most ? value : undefined;
  });
}

export function textUpTo(charactersMax: number, least = 0): t.Type<string, unknown> {
  const name = `text of ${least === 0 ? 'at most' : `${least} to`} ${charactersMax} characters`;
  const isFit = (text: string) => text.length >= least && text.length <= charactersMax;
  return fromText(name, (text) => (isFit(text) ? text : undefined));
}

export function oneOf<Name extends string>(names: readonly Name[]): t.Type<Name, unknown> {
  return fromText(names.join(', '), (text) => names.find((name) => name === text));
}

export const Flag = fromText('true or false', (text) =>
  text === 'true' ? true : text === 'false' ? false : undefined,
);

/** A position that the log gave out. Whether there is an event there, only the log can tell. */
export const PositionParameter = fromText('position in the log', (text) =>
  /^\d{1,20}(\/\d{1,20})?$/.test(text) ? (text as Position) : undefined,
);

/** A parameter that may be given several times. */
export function several<A>(codec: t.Type<A, unknown>, most: number): t.Type<readonly A[], unknown> {
  return new t.Type<readonly A[], unknown>(
    `${codec.name}, at most ${most} times`,
    (u): u is readonly A[] => Array.isArray(u),
    (u, context) => {
      const given: readonly unknown[] = Array.isArray(u) ? u : [u];
      if (given.length > most) return t.failure(u, context);
      const values: A[] = [];
      for (const each of given) {
        const value = codec.validate(each, context);
        if (E.isLeft(value)) return value;
        values.push(value.right);
      }
      return t.success(values);
    },
    t.identity,
  );
}

/** Labels, each as `key=value`. */
export const Labels = new t.Type<Readonly<Record<string, string>>, unknown>(
  'label, as key=value',
  isPlainObject as (u: unknown) => u is Readonly<Record<string, string>>,
  (u, context) => {
    const texts = several(textUpTo(2000, 1), 20).validate(u, context);
    if (E.isLeft(texts)) return texts;
    const labels = new Map<string, string>();
    for (const text of texts.right) {
      const equals = text.indexOf('=');
      const key = text.slice(0, equals);
      const value = text.slice(equals + 1);
      if (equals <= 0) return t.failure(text, context);
      if (labels.has(key) && labels.get(key) !== value)
        return t.failure(text, context, 'is given twice, with two values');
      labels.set(key, value);
    }
    return t.success(Object.fromEntries(labels));
  },
  t.identity,
);

export const none = record('no parameters', {});

/**
 * The parameters of an address.
 *
 * @throws WebError `request-invalid` for one that is unknown or given too often, or has a value that it cannot have
 */
export function readParameters<A>(codec: RecordCodec<A>, search: URLSearchParams): A {
  const given = Object.fromEntries(
    [...new Set(search.keys())].map((name) => {
      const values = search.getAll(name);
      return [name, values.length === 1 ? values[0] : values];
    }),
  );
  const known = codec.fields.length === 0 ? 'there are none here' : null;
  const unknown = Object.keys(given).find((name) => !codec.fields.includes(name));
  if (unknown !== undefined) {
    const problem = unknownMember('this address', 'parameter', { [unknown]: null }, codec.fields)!;
    throw invalid(known === null ? problem : problem.replace(/;.*$/s, `; ${known}`));
  }
  const read = codec.decode(given);
  if (E.isRight(read)) return read.right;
  throw invalid(`parameter ${problems(read.left)[0] ?? 'of the address: it is not possible'}`);
}

/**
 * The JSON in the body of a request.
 *
 * @throws WebError `content-type-wrong`, `body-too-large`, `request-invalid`
 */
export async function readBody<A>(codec: RecordCodec<A>, request: Request, bytesMax: number): Promise<A> {
  const kind = request.headers.get('content-type') ?? '';
  if (!/^application\/json\s*(;|$)/i.test(kind)) {
    throw new WebError('content-type-wrong', 'send the body as JSON, with the header `content-type: application/json`');
  }
  const read = readJsonText(await textOf(request, bytesMax));
  if (E.isLeft(read)) {
    throw invalid(`the body is not JSON: at character ${read.left.offset + 1}, ${read.left.reason}`);
  }
  const value = closed(codec).decode(read.right);
  if (E.isRight(value)) return value.right;
  throw invalid(`the body: ${problems(value.left)[0] ?? 'it is not possible'}`);
}

async function textOf({ headers, body }: Request, bytesMax: number): Promise<string> {
  const tooLarge = () => new WebError('body-too-large', `the body may have at most ${bytesMax} bytes`);
  if (Number(headers.get('content-length') ?? 0) > bytesMax) throw tooLarge();
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let text = '';
  let bytes = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > bytesMax) throw tooLarge();
    text += decoded(decoder, chunk);
  }
  return text + decoded(decoder, null);
}

function decoded(decoder: TextDecoder, chunk: Uint8Array | null): string {
  try {
    return chunk === null ? decoder.decode() : decoder.decode(chunk, { stream: true });
  } catch {
    throw invalid('the body is not UTF-8 text');
  }
}

export function invalid(message: string): WebError {
  return new WebError('request-invalid', message);
}
