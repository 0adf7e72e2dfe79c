import { importLog } from '../../../history/export/import.js';
import { meantAmong, shownName } from '../../../prelude/known-names.js';
import { shownAddress } from '../../../prelude/shown-address.js';
import { orThrow } from '../../../store/or-throw.js';
import { store, type Store } from '../../../store/store.js';
import type { Invocation } from '../../call/invocation.js';
import type { CommonOptions } from '../../call/settings.js';
import { UsageError } from '../../failure.js';
import { plural } from '../../../prelude/phrases.js';

export interface ImportCommandOptions extends CommonOptions {
  readonly fromNamespace?: string;
}

/** `--namespace` is where the events go to, as in every command. Where they come from, the source says, or a flag. */
export async function importCommand(invocation: Invocation<ImportCommandOptions>, file: string): Promise<void> {
  const { terminal, options, settings } = invocation;
  const into = settings.values.namespace;
  const source = await openSource(file, options.fromNamespace, into);
  try {
    const done = await invocation.withStore((target) => importLog(target, source));
    const { events, graphs, imported } = done;
    const from = source.namespace;
    terminal.document({ file, fromNamespace: from, namespace: into, ...done });
    if (events === 0) return terminal.say(`${source.address} holds no events; nothing was imported`);
    const there = events - imported;
    const known = there === 0 ? '' : `; ${plural(there, 'event was', 'events were')} there already`;
    const way = from === into ? '' : `, namespace ${from}, into namespace ${into}`;
    const what = `${plural(imported, 'event')} of ${plural(graphs, 'graph')}`;
    terminal.say(`imported ${what} from ${source.address}${way}${known}`);
  } finally {
    await source.close();
  }
}

/**
 * An export has one namespace. Of another store, it is the one that was named; or else the one that the events go to, if it
 * is there, or the only one there is.
 */
async function openSource(file: string, asked: string | undefined, into: string): Promise<Store> {
  const isAddress = /^[a-z+]+:/.test(file) || /\.(jsonl|html?)$/i.test(file);
  const address = isAddress ? file : { adapter: 'export', config: { path: file } };
  const source = await store(address, { namespace: asked ?? into });
  try {
    if (source.log.exported !== undefined) {
      if (asked === undefined || asked === source.namespace) return source;
      throw unknownNamespace(source, asked, [source.namespace]);
    }
    const there = await namespacesOf(source);
    if (there.includes(source.namespace)) return source;
    if (asked !== undefined || there.length !== 1) throw unknownNamespace(source, asked ?? into, there);
    await source.close();
    return await store(address, { namespace: there[0]! });
  } catch (error) {
    await source.close();
    throw error;
  }
}

async function namespacesOf({ log, namespace }: Store): Promise<readonly string[]> {
  if (log.namespaces !== undefined) return await orThrow(log.namespaces());
  const [first] = await orThrow(log.readAll({ limit: 1 }));
  return first === undefined ? [] : [namespace];
}

function unknownNamespace({ address }: Store, namespace: string, there: readonly string[]): UsageError {
  const flag = 'name the one to import with --from-namespace; nothing was imported';
  const lack = `${shownAddress(address)} holds nothing of namespace ${shownName(namespace)}`;
  const message = there.length === 0 ? `${lack}; ${flag}` : `${lack}; ${meantAmong(namespace, there)}; ${flag}`;
  return new UsageError('namespace-unknown', message);
}
