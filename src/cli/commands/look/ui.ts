import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { hostname, networkInterfaces } from 'node:os';
import { defined } from '../../../prelude/defined.js';
import { shownAddress } from '../../../prelude/shown-address.js';
import { systemEnvironment } from '../../../store/environment.js';
import type { Store } from '../../../store/store.js';
import { listen } from '../../../web/server/listen.js';
import { webHandler } from '../../../web/server/web-handler.js';
import type { Invocation } from '../../call/invocation.js';
import { UsageError } from '../../failure.js';
import { openStore } from '../../call/settings.js';
import { readWholeNumber } from '../../input/flag-values.js';
import type { Terminal } from '../../output/terminal.js';
import { onStopSignal } from '../../process/stop-signals.js';
import { reasonFor, type ReasonOptions } from '../operate/reason-flags.js';
import { ServedStore } from './served-store.js';

export interface UiOptions extends ReasonOptions {
  readonly port?: string;
  readonly host?: string;
  readonly token?: string;
  readonly open?: boolean;
  readonly operate?: boolean;
}

const usualPort = 4280;
const usualHost = '127.0.0.1';

/** Serves the web UI until it is told to stop. */
export async function uiCommand(invocation: Invocation<UiOptions>): Promise<void> {
  const { options, terminal } = invocation;
  const port = readPort(options.port);
  const host = (options.host ?? usualHost).replace(/^\[(.*)\]$/, '$1');
  const token = readToken(options.token);
  if (!isLoopback(host) && token === undefined) {
    const message = `--host ${host} lets other machines in, so it needs a token: set OVERSEER_UI_TOKEN, or give --token auto`;
    throw new UsageError('usage', message);
  }
  if (options.by !== undefined && options.operate !== true) {
    throw new UsageError('usage', '--by goes with --operate: without that, nothing is written into the history');
  }
  // Whoever watches it may go; it serves on.
  terminal.outlivesReader = true;
  let stop = () => {};
  const stopped = new Promise<void>((resolve) => (stop = resolve));
  const unlisten = onStopSignal(stop);
  const by = options.operate === true ? reasonFor({ environment: systemEnvironment }, options).by! : null;
  const operate = by === null ? undefined : { by };
  const hosts = namesOf(host);
  const handlerFor = (store: Store) => webHandler(store, defined({ hosts, token, operate }));
  const served = await ServedStore.at(async () => await openStore(invocation.settings), handlerFor);
  try {
    const server = await listen(served.answer, host, port);
    try {
      const address = `http://${hosts[0]!}:${server.port}/`;
      tell(terminal, served.place, { address, token: token ?? null, by, isLocal: isLoopback(host) });
      if (options.open === true) openBrowser(address, terminal);
      await stopped;
    } finally {
      await server.close();
    }
  } finally {
    await served.close();
    unlisten();
  }
}

interface Told {
  readonly address: string;
  readonly token: string | null;
  readonly by: string | null;
  readonly isLocal: boolean;
}

/** A fragment stays in the browser: it is neither sent to a server nor written to its log. */
function tell(
  terminal: Terminal,
  { address: opened, namespace }: Pick<Store, 'address' | 'namespace'>,
  { address, token, by, isLocal }: Told,
): void {
  const store = shownAddress(opened);
  const link = token === null ? null : `${address}#token=${token}`;
  terminal.items([{ address, link, store, namespace, operatesAs: by }]);
  terminal.say(terminal.paint.bold(address));
  if (link !== null) terminal.say(`with the token: ${link}`);
  const does = by === null ? 'it only looks; --operate lets it change things' : `it operates as ${by}`;
  terminal.saySentences(`shows ${store}, namespace ${namespace}; ${does}`);
  if (!isLocal) terminal.saySentences('what is sent is not encrypted: in a network that others use, put it behind TLS');
  terminal.say('stop with Ctrl+C');
}

function readPort(text: string | undefined): number {
  const port = readWholeNumber('--port', text, 0) ?? usualPort;
  if (port <= 65_535) return port;
  throw new UsageError('usage', `--port ${port} is not possible; give a whole number up to 65535`);
}

/** Better given by the environment: flags can be seen by all users of a machine. */
function readToken(flag: string | undefined): string | undefined {
  // A line feed at the end comes from a file, and is never meant.
  const variable = process.env['OVERSEER_UI_TOKEN']?.replace(/[\r\n]+$/, '');
  const given = flag ?? (variable === '' ? undefined : variable);
  return given === 'auto' ? randomBytes(24).toString('base64url') : given;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** By which names a server can be reached that listens at an address. */
function namesOf(host: string): readonly string[] {
  if (host !== '0.0.0.0' && host !== '::') return [bracketed(host)];
  const own = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  // An address with a zone is one that no browser takes.
  const addresses = own
    .map(({ address }) => address)
    .filter((address) => !isLoopback(address) && !address.includes('%'));
  return [...new Set([hostname().toLowerCase(), ...addresses.map(bracketed)])];
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** The address is given without the token, since whoever may list the processes can see it. */
function openBrowser(address: string, terminal: Terminal): void {
  const openers: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
    darwin: ['open'],
    win32: ['cmd', '/c', 'start', ''],
  };
  const [program = '', ...words] = openers[process.platform] ?? ['xdg-open'];
  const opener = spawn(program, [...words, address], { detached: true, stdio: 'ignore' });
  opener.once('error', () => terminal.note(`no browser could be opened (${program}); open the address yourself`));
  opener.unref();
}
