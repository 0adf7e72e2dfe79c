import { eventDefinitions, eventTypes, type EventType } from '../../src/domain/events.js';
import { transitions } from '../../src/domain/job.js';
import { fieldTable, shared } from './fields.js';
import { note, table } from './markdown.js';
import { commentsOnFields } from './source-comments.js';

/** Where events and their shapes are defined. */
const sources = ['src/domain/events.ts', 'src/domain/memoize.ts', 'src/domain/external.ts', 'src/domain/job-limit.ts'];
const ofNamespace: readonly string[] = [
  'WorkPaused',
  'WorkResumed',
  'ScheduleNamed',
  'LimitSet',
  'LimitRemoved',
] satisfies readonly EventType[];

/** Whose stream an event stands in. */
function streamOf(type: string): string {
  if (ofNamespace.includes(type)) return "the namespace's";
  if (type === 'PlaceTaken' || type === 'PlaceGivenBack') return "the limit's";
  if (type === 'ResultMemoized') return "the key's";
  if (type.startsWith('Schedule')) return "the schedule's";
  return type in transitions ? "the job's" : "the graph's";
}

export function eventsPage(): string {
  const comments = new Map(sources.flatMap((file) => [...commentsOnFields(file)]));
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
shapes are defined in \`src/domain/events.ts\`.

${overview}

## Streams

| stream | holds |
| --- | --- |
| \`<namespace>.graph-<graphId>\` | what concerns the graph as a whole |
| \`<namespace>.job-<graphId>/<jobId>\` | what concerns one job |
| \`<namespace>.graph-\` | what concerns all graphs of the namespace: no graph has an empty id |
| \`<namespace>.job-/memo/<key>\` | which result is remembered under a key; its graph id is empty, too |
| \`<namespace>.job-/limit/<key>\` | which attempts take a place under a key; its graph id is empty, too |
| \`<namespace>.job-/schedule/<name>\` | what a schedule is set to, and what was decided of each instant; its graph id is empty, too |

The namespace is \`overseer\` unless set. The ids of graph and job stand in the stream's name, and not in the data.

## What every event has

| field | means |
| --- | --- |
| \`id\` | a UUID, made before the event is appended; appending it again is recognised by it |
| \`graphId\`, \`jobId\` | whose stream it stands in; \`jobId\` is null for the graph's own, and \`graphId\` is empty for the namespace's |
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
