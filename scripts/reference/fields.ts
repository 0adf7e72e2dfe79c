import type * as t from 'io-ts';
import {
  CarriedResult,
  Failure,
  ForkedFrom,
  JobDefinition,
  RetryPolicy,
  WorkerIdentity,
} from '../../src/domain/events.js';
import { External } from '../../src/domain/external.js';
import { Memoize, MemoizedFrom } from '../../src/domain/memoize.js';
import { code, table } from './markdown.js';

interface Field {
  readonly name: string;
  readonly codec: t.Mixed | null;
  readonly isRequired: boolean;
}

/**
 * The fields of an object's codec. Codecs made by `record` do not tell, so they are asked: with nothing, a codec
 * complains about every field it requires; with a value nothing accepts, about every field it has.
 */
function fieldsOf(codec: t.Decoder<unknown, unknown>): readonly Field[] {
  const required = complaints(codec, {});
  const asked = new Set<string>();
  const unacceptable = new Proxy<Record<string, unknown>>(
    {},
    {
      get(_target, key) {
        if (typeof key === 'string') asked.add(key);
        return Symbol('no value of JSON');
      },
    },
  );
  const all = complaints(codec, unacceptable);
  return [...asked].map((name) => ({
    name,
    codec: all.get(name) ?? required.get(name) ?? null,
    isRequired: required.has(name),
  }));
}

function complaints(codec: t.Decoder<unknown, unknown>, value: unknown): ReadonlyMap<string, t.Mixed> {
  const decoded = codec.decode(value);
  if (decoded._tag === 'Right') return new Map();
  const first = decoded.left.map(({ context }) => context[1]);
  return new Map(first.flatMap((entry) => (entry === undefined ? [] : [[entry.key, entry.type as t.Mixed]])));
}

/** Shapes that stand in several events, each with a table of its own. */
export const shared: readonly (readonly [heading: string, codec: t.Mixed, means: string])[] = [
  ['job', JobDefinition, 'One job, as the submission of its graph states it.'],
  ['carried result', CarriedResult, 'The result of a job that finished in another graph, and where it did.'],
  ['origin', ForkedFrom, 'What a fork was made from: a graph, as it stood at a position of the log.'],
  ['retry policy', RetryPolicy, 'When, and how often, an attempt that went wrong is made again.'],
  [
    'memoize',
    Memoize,
    'Under which key a result is remembered, and when a remembered one stands in for running the job.',
  ],
  ['external', External, 'Of a job that no worker runs: somebody outside answers it.'],
  ['memoized result', MemoizedFrom, "Which job's run a remembered result comes from."],
  ['worker', WorkerIdentity, 'Who runs a job. `id` is unique to one started worker.'],
  ['failure', Failure, 'What went wrong.'],
];

function typeText(codec: t.Mixed | null): string {
  // The only codec that takes whatever it is given.
  if (codec === null) return 'JSON value';
  const kind = codec as t.Mixed & { _tag?: string; types?: t.Mixed[]; keys?: object; value?: unknown; type?: t.Mixed };
  const own = shared.find(([, known]) => known === codec);
  if (own !== undefined) return `[${own[0]}](#${own[0].replaceAll(' ', '-')})`;
  if (kind._tag === 'KeyofType') return Object.keys(kind.keys!).map(code).join(', ');
  if (kind._tag === 'LiteralType') return code(String(kind.value));
  if (kind._tag === 'UnionType') return kind.types!.map(typeText).join(', or ');
  if (kind._tag === 'ReadonlyType') return typeText(kind.type!);
  if (kind._tag === 'ReadonlyArrayType' && kind.type === JobDefinition) return `list of [job](#job)`;
  const fields = isRecord(codec) ? fieldsOf(codec) : [];
  if (fields.length > 0) return `{ ${fields.map(({ name, codec: of }) => `${name}: ${typeText(of)}`).join(', ')} }`;
  return codec.name === 'labels' ? 'object of strings' : codec.name;
}

function isRecord(codec: t.Mixed): boolean {
  // Codecs of io-ts carry a tag; of our own, only records look into what they are given.
  return !('_tag' in codec) && fieldsOf(codec).length > 0;
}

export function fieldTable(
  name: string,
  codec: t.Decoder<unknown, unknown>,
  comments: ReadonlyMap<string, string>,
): string {
  const rows = fieldsOf(codec).map(({ name: field, codec: of, isRequired }) => [
    code(field),
    typeText(of),
    isRequired ? 'yes' : 'no',
    comments.get(`${name}.${field}`) ?? '',
  ]);
  const hasComments = rows.some((row) => row[3] !== '');
  const headings = ['field', 'what it is', 'always there', ...(hasComments ? ['means'] : [])];
  return table(
    headings,
    rows.map((row) => row.slice(0, headings.length)),
  );
}
