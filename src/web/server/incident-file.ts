import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { incidentClosing, incidentOpening } from '../../evidence/incident-format.js';
import { exportLog, type ExportOptions } from '../../history/export/export.js';
import type { Store } from '../../store/store.js';
import { builtPage } from './page-files.js';

/** Where the build left a place for the export. */
const place = '<!-- export -->';

/**
 * Exports a graph, or a whole log, as one HTML file: the page of the web UI with the events inside. It opens from a disk, without
 * a server or a network, and shows everything but operations. `store('FILE.html')` reads the export in it again.
 *
 * @returns the text of the file, piece by piece
 * @throws RejectedError `graph-not-found`; OverseerError `redaction-invalid`
 */
export async function* exportIncident(store: Store, options: ExportOptions = {}): AsyncGenerator<string> {
  const [before, after] = (await readFile(new URL('incident.html', builtPage), 'utf8')).split(place) as [
    string,
    string,
  ];
  yield before + incidentOpening;
  const gzip = createGzip({ level: 9 });
  // What goes wrong with the export is thrown where the packed bytes are read.
  pipeline(Readable.from(exportLog(store, options)), gzip).catch(() => {});
  yield* inBase64(gzip);
  yield incidentClosing + after;
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
