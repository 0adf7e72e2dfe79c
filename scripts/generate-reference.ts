/**
 * `npm run docs`: writes the pages of docs/reference that are generated from the code. A test fails while the pages that
 * are checked in differ from what this makes.
 */
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { configurationPage } from './reference/configuration-page.js';
import { errorsPage } from './reference/errors-page.js';
import { eventsPage } from './reference/events-page.js';
import { limitsPage } from './reference/limits-page.js';
import { stateMachinePage } from './reference/state-machine-page.js';

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

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const [path, text] of await generateReference()) writeFileSync(join(root, path), text);
}
