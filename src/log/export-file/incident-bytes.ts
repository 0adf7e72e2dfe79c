import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { incidentClosing, incidentOpening } from '../../evidence/incident-format.js';
import { LogError } from '../log-error.js';

/** Whether a file is called like an incident file. */
export function isIncidentFile(path: string): boolean {
  return /\.html?$/i.test(path);
}

/**
 * The bytes of the export in an incident file.
 *
 * @throws LogError `export-invalid`
 */
export async function* incidentBytes(path: string): AsyncGenerator<Buffer> {
  const text = await readFile(path, 'latin1');
  const from = text.indexOf(incidentOpening) + incidentOpening.length;
  const to = text.indexOf(incidentClosing, from);
  if (from < incidentOpening.length || to < 0) {
    const message = `${path}: no export is in it, as \`overseer export GRAPH --html FILE\` writes one`;
    throw new LogError('export-invalid', message);
  }
  const packed = text.slice(from, to);
  if (!/^[A-Za-z\d+/]*={0,2}$/.test(packed)) {
    throw new LogError('export-invalid', `${path}: the export in it is damaged: it is not base64`);
  }
  const unpacked = Readable.from([Buffer.from(packed, 'base64')]).pipe(createGunzip());
  try {
    for await (const bytes of unpacked) yield bytes as Buffer;
  } catch (error) {
    const message = `${path}: the export in it is damaged, and cannot be unpacked: ${(error as Error).message}`;
    throw new LogError('export-invalid', message, { cause: error });
  }
}
