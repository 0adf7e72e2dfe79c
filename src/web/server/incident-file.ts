import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { incidentClosing, incidentOpening, layoutElement } from '../../evidence/incident-format.js';
import { exportLog, type ExportOptions, exportOptions } from '../../history/export/export.js';
import { assertOptions } from '../../prelude/known-names.js';
import type { Store } from '../../store/store.js';
import { pageFolder, pageText } from './page-files.js';

/** What goes into an incident file, and where the page comes from. */
export interface IncidentOptions extends ExportOptions {
  /** The folder with the files of the page, as for {@link webHandler}. Only needed where this function is bundled. */
  readonly page?: string | URL;
}

/**
 * Exports a graph, or a whole log, as one HTML file: the page of the web UI with the events inside. It opens from a disk, without
 * a server or a network, and shows everything but operations. `store('FILE.html')` reads the export in it again.
 *
 * @returns the text of the file, piece by piece
 * @throws RejectedError `graph-not-found`; OverseerError `redaction-invalid`, `page-missing`, `web-invalid`
 */
export async function* exportIncident(store: Store, options: IncidentOptions = {}): AsyncGenerator<string> {
  assertOptions<IncidentOptions>('exportIncident', options, { ...exportOptions, page: true });
  const { page, ...exported } = options;
  const { before, after } = await wholePage(pageFolder('exportIncident', page));
  yield before + incidentOpening;
  const gzip = createGzip({ level: 9 });
  // What goes wrong with the export is thrown where the packed bytes are read.
  pipeline(Readable.from(exportLog(store, exported)), gzip).catch(() => {});
  yield* inBase64(gzip);
  yield incidentClosing + after;
}

/** The page with all its files in it, up to where the export goes, and what comes after. */
async function wholePage(folder: URL): Promise<{ readonly before: string; readonly after: string }> {
  const [template, css, page, layout, licences] = await Promise.all(
    ['index.html', 'page.css', 'page.js', 'layout.js', 'licences.txt'].map((name) => pageText(folder, name)),
  );
  const script = withinScript(page!);
  const policy = [
    "default-src 'none'",
    `script-src ${sourceHash(script)}`,
    `style-src ${sourceHash(css!)}`,
    'worker-src blob:',
    'img-src data: blob:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const head = `<meta http-equiv="Content-Security-Policy" content="${policy}" />\n    <style>${css}</style>`;
  const [top, bottom] = template!
    .replace('<link rel="stylesheet" href="page.css" />', () => head)
    .split('<script src="page.js"></script>') as [string, string];
  const worker = `<script type="text/plain" id="${layoutElement}">${withinScript(layout!)}</script>`;
  const packages = `<!--\nThis page has parts of these packages in it.\n\n${licences!.replaceAll('--', '- -')}-->`;
  return { before: `${top}${worker}\n    `, after: `\n    <script>${script}</script>${bottom}${packages}\n` };
}

/** For a content security policy. */
function sourceHash(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

/** A script within HTML must not end the element that it is in. In JavaScript, this means the same. */
function withinScript(text: string): string {
  return text.replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--');
}

/** Three bytes are four characters: what is left of a piece waits for the next. */
async function* inBase64(pieces: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest = Buffer.alloc(0);
  for await (const piece of pieces) {
    const bytes = Buffer.concat([rest, piece]);
    const whole = bytes.length - (bytes.length % 3);
    yield bytes.toString('base64', 0, whole);
    rest = bytes.subarray(whole);
  }
  yield rest.toString('base64');
}
