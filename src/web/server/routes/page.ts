import { none } from '../parameters.js';
import { type PageFile, PageFiles } from '../page-files.js';
import { type Route, route } from '../route.js';

/** By path. Views are in the fragment of the address, which no server is told. */
const files: readonly (readonly [path: string, file: PageFile])[] = [
  ['', 'index.html'],
  ['page.js', 'page.js'],
  ['page.css', 'page.css'],
  ['layout.js', 'layout.js'],
];

/** The page itself. */
export function pageRoutes(folder: URL): readonly Route[] {
  const built = new PageFiles(folder);
  return files.map(([path, file]) =>
    route('GET', path, none, async ({ request }) => await built.answer(file, request)),
  );
}
