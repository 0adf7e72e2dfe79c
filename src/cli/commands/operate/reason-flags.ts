import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { defined } from '../../../prelude/defined.js';
import type { Reason } from '../../../store/reason.js';
import type { Store } from '../../../store/store.js';
import type { CommonOptions } from '../../call/settings.js';

/** Who steps in, and why. */
export interface ReasonOptions extends CommonOptions {
  readonly reason?: string;
  readonly by?: string;
}

export function reasonFlags(command: Command): Command {
  return command
    .option('--reason <text>', 'why, for the history')
    .option('--by <name>', 'who, for the history (default: USER@HOST)');
}

export function reasonFor(store: Pick<Store, 'environment'>, { by, reason }: ReasonOptions): Reason {
  return defined({ by: by ?? `${userInfo().username}@${store.environment.host}`, reason });
}
