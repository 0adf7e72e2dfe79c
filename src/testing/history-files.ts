import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { OverseerError } from '../prelude/errors.js';
import { shownName } from '../prelude/known-names.js';
import { hasForm, matchesWildcards } from '../prelude/wildcard.js';
import { Store, store } from '../store/store.js';

/** Where recorded histories are: exported files, by path, folder or pattern (`*` and `**`), or stores. */
export type Histories = string | Store | readonly (string | Store)[];

/** A recorded history, opened. */
export interface OpenedHistory {
  /** Its file as it was found, or its store's address. */
  readonly name: string;
  readonly store: Store;
  /** Lets go of what was opened here. */
  readonly close: () => Promise<void>;
}

/**
 * Opens one history after another.
 *
 * @throws OverseerError `nothing-replayed` if a path or pattern leads to no file; LogError for a file that is no export
 */
export async function* openHistories(histories: Histories): AsyncGenerator<OpenedHistory> {
  const sources = Array.isArray(histories) ? (histories as readonly (string | Store)[]) : [histories as string | Store];
  for (const source of sources) {
    if (source instanceof Store) {
      yield { name: source.address, store: source, close: () => Promise.resolve() };
      continue;
    }
    for (const file of filesOf(source)) {
      // By its adapter, since the file may be called anything.
      const opened = await store({ adapter: 'export', config: { path: file } });
      yield { name: file, store: opened, close: () => opened.close() };
    }
  }
}

function filesOf(path: string): readonly string[] {
  const found = /[*?]/.test(path) ? matching(path) : isFolder(path) ? matching(join(path, '*.jsonl')) : [path];
  if (found.length > 0) return found;
  throw new OverseerError('nothing-replayed', `no file matches ${shownName(path)}, seen from ${process.cwd()}`);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Files that match a pattern, in the order of their names: `*` is any part of a name, `**` any folders. */
function matching(pattern: string): readonly string[] {
  const segments = pattern.replaceAll('\\', '/').split('/');
  const first = segments.findIndex((segment) => /[*?]/.test(segment));
  const base = segments.slice(0, first).join('/');
  const isDeep = first < segments.length - 1;
  const form = segments.slice(first);
  // What ends in `**` leads to files in a folder, not to the folder itself.
  if (form.at(-1) === '**') form.push('*');
  const folder = base === '' ? (first > 0 ? '/' : '.') : base;
  if (!isFolder(folder)) return [];
  return readdirSync(folder, { recursive: isDeep, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).replaceAll('\\', '/'))
    .filter((file) => isBelow(relativeTo(folder, file), form))
    .sort();
}

function relativeTo(folder: string, file: string): string {
  const prefix = join(folder, '/').replaceAll('\\', '/');
  return file.startsWith(prefix) ? file.slice(prefix.length) : file;
}

/** Whether a path has the form of segments, of which `**` stands for any number. */
function isBelow(path: string, form: readonly string[]): boolean {
  return hasForm(
    path.split('/'),
    form,
    (segment) => segment === '**',
    (name, segment) => matchesWildcards(name, segment, { hasSingle: true }),
  );
}
