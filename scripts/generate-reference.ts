/**
 * `npm run docs`: writes the pages of docs/reference that say what the code says. A test fails while what is checked in
 * differs from what this makes.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as t from 'io-ts';
import { format, resolveConfig } from 'prettier';
import ts from 'typescript';
import { settings, type SettingName, variableOf } from '../src/config/configuration.js';
import {
  CarriedResult,
  eventDefinitions,
  eventTypes,
  Failure,
  ForkedFrom,
  JobDefinition,
  type JobEvent,
  RetryPolicy,
  WorkerIdentity,
} from '../src/domain/events.js';
import { decideJob, type JobCommand, type JobSubject } from '../src/domain/job-decisions.js';
import {
  evolveJob,
  initialJob,
  type JobState,
  type JobStatus,
  jobStatuses,
  transitions,
  whyImpossible,
} from '../src/domain/job.js';
import { limits } from '../src/domain/limits.js';
import { errorsPage } from './reference/errors-page.js';
import { code, note, table } from './reference/markdown.js';

const root = resolve(import.meta.dirname, '..');

/** The generated pages, by their paths, as they have to be checked in. */
export async function generateReference(): Promise<ReadonlyMap<string, string>> {
  const pages = {
    'docs/reference/events.md': eventsPage(),
    'docs/reference/state-machine.md': stateMachinePage(),
    'docs/reference/configuration.md': configurationPage(),
    'docs/reference/limits.md': limitsPage(),
    'docs/reference/errors.md': errorsPage(),
  };
  const formatted = Object.entries(pages).map(async ([path, text]): Promise<[string, string]> => {
    const filepath = join(root, path);
    return [path, await format(text, { ...(await resolveConfig(filepath)), filepath })];
  });
  return new Map(await Promise.all(formatted));
}

// ---- events

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
const shared: readonly (readonly [heading: string, codec: t.Mixed, means: string])[] = [
  ['job', JobDefinition, 'One job, as the submission of its graph states it.'],
  ['carried result', CarriedResult, 'The result of a job that finished in another graph, and where it did.'],
  ['origin', ForkedFrom, 'What a fork was made from: a graph, as it stood at a position of the log.'],
  ['retry policy', RetryPolicy, 'When, and how often, an attempt that went wrong is made again.'],
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

/** Comments that stand above the fields of a record in the source, by the record's name and the field's. */
function commentsOnFields(path: string): ReadonlyMap<string, string> {
  const comments = new Map<string, string>();
  const source = ts.createSourceFile(path, readFileSync(join(root, path), 'utf8'), ts.ScriptTarget.Latest, true);
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && ts.isStringLiteral(node.arguments[0] ?? node) && node.arguments.length > 1) {
      const name = (node.arguments[0] as ts.StringLiteral).text;
      for (const fields of node.arguments.filter(ts.isObjectLiteralExpression)) {
        for (const field of fields.properties) {
          const comment =
            commentAbove(field, source) ?? (fields.properties.length === 1 ? commentAbove(fields, source) : null);
          const key = field.name?.getText(source);
          if (comment !== null && key !== undefined) comments.set(`${name}.${key}`, comment);
        }
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return comments;
}

function commentAbove(node: ts.Node, source: ts.SourceFile): string | null {
  const ranges = ts.getLeadingCommentRanges(source.text, node.getFullStart()) ?? [];
  const last = ranges.findLast((range) => source.text.startsWith('/**', range.pos));
  if (last === undefined) return null;
  const text = source.text.slice(last.pos, last.end);
  return text
    .replace(/^\/\*\*|\*\/$/g, '')
    .replaceAll(/^\s*\* ?/gm, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

function fieldTable(name: string, codec: t.Decoder<unknown, unknown>, comments: ReadonlyMap<string, string>): string {
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

function eventsPage(): string {
  const comments = commentsOnFields('src/domain/events.ts');
  const isOfGraph = (type: string) => !(type in transitions);
  const streamOf = (type: string) => (isOfGraph(type) ? "the graph's" : "the job's");
  const overview = table(
    ['event', 'version', 'stream', 'means'],
    eventTypes.map((type) => {
      const { version, means } = eventDefinitions[type];
      return [`[${type}](#${type.toLowerCase()})`, String(version), streamOf(type), means];
    }),
  );
  const sections = eventTypes.map((type) => {
    const { version, means, codec, upcasters } = eventDefinitions[type];
    const older = Object.keys(upcasters).map(Number);
    const read =
      older.length === 0
        ? ''
        : ` ${older.length === 1 ? 'Version' : 'Versions'} ${older.join(', ')} ${older.length === 1 ? 'is' : 'are'} read as well.`;
    return `### ${type}\n\nVersion ${version}, in ${streamOf(type)} stream.${read} ${means}\n\n${fieldTable(type, codec, comments)}`;
  });
  const shapes = shared.map(
    ([heading, codec, means]) => `### ${heading}\n\n${means}\n\n${fieldTable(heading, codec, comments)}`,
  );
  return `# Events

${note}

Everything Overseer knows, it knows from these events. They are appended to the log, and never changed or deleted. Their
shapes are defined in [\`src/domain/events.ts\`](../../src/domain/events.ts).

${overview}

## Streams

| stream | holds |
| --- | --- |
| \`<namespace>.graph-<graphId>\` | what concerns the graph as a whole |
| \`<namespace>.job-<graphId>/<jobId>\` | what concerns one job |

The namespace is \`overseer\` unless set. The ids of graph and job stand in the stream's name, and not in the data.

## What every event has

| field | means |
| --- | --- |
| \`id\` | a UUID, made before the event is appended; appending it again is recognised by it |
| \`graphId\`, \`jobId\` | whose stream it stands in; \`jobId\` is null for the graph's own |
| \`revision\` | its place in its stream, from 0 |
| \`position\` | its place in the log; rising, gaps possible |
| \`recordedAt\` | when the log took it: ISO 8601, UTC, milliseconds; never goes backwards along the log |
| \`type\`, \`schemaVersion\` | which event it is, and the version of its shape |
| \`causationId\` | the id of the event that led to it; null if there is none |
| \`actor\` | who wrote it: a worker's id, or an operator's name |
| \`bytes\` | the length of its data as stored |

## Versions

The shape of an event does not change under the same version. When a shape has to change, its version rises, and events
of the older versions are brought to the new shape when they are read. An event is written with the oldest version whose
readers take it for what it is: a submission is of version 2 only if a job of it carries a result. An event of a version
newer than the program, or of a type it does not know, is kept and shown, and nothing of its graph is claimed by that
program.

## The data of each event

${sections.join('\n\n')}

## Shapes within them

${shapes.join('\n\n')}
`;
}

// ---- state machine

const worker = { id: 'w', host: 'h', pid: 1 };
const failure = { reason: 'system/exception', exception: 'Error', message: null };
const earlier = '2020-01-01T00:00:00.000Z';

/** One event of each kind that can lead elsewhere, said of attempt 1. */
const sampleEvents: readonly (readonly [name: string, event: JobEvent])[] = [
  ['JobStarted', { type: 'JobStarted', data: { attempt: 1, worker, leaseMs: 1 } }],
  ['Heartbeat', { type: 'Heartbeat', data: { attempt: 1 } }],
  ['JobFinished', { type: 'JobFinished', data: { attempt: 1, result: null } }],
  [
    'JobFaulted, to be tried again',
    {
      type: 'JobFaulted',
      data: { attempt: 1, cause: 'fault', failure, next: { kind: 'retry', notBefore: earlier } },
    },
  ],
  [
    'JobFaulted, for good',
    { type: 'JobFaulted', data: { attempt: 1, cause: 'fault', failure, next: { kind: 'failed' } } },
  ],
  ['JobAborted', { type: 'JobAborted', data: { by: 'o', message: '', silent: false } }],
  ['JobReset', { type: 'JobReset', data: { by: 'o', reason: '' } }],
];

function stateIn(status: JobStatus, attempt = status === 'unstarted' ? 0 : 1): JobState {
  const abort = status === 'aborted' ? { by: 'o', message: '', silent: false } : null;
  return { ...initialJob, status, attempt, abort, worker: status === 'started' ? worker : null };
}

/** The status an event leads to, found by applying it; null if it cannot follow. */
function statusAfter(status: JobStatus, event: JobEvent): JobStatus | null {
  // Every attempt but the first comes after another: a start is said of the one that would be next.
  const state = stateIn(status, event.type === 'JobStarted' ? 0 : 1);
  const recorded = { id: 'e', revision: 1, recordedAt: earlier, ...event };
  return whyImpossible(state, recorded) === null ? evolveJob(state, recorded).status : null;
}

interface Situation {
  readonly name: string;
  readonly subject: JobSubject;
}

function situations(): readonly Situation[] {
  const subject = (status: JobStatus, more: Partial<JobSubject> = {}, state: Partial<JobState> = {}): JobSubject => ({
    graphId: 'g',
    definition: { id: 'j', type: 't', parents: [] },
    state: { ...stateIn(status), ...state },
    status,
    unfinishedParents: [],
    abortedThrough: null,
    ...more,
  });
  return [
    { name: 'ready', subject: subject('unstarted') },
    { name: 'waiting or blocked', subject: subject('unstarted', { unfinishedParents: ['p'] }) },
    { name: 'backing off', subject: subject('unstarted', {}, { notBefore: '2100-01-01T00:00:00.000Z' }) },
    { name: 'started', subject: subject('started') },
    { name: 'started, a later attempt', subject: subject('started', {}, { attempt: 2 }) },
    { name: 'finished', subject: subject('finished') },
    { name: 'failed', subject: subject('failed') },
    { name: 'aborted', subject: subject('aborted') },
    {
      name: 'aborted through another',
      subject: { ...subject('aborted', { abortedThrough: { job: 'p' } }), state: stateIn('unstarted') },
    },
  ];
}

/** What is asked of a job, in the name of attempt 1 where it is an attempt that asks. */
const sampleCommands: readonly (readonly [name: string, command: JobCommand])[] = [
  ['start', { kind: 'start', worker, leaseMs: 1, hasWaited: true }],
  ['heartbeat', { kind: 'heartbeat', attempt: 1 }],
  ['finish', { kind: 'finish', attempt: 1, result: null }],
  ['fault', { kind: 'fault', attempt: 1, cause: 'fault', failure, errorNames: [], now: 0, random: 0 }],
  ['abort, by its handler', { kind: 'abort', by: 'w', message: '', silent: false, attempt: 1 }],
  ['abort, by an operator', { kind: 'abort', by: 'o', message: '', silent: true }],
  ['retry', { kind: 'reset', by: 'o', reason: '' }],
];

function stateMachinePage(): string {
  const inDiagram = sampleEvents.flatMap(([name, event]) =>
    jobStatuses.flatMap((status) => {
      const after = statusAfter(status, event);
      return after === null ? [] : [`  ${status} --> ${after}: ${name}`];
    }),
  );
  const transitionTable = table(
    ['event', ...jobStatuses],
    sampleEvents.map(([name, event]) => [
      name,
      ...jobStatuses.map((status) => {
        const after = statusAfter(status, event);
        return after === null ? '' : after;
      }),
    ]),
  );
  const asked = situations();
  const commandTable = table(
    ['the job is', ...sampleCommands.map(([name]) => name)],
    asked.map(({ name, subject }) => [
      name,
      ...sampleCommands.map(([, command]) => {
        const decision = decideJob(subject, command);
        if (decision._tag === 'Left') return code(decision.left.code);
        return decision.right.length === 0 ? 'nothing' : decision.right.map((event) => event.type).join(', ');
      }),
    ]),
  );
  return `# State machine of a job

${note}

A job's status follows from the events of its own stream, and from the aborts of the jobs above it and of its graph.

\`\`\`mermaid
stateDiagram-v2
  [*] --> unstarted
${inDiagram.join('\n')}
\`\`\`

## What an event leads to

Each row is an event, each column the status it meets, and the cell the status it leads to. An empty cell: the event
cannot follow. It is kept in the stream, changes nothing, and is reported as an anomaly by \`overseer verify\`. Nothing
that Overseer writes leads there; a bug or another program's hand would.

${transitionTable}

An event that names an attempt has to name the right one: \`JobStarted\` the next, all others the current one.

## What may be asked

Each row is how a job stands, each column what somebody asks of it. The cell is what is appended, or the code of the
[error](errors.md) that says why not. Whoever runs a job asks in the name of the attempt it was given; here, attempt 1.

${commandTable}

## Jobs below

| what happens to a job | what it means for the jobs that depend on it, directly or through others |
| --- | --- |
| it is finished | those all of whose parents are finished by now are ready |
| it may be tried again | they go on waiting |
| it has failed | they stay unstarted, and are shown as \`blocked\` |
| it is aborted | those that have not ended are aborted, by this one event |
| it is reset | those that were blocked or aborted only because of it are open again |

A graph's abort means the same for all of its jobs. An ending that reaches the log behind the abort of its graph comes too
late: it is kept in the history and changes no status.
`;
}

// ---- configuration

function configurationPage(): string {
  const rows = (Object.keys(settings) as SettingName[]).map((name) => {
    const { codec, fallback, means } = settings[name];
    const shown =
      fallback === undefined ? 'none' : code(typeof fallback === 'string' ? fallback : JSON.stringify(fallback));
    return [code(name), code(inProgram(name)), code(variableOf(name)), codec.name, shown, means];
  });
  const retry = fieldTable('retry policy', RetryPolicy, commentsOnFields('src/domain/events.ts'));
  return `# Configuration

${note}

Where settings may stand, and which counts more, is in the [guide](../guide/configuration.md).

${table(['in YAML', 'in a program', 'in the environment', 'what it is', 'default', 'means'], rows)}

A dot in a YAML name is a section: \`heartbeat.sleep-time\` is \`sleep-time\` below \`heartbeat\`. Both spellings, with
hyphens and in camel case, are understood in both places. The environment's values are read as YAML, so that a number is a
number and \`{ fetch: { concurrency: 2 } }\` an object.

\`store\` and \`namespace\` are given to \`store(…)\` in a program. On the command line, the store is
\`sqlite:./overseer.db\` unless set. \`log-level\` concerns the command line only.

## A type's settings

| field | what it is | means |
| --- | --- | --- |
| \`concurrency\` | whole number from 1 | how many jobs of the type one worker runs at a time; as many as it has places unless given |
| \`retry\` | [retry policy](#retry-policy) | for jobs of the type that have none of their own |

## Retry policy

${retry}
`;
}

function inProgram(name: SettingName): string {
  return name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

// ---- limits

function limitsPage(): string {
  const path = 'src/domain/limits.ts';
  const source = ts.createSourceFile(path, readFileSync(join(root, path), 'utf8'), ts.ScriptTarget.Latest, true);
  const comments = new Map<string, string>();
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAssignment(node)) comments.set(node.name.getText(source), commentAbove(node, source) ?? '');
    ts.forEachChild(node, visit);
  };
  visit(source);
  const rows = Object.entries(limits).map(([name, value]) => [
    wordsOf(name),
    amount(name, value),
    comments.get(name) ?? '',
  ]);
  return `# Limits

${note}

What is larger is refused before anything is written, with a message that says what and how large. The limits are the
same on every engine, so that what runs on one runs on all. Sizes of values are those of their JSON text in UTF-8.

${table(['what', 'at most', ''], rows)}
`;
}

function wordsOf(name: string): string {
  const words = name
    .replace(/(Bytes|Characters)?(Max)?$/, '')
    .replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words.replace(/ id$/, ' id');
}

function amount(name: string, value: number): string {
  if (/Bytes(Max)?$/.test(name)) return value % 1024 === 0 ? `${value / 1024} KiB` : `${value} bytes`;
  if (/Characters/.test(name)) return `${value} characters`;
  if (name === 'nestingMax') return `${value} levels`;
  return value.toLocaleString('en-US');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const [path, text] of await generateReference()) writeFileSync(join(root, path), text);
}
