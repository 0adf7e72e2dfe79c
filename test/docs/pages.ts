/**
 * What the README and the pages under docs show that can be checked: programs, what they print, and sessions in a
 * terminal. Each is in a fence below a mark that names it:
 *
 *     <!-- snippet: first-graph.ts -->          the file docs/snippets/first-graph.ts
 *     <!-- snippet: full-graph.ts#handlers -->  the lines between `// #region handlers` and `// #endregion` in it
 *     <!-- output: first-graph.ts -->           what that program prints
 *     <!-- session: submit -->                  commands, each after a `$`, and what they print
 *     <!-- commands: first-run -->              commands as they are typed, one a line
 *     <!-- not run: it needs Docker -->         commands that the tests cannot run, and why
 *
 * A reader who types all of a page, from top to bottom in a new folder, gets what it shows: see `walk.ts`. A fragment of a
 * file has a link to the whole, `../snippets/full-graph.ts`, on the same page.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '../..');
export const snippetsFolder = join(root, 'docs/snippets');

/** The pages beside the README and every page under docs, relative to the project's folder. */
export const pages: readonly string[] = [
  ...readdirSync(root)
    .filter((name) => name.endsWith('.md'))
    .sort(),
  ...readdirSync(join(root, 'docs'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort(),
];

export function readPage(page: string): string {
  return readFileSync(join(root, page), 'utf8');
}

export interface Block {
  readonly page: string;
  readonly kind: 'snippet' | 'output' | 'session' | 'commands';
  readonly name: string;
  readonly region: string | null;
  /** The text in the fence, with a line break at its end. */
  readonly text: string;
}

const marked = /<!-- (snippet|output|session|commands): ([^\s#]+)(?:#(\S+))? -->\s*\n```\w*\n([\s\S]*?)```\n/g;
const mark = /<!-- (snippet|output|session|commands):/g;

/** The marked blocks of a page; throws if a mark has no fence below it. */
export function blocksOf(page: string): readonly Block[] {
  const text = readPage(page);
  const blocks = [...text.matchAll(marked)].map(([, kind, name, region, inside]): Block => ({
    page,
    kind: kind as Block['kind'],
    name: name!,
    region: region ?? null,
    text: inside!,
  }));
  const marks = text.match(mark)?.length ?? 0;
  if (marks !== blocks.length) throw new Error(`${page} has ${marks} marks and ${blocks.length} fences below them`);
  return blocks;
}

/** The snippets that a page links to, for those who want the whole file. */
export function snippetsLinkedFrom(page: string): readonly string[] {
  return [...readPage(page).matchAll(/\]\((?:\S*\/)?snippets\/([^)#/]+)\)/g)].map(([, name]) => name!);
}

/** The page with other text in its marked blocks. */
export function fillPage(page: string, fill: (block: Block) => string): string {
  return readPage(page).replaceAll(marked, (whole, kind, name, region, inside) => {
    const block = { page, kind, name, region: region ?? null, text: inside } as Block;
    const head = whole.slice(0, whole.length - block.text.length - '```\n'.length);
    return `${head}${fill(block)}\`\`\`\n`;
  });
}

const regionLine = /^\s*\/\/ #(?:region|endregion).*\n/gm;

/**
 * A snippet as its page shows it: under its name, without what is meant for the linter and the lines that bound regions.
 * A part of it is shown without the name.
 */
export function shownSnippet(name: string, region: string | null): string {
  const text = readFileSync(join(snippetsFolder, name), 'utf8').replace(/^\/\* eslint-disable .*\*\/\n/, '');
  if (region === null) return `${/\.ya?ml$/.test(name) ? '#' : '//'} ${name}\n${text.replaceAll(regionLine, '')}`;
  const found = new RegExp(`^([ \\t]*)// #region ${region}\\n([\\s\\S]*?)^[ \\t]*// #endregion`, 'm').exec(text);
  if (found === null) throw new Error(`docs/snippets/${name} has no region ${region}`);
  const [, indent, inside] = found;
  return inside!.replaceAll(new RegExp(`^${indent}`, 'gm'), '');
}
