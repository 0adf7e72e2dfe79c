import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';

const root = resolve(import.meta.dirname, '../..');

/** A file of the source, parsed. */
export function parsed(path: string): ts.SourceFile {
  return ts.createSourceFile(path, readFileSync(join(root, path), 'utf8'), ts.ScriptTarget.Latest, true);
}

/** Comments that stand above the fields of a record in the source, by the record's name and the field's. */
export function commentsOnFields(path: string): ReadonlyMap<string, string> {
  const comments = new Map<string, string>();
  const source = parsed(path);
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

export function commentAbove(node: ts.Node, source: ts.SourceFile): string | null {
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
