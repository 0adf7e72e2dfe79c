import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { licencesOf, packagesIn } from './licences.js';

const app = join(import.meta.dirname, '../src/web/app');

/**
 * Bundles the page of the web UI into a folder: `index.html`, `page.js`, `page.css`, `layout.js` (the layout of graphs, in a
 * worker), and the licences of what is in them. An incident file is put together from these: see
 * `src/web/server/incident-file.ts`.
 */
export async function bundlePage(target: string): Promise<void> {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  const { metafile } = await build({
    entryPoints: {
      page: join(app, 'main.tsx'),
      layout: join(app, 'layout-worker.ts'),
    },
    outdir: target,
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
  });
  await build({
    entryPoints: [join(app, 'style/page.css')],
    outfile: join(target, 'page.css'),
    bundle: true,
    minify: true,
    logLevel: 'warning',
  });
  copyFileSync(join(app, 'index.html'), join(target, 'index.html'));
  writeFileSync(join(target, 'licences.txt'), licencesOf(packagesIn(metafile)));
}
