import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { type ExportHeader, ExportReader } from '../../evidence/export-format.js';
import { E } from '../../prelude/fp.js';
import { whenAborted } from '../../prelude/when-aborted.js';
import { type EventLog, LogError, type LogDescription } from '../event-log.js';
import { EventList } from '../event-list.js';
import { listReads, whileOpenBy } from '../list-reads.js';
import { treeHash } from '../tree-hash.js';
import { exportInvalid, linesOf } from './export-lines.js';

interface Contents {
  readonly header: ExportHeader;
  readonly events: EventList;
}

/**
 * An exported file as a log that can only be read. It is checked as a whole when it is opened, and kept in memory. The
 * positions are the numbers of its events, from 1.
 */
export async function openExportFile({ path }: { readonly path: string }): Promise<EventLog> {
  const { header, events } = await readExport(path);
  const closing = new AbortController();

  function assertOpen(): void {
    if (closing.signal.aborted) throw new LogError('store-closed', `the export ${path} is closed`);
  }

  const whileOpen = whileOpenBy(assertOpen);
  // No more events will come; only closing wakes a waiting reader.
  const onChange = (callback: () => void) => whenAborted(closing.signal, callback);

  const readOnly = () =>
    whileOpen((): never => {
      const message = `${path} is an export and can only be read; import it into a store with \`overseer import ${path}\``;
      throw new LogError('store-read-only', message);
    });

  return {
    address: path,
    namespace: header.namespace,
    exported: header,
    ...listReads(events, assertOpen, onChange),
    install: readOnly,
    append: readOnly,
    assertWritable: readOnly,
    restore: readOnly,
    saveSnapshot: readOnly,
    loadSnapshot: () => whileOpen(() => null),
    describe: () => whileOpen(() => describeExport(path, header, events)),
    close: () => {
      closing.abort();
      return Promise.resolve();
    },
  };
}

async function readExport(path: string): Promise<Contents> {
  const reader = new ExportReader(treeHash);
  const events = new EventList();
  let number = 0;
  for await (const line of linesOf(path)) {
    number += 1;
    const taken = reader.read(line);
    if (E.isLeft(taken)) throw exportInvalid(path, number, taken.left);
    if (taken.right !== null) events.add(taken.right);
  }
  const missing = reader.missingAtEnd();
  if (missing !== null) throw exportInvalid(path, null, missing);
  return { header: reader.header!, events };
}

function describeExport(path: string, { graphId, redacted }: ExportHeader, events: EventList): LogDescription {
  return {
    file: resolve(path),
    bytes: statSync(path).size,
    exportOf: graphId ?? 'all graphs',
    redacted: redacted.join(', '),
    events: events.size,
    graphs: events.graphCount,
  };
}
