import { measureInWords } from '../../../domain/limit-phrases.js';
import { defined } from '../../../prelude/defined.js';
import { removeLimit, setLimit } from '../../../store/limits.js';
import type { Invocation } from '../../call/invocation.js';
import { UsageError } from '../../failure.js';
import { readLength, readWholeNumber } from '../../input/flag-values.js';
import { reasonFor, type ReasonOptions } from '../operate/reason-flags.js';

export interface SetOptions extends ReasonOptions {
  readonly concurrency?: string;
  readonly rate?: string;
}

export async function setCommand(invocation: Invocation<SetOptions>, key: string): Promise<void> {
  const { options, terminal } = invocation;
  const concurrency = readWholeNumber('--concurrency', options.concurrency, 1);
  const rate = readRate(options.rate);
  if (concurrency === undefined && rate === undefined) {
    throw new UsageError('usage', 'nothing is limited; give --concurrency, --rate, or both');
  }
  await invocation.withStore(
    async (store) => {
      const changed = await setLimit(store, key, defined({ concurrency, rate }), reasonFor(store, options));
      const measure = defined({ concurrency, ...rate });
      terminal.document({ action: 'set', changed, key, ...measure });
      terminal.say(`${changed ? '' : 'nothing had to change: '}limit ${key}: ${measureInWords(measure)}`);
    },
    { create: true },
  );
}

/** `100/1m`: how many starts, and in what stretch of time. */
function readRate(text: string | undefined): { readonly starts: number; readonly windowMs: number } | undefined {
  if (text === undefined) return undefined;
  const [, count, length = ''] = /^(\d+)\/([^/]+)$/.exec(text) ?? [];
  if (count === undefined) {
    throw new UsageError(
      'usage',
      `--rate ${JSON.stringify(text)} is no rate; give starts and a length, such as 100/1m`,
    );
  }
  const starts = readWholeNumber('--rate', count, 1)!;
  // `/s` is read as `/1s`.
  const windowMs = readLength('--rate', /^\d/.test(length) ? length : `1${length}`)!;
  return { starts, windowMs };
}

export async function removeCommand(invocation: Invocation<ReasonOptions>, key: string): Promise<void> {
  const { options, terminal } = invocation;
  await invocation.withStore(async (store) => {
    await removeLimit(store, key, reasonFor(store, options));
    terminal.document({ action: 'remove', changed: true, key });
    terminal.say(`limit ${key} is removed`);
  });
}
