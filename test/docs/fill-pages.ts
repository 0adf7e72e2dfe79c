/**
 * Part of `npm run docs`: puts the snippets, and what they print today, into the pages that show them. Names of pages
 * (`docs/guide/audit.md`) as arguments: only those.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { type Block, blocksOf, fillPage, pages, root, shownSnippet } from './pages.js';
import { hasCommandLine, normalised, runProgram, runSession } from './programs.js';

async function textFor(block: Block): Promise<string> {
  switch (block.kind) {
    case 'snippet':
      return shownSnippet(block.name, block.region);
    case 'output':
      return (await runProgram(block.name)).printed;
    case 'session': {
      if (!hasCommandLine) return block.text;
      // What differs only in ids and times is left as it is.
      const printed = await runSession(block.text);
      return normalised(printed) === normalised(block.text) ? block.text : printed;
    }
  }
}

const asked = process.argv.slice(2);
for (const page of asked.length > 0 ? asked : pages) {
  const texts = new Map<string, string>();
  const keyOf = ({ kind, name, region }: Block) => `${kind} ${name} ${region}`;
  for (const block of blocksOf(page)) texts.set(keyOf(block), await textFor(block));
  if (texts.size === 0) continue;
  const file = join(root, page);
  const filled = fillPage(page, (block) => texts.get(keyOf(block))!);
  writeFileSync(file, await format(filled, { ...(await resolveConfig(file)), filepath: file }));
}
