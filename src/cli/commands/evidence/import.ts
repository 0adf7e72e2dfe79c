import { importLog } from '../../../history/export/import.js';
import { store } from '../../../store/store.js';
import type { Invocation } from '../../call/invocation.js';
import { plural } from '../../output/phrases.js';

export async function importCommand(invocation: Invocation, file: string): Promise<void> {
  const { terminal } = invocation;
  const isAddress = /^[a-z]+:/.test(file) || /\.jsonl$/i.test(file);
  const { namespace } = invocation.settings.values;
  const source = await store(isAddress ? file : { adapter: 'export', config: { path: file } }, { namespace });
  try {
    const done = await invocation.withStore((target) => importLog(target, source));
    const { events, graphs, imported } = done;
    terminal.document({ file, ...done });
    const there = events - imported;
    const known = there === 0 ? '' : `; ${plural(there, 'event was', 'events were')} there already`;
    terminal.say(`imported ${plural(imported, 'event')} of ${plural(graphs, 'graph')} from ${source.address}${known}`);
  } finally {
    await source.close();
  }
}
