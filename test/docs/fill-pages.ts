/**
 * Part of `npm run docs`: puts the snippets, and what they print today, into the pages that show them. Names of pages
 * (`docs/guide/audit.md`) as arguments: only those.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { type Block, blocksOf, fillPage, pages, root, shownSnippet } from './pages.js';
import { normalised, walkPage } from './walk.js';

for (const page of asked()) {
  const blocks = blocksOf(page);
  if (blocks.length === 0) continue;
  const walked = new Map((await walkPage(page)).map(({ block, printed }) => [keyOf(block), printed]));
  const file = join(root, page);
  const filled = fillPage(page, (block) => textFor(block, walked.get(keyOf(block))));
  writeFileSync(file, await format(filled, { ...(await resolveConfig(file)), filepath: file }));
}

function asked(): readonly string[] {
  const named = process.argv.slice(2);
  return named.length > 0 ? named : pages;
}

function keyOf({ kind, name, region }: Block): string {
  return `${kind} ${name} ${region}`;
}

function textFor(block: Block, printed: string | undefined): string {
  switch (block.kind) {
    case 'snippet':
      return shownSnippet(block.name, block.region);
    case 'output':
      return printed!;
    case 'session':
      // What differs only in ids and times is left as it is.
      return normalised(printed!) === normalised(block.text) ? block.text : printed!;
    case 'commands':
      return block.text;
  }
}
