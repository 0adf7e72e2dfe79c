/**
 * `node --import loaded-modules.mjs PROGRAM`: writes the names of all modules that are loaded, one a line, to the file that
 * LOADED_MODULES names.
 */
import { appendFileSync } from 'node:fs';
import { createRequire, register } from 'node:module';
import { isMainThread } from 'node:worker_threads';

const file = process.env['LOADED_MODULES'];

/** A hook of Node's, called in a thread of its own. */
export async function load(url, context, nextLoad) {
  appendFileSync(file, `${url}\n`);
  return await nextLoad(url, context);
}

if (isMainThread) {
  register(import.meta.url);
  const { cache } = createRequire(import.meta.url);
  process.on('exit', () =>
    appendFileSync(
      file,
      Object.keys(cache)
        .map((path) => `${path}\n`)
        .join(''),
    ),
  );
}
