import ts from 'typescript';
import { limits } from '../../src/domain/limits.js';
import { memberMax } from '../../src/log/sqlite/archive/member.js';
import { fileMax } from '../../src/log/sqlite/archive/mover.js';
import { keptBytesMax } from '../../src/log/sqlite/archive/unpacked-members.js';
import { note, table } from './markdown.js';
import { commentAbove, parsed } from './source-comments.js';

export function limitsPage(): string {
  const source = parsed('src/domain/limits.ts');
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

## A job with very many parents

A job's parents are named by their ids, in its definition, which must fit into one event. So ${parentsThatFit('page-12345')}
parents with ids like \`page-12345\` fit, or ${parentsThatFit(exampleUuid)} whose ids are UUIDs. For more, put a layer between:
100,000 jobs, 316 jobs that each gather the results of about as many of them, and one that gathers theirs. That is a third
of a percent more jobs, and it serves the handlers too, since whoever joins 100,000 jobs is given the results of all of them at once.

Shorter names in the event would not be worth it. A parent could be named by its number in the submission, but an event would
then mean nothing without the parts before it: for exports and redaction, for projections in the server, and for older
releases, which would leave such a graph alone.

## Archives

An [archive](../guide/archiving.md) holds up to ${count(fileMax.events)} events, or ${mebibytes(fileMax.bytes)} of their data; a larger run makes several. It is read in
pieces of up to ${count(memberMax.events)} events or ${mebibytes(memberMax.bytes)}. Each process that reads archives keeps up to ${mebibytes(keptBytesMax)} of them unpacked,
and about a hundred bytes for each piece that there is.
`;
}

const count = (number: number) => number.toLocaleString('en-US');
const mebibytes = (bytes: number) => `${bytes / 2 ** 20} MiB`;

const exampleUuid = '01a1fd90-d41f-72f3-9e0b-e467b119ccaf';

/** How many parents with ids as long as this one a job may have, in round figures. */
function parentsThatFit(id: string): string {
  const each = Buffer.byteLength(JSON.stringify(id)) + 1;
  return (Math.floor(limits.jobDefinitionBytesMax / each / 1000) * 1000).toLocaleString('en-US');
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
