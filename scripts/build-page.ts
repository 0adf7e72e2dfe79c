/** Bundles the page of the web UI into `dist/web/page`, after `tsc`. */
import { join } from 'node:path';
import { bundlePage } from './page-bundle.js';

await bundlePage(join(import.meta.dirname, '../dist/web/page'));
