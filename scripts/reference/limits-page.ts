import ts from 'typescript';
import { limits } from '../../src/domain/limits.js';
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
