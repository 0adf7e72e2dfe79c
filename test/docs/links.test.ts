/** Every link from a page to something of this project leads somewhere, down to the heading. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { assert, describe } from '../support/spec.js';
import { pages, readPage, root } from './pages.js';

const spec = describe('links');

const link = /\[[^\]]*\]\(([^)\s]+)\)/g;

function linksOf(page: string): readonly string[] {
  const withoutCode = readPage(page)
    .replaceAll(/```[\s\S]*?```/g, '')
    .replaceAll(/`[^`\n]*`/g, (code) => 'x'.repeat(code.length));
  return [...withoutCode.matchAll(link)].map(([, target]) => target!);
}

/** The anchors GitHub gives to a page's headings. */
function anchorsOf(path: string): ReadonlySet<string> {
  const text = readFileSync(path, 'utf8').replaceAll(/```[\s\S]*?```/g, '');
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading!);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

spec.test('every relative link leads to a file or folder, and to a heading where it names one', () => {
  const broken: string[] = [];
  for (const page of pages) {
    for (const target of linksOf(page).filter((each) => !/^[a-z]+:/.test(each))) {
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? join(root, page) : resolve(root, dirname(page), path);
      const isThere = existsSync(file) && !relative(root, file).startsWith('..');
      const hasHeading = anchor === undefined || (isThere && statSync(file).isFile() && anchorsOf(file).has(anchor));
      if (!isThere || !hasHeading) broken.push(`${page}: ${target}`);
    }
  }
  assert.equal(broken, []);
});

/** Pages ship with the package, and so do the programs that they show; nothing else of the repository does. */
const ships = /^([^/]+\.md|LICENSE|(docs|projections)(\/.*)?)$/;

spec.test('links lead to what ships with the package; other files are named in code, and are there', () => {
  const dead: string[] = [];
  for (const page of pages) {
    const leaving = linksOf(page)
      .filter((target) => !/^([a-z]+:|#)/.test(target))
      .map((target) => relative(root, resolve(root, dirname(page), target.split('#')[0]!)))
      .filter((path) => path !== '' && !ships.test(path));
    const named = [...readPage(page).matchAll(/`((?:src|test|scripts|examples|bench)\/[\w./-]+)`/g)]
      .map(([, path]) => path!)
      .filter((path) => !path.includes('NAME') && !existsSync(join(root, path)));
    dead.push(...[...leaving, ...named].map((path) => `${page}: ${path}`));
  }
  assert.equal(dead, []);
});

spec.test('every page can be reached from the README', () => {
  const reached = new Set(['README.md']);
  for (const page of reached) {
    for (const target of linksOf(page)) {
      const path = relative(root, resolve(root, dirname(page), target.split('#')[0]!));
      if (pages.includes(path)) reached.add(path);
    }
  }
  assert.equal(
    pages.filter((page) => !reached.has(page)),
    [],
  );
});

spec.test('at the end of each page of the guide is the next one, in the order of its contents', () => {
  const contents = linksOf('docs/guide/README.md').filter((target) => /^[\w-]+\.md$/.test(target));
  const listed = contents.slice(contents.indexOf('introduction.md'));
  const next = listed.map((page) => /\nNext: .*\((.+)\)\.\n$/.exec(readPage(`docs/guide/${page}`))?.[1]);
  assert.equal(next, [...listed.slice(1), 'README.md']);
  const pagesThere = pages.filter((page) => page.startsWith('docs/guide/')).map((page) => page.slice(11));
  assert.equal([...listed, 'README.md'].sort(), pagesThere);
});

spec.run();
