/**
 * Bundles the page of the web UI into `dist/web/page`, after `tsc`:
 *
 * - `index.html`, `page.js`, `page.css` and `layout.js` (the layout of graphs, in a worker) for the server;
 * - `incident.html`, the same in one file, with places for what an export puts into it.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type BuildOptions } from 'esbuild';
import { licencesOf, packagesIn } from './licences.js';

const app = join(import.meta.dirname, '../src/web/app');
const target = join(import.meta.dirname, '../dist/web/page');

const common = {
  bundle: true,
  format: 'iife',
  platform: 'browser',
  target: ['chrome120', 'firefox121', 'safari17'],
  minify: true,
  charset: 'utf8',
  legalComments: 'none',
  logLevel: 'warning',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  define: { 'process.env.NODE_ENV': '"production"' },
  metafile: true,
} satisfies BuildOptions;

const packagesTaken = new Set<string>();

async function bundle(entry: string, outfile: string, define: Record<string, string> = {}): Promise<string> {
  const path = join(target, outfile);
  const { metafile } = await build({
    ...common,
    entryPoints: [join(app, entry)],
    outfile: path,
    define: { ...common.define, ...define },
  });
  for (const folder of packagesIn(metafile)) packagesTaken.add(folder);
  return readFileSync(path, 'utf8');
}

/** For a content security policy. */
function sourceHash(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

/** Text of a script within HTML must not end the element that it is in. */
function withinScript(text: string): string {
  return text.replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--');
}

rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
const layout = await bundle('layout-worker.ts', 'layout.js');
await bundle('main.tsx', 'page.js', { LAYOUT_SOURCE: 'null' });
const whole = withinScript(await bundle('main.tsx', 'page-whole.js', { LAYOUT_SOURCE: JSON.stringify(layout) }));
const css = await bundle('style/page.css', 'page.css');
rmSync(join(target, 'page-whole.js'));

const template = readFileSync(join(app, 'index.html'), 'utf8');
const licences = licencesOf(packagesTaken);
writeFileSync(join(target, 'licences.txt'), licences);
const [head, foot] = ['<!-- head -->', '<!-- scripts -->'];
if (!template.includes(head) || !template.includes(foot)) throw new Error('index.html has no place for its parts');
const page = (inHead: string, scripts: string) => template.replace(head, () => inHead).replace(foot, () => scripts);
writeFileSync(
  join(target, 'index.html'),
  page('<link rel="stylesheet" href="page.css" />', '<script src="page.js"></script>'),
);
const policy = [
  "default-src 'none'",
  `script-src ${sourceHash(whole)}`,
  `style-src ${sourceHash(css)}`,
  'worker-src blob:',
  'img-src data: blob:',
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');
writeFileSync(
  join(target, 'incident.html'),
  page(
    `<meta http-equiv="Content-Security-Policy" content="${policy}" />\n    <style>${css}</style>`,
    `<!-- export -->\n    <script>${whole}</script>`,
  ) + `<!--\nThis page has parts of these packages in it.\n\n${licences.replaceAll('--', '- -')}-->\n`,
);
