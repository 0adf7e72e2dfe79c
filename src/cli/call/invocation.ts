import { shownAddress } from '../../prelude/shown-address.js';
import { install, type Store } from '../../store/store.js';
import { type CommonOptions, openStore, readSettings, type SettingsInEffect } from './settings.js';
import type { Terminal } from '../output/terminal.js';
import { shellWord } from '../../prelude/phrases.js';

/** One call of a command: its options, the settings in effect, and where its output goes. */
export class Invocation<Options extends CommonOptions = CommonOptions> {
  private read: SettingsInEffect | null = null;

  constructor(
    readonly options: Options,
    readonly terminal: Terminal,
  ) {}

  /** @throws ConfigurationError or UsageError */
  get settings(): SettingsInEffect {
    this.read ??= readSettings(this.options);
    return this.read;
  }

  /** Opens the store, does the work, and closes it. With `create`, a store that does not exist is made. */
  async withStore<A>(work: (store: Store) => Promise<A>, { create = false } = {}): Promise<A> {
    const store = await openStore(this.settings);
    try {
      if (create) await install(store);
      return await work(store);
    } finally {
      await store.close();
    }
  }

  /** A command to type next, on the same store as this call. Passwords are left out. */
  hint(...words: readonly string[]): string {
    const { store, namespace, config } = this.options;
    const flags = Object.entries({
      store: store === undefined ? store : shownAddress(store),
      namespace,
      config,
    }).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value]));
    return ['overseer', ...words, ...flags].map(shellWord).join(' ');
  }
}
