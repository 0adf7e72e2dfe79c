import {
  classCodes,
  commandLineCodes,
  logErrorCodes,
  otherCodes,
  rejectionCodes,
  webCodes,
} from '../../src/prelude/error-codes.js';
import { code, note, table } from './markdown.js';

type Explained = Readonly<
  Record<
    string,
    {
      readonly means: string;
      readonly remedy?: string;
      readonly thrownBy?: string;
      readonly class?: string;
      readonly status?: number;
    }
  >
>;

const families = [
  ['`OverseerError`', '[any](#other-codes)', '', 'the class of all errors below', ''],
  [
    '`LogError`',
    '[see below](#the-log)',
    'whatever reads or writes the log',
    'the log could not do it',
    'see its code',
  ],
  ['`RejectedError`', '[see below](#rules)', "queries and operators' functions", 'a rule said no', 'see its code'],
];
const signals = [
  ['`Fault`', 'none', '`fault(…)` in a handler', 'the attempt did not work out', 'let it pass: the job is tried again'],
  ['`Abort`', 'none', '`abort(…)`, `abortSilent(…)` in a handler', 'the job shall not be done', 'let it pass'],
  ['`Defer`', 'none', '`defer(…)` in a handler', 'it is too early for the job', 'let it pass'],
  ['`Skip`', 'none', '`skip(…)` in a handler', 'there is nothing to do for the job', 'let it pass'],
];

function rows(codes: Explained, columns: (code: string, explained: Explained[string]) => readonly string[]) {
  return Object.entries(codes).map(([name, explained]) => columns(code(name), explained));
}

export function errorsPage(): string {
  const classes = rows(classCodes, (name, { class: className = '', thrownBy = '', means, remedy = '' }) => [
    code(className),
    name,
    thrownBy,
    means,
    remedy,
  ]);
  const meansAndRemedy = (codes: Explained) =>
    table(
      ['code', 'means', 'what to do'],
      rows(codes, (name, { means, remedy = '' }) => [name, means, remedy]),
    );
  return `# Errors

${note}

Every error of this library has a class and a \`code\`. The code stays the same from release to release: use it to tell
errors apart in a program. Its type is \`ErrorCode\`. The message is for people: it says what is wrong, where, and mostly what
to do.

All classes extend \`OverseerError\`, except \`Fault\`, \`Abort\`, \`Skip\` and \`Defer\`, which a handler throws to say how its job goes on.

## Classes

${table(['class', 'code', 'thrown by', 'means', 'what to do'], [...families, ...classes, ...signals])}

## The log

Codes of \`LogError\`. When \`isTransient\` is true, the same call may succeed a little later; a worker tries again by itself.
When \`outcomeUnknown\` is true, an append may have reached the log all the same; sending the same events again is safe.

${meansAndRemedy(logErrorCodes)}

## Rules

Codes of \`RejectedError\`. A rule said no, and nothing was written. The
[state machine](state-machine.md#what-may-be-asked) shows which rule applies when.

${meansAndRemedy(rejectionCodes)}

## Other codes

${table(
  ['code', 'thrown by', 'means'],
  rows(otherCodes, (name, { thrownBy = '', means }) => [name, thrownBy, means]),
)}

## The command line

It ends with 0 when all is well, 1 when the work or the check failed or a rule said no, 2 when what was given is wrong,
3 when the store cannot be reached or opened, and 4 when the store was moved, deleted or replaced while it was in use. With
\`--json\` the error is printed as JSON, with its code. These codes are the command line's own:

${meansAndRemedy(commandLineCodes)}

## The web UI

The server answers an error with a status of HTTP and \`{ "error": { "code", "message" } }\`. Codes of the log come with 503,
rules that say no with 409, what is not found with 404, and what is wrong in itself with 400. These are the web UI's own:

${table(
  ['code', 'status', 'means', 'what to do'],
  rows(webCodes, (name, { status = '', means, remedy = '' }) => [name, String(status), means, remedy]),
)}
`;
}
