import { defined } from '../../../prelude/defined.js';
import { shownId } from '../../../prelude/known-names.js';
import { open, rm } from 'node:fs/promises';
import { exportLog, type ExportProgress } from '../../../history/export/export.js';
import type { Store } from '../../../store/store.js';
import { exportIncident } from '../../../web/server/incident-file.js';
import { shownPath } from '../../input/data-file.js';
import { UsageError } from '../../failure.js';
import type { Invocation } from '../../call/invocation.js';
import { resolveReference } from '../../input/reference.js';
import type { CommonOptions } from '../../call/settings.js';
import { plural } from '../../../prelude/phrases.js';

export interface ExportCommandOptions extends CommonOptions {
  readonly all?: boolean;
  readonly output?: string;
  readonly html?: string;
  readonly redact?: readonly string[];
}

const pieceLength = 64 * 1024;

export async function exportCommand(invocation: Invocation<ExportCommandOptions>, graph?: string): Promise<void> {
  const { options, terminal } = invocation;
  const { all = false, html, redact = [] } = options;
  const output = options.output ?? html;
  if (options.output !== undefined && html !== undefined) {
    throw new UsageError('usage', 'give --output or --html, not both: the page has the export in it');
  }
  if (all === (graph !== undefined)) {
    throw new UsageError('usage', all ? 'give a graph or --all, not both' : 'name the graph to export, or give --all');
  }
  await invocation.withStore(async (store) => {
    const graphId = graph === undefined ? undefined : await graphNamed(store, graph);
    let progress: ExportProgress = { events: 0, redacted: {} };
    const asked = defined({ redact, onProgress: (now: ExportProgress) => (progress = now), graphId });
    const lines = html === undefined ? exportLog(store, asked) : exportIncident(store, asked);
    if (output === undefined) for await (const piece of pieces(lines)) await terminal.pour(piece, { isExact: true });
    else await writeFile(output, lines);
    for (const path of redact) {
      if (progress.redacted[path] === 0)
        terminal.note(`overseer: no event has a value at ${path}, so nothing was redacted there`);
    }
    if (output === undefined) return;
    terminal.document({ file: output, graphId: graphId ?? null, ...progress });
    const redacted = Object.values(progress.redacted).reduce((sum, count) => sum + count, 0);
    const without = redacted === 0 ? '' : `, without ${plural(redacted, 'redacted value')}`;
    terminal.say(`exported ${plural(progress.events, 'event')} to ${shownPath(output)}${without}`);
  });
}

async function graphNamed(store: Store, text: string): Promise<string> {
  const { graphId, jobId } = await resolveReference(store, text);
  if (jobId === null) return graphId;
  throw new UsageError(
    'reference-invalid',
    `${shownId(text)} names a job; a graph is exported whole, so give ${graphId}`,
  );
}

/** The file must be new, since an export there may be evidence. An incomplete one is deleted again. */
async function writeFile(path: string, lines: AsyncIterable<string>): Promise<void> {
  const file = await open(path, 'wx').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') {
      throw new UsageError('file-exists', `${shownPath(path)} exists already; name another file, or delete it first`);
    }
    throw new UsageError('file-unwritable', `${shownPath(path)} cannot be written: ${error.message}`, { cause: error });
  });
  try {
    for await (const piece of pieces(lines)) await file.appendFile(piece);
    await file.close();
  } catch (error) {
    await file.close();
    await rm(path, { force: true });
    throw error;
  }
}

/** Lines joined, so that fewer writes are needed. */
async function* pieces(lines: AsyncIterable<string>): AsyncGenerator<string> {
  let piece = '';
  for await (const line of lines) {
    piece += line;
    if (piece.length < pieceLength) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}
