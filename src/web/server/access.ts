import { shownName } from '../../prelude/known-names.js';
import { WebError } from './answers.js';

/** These lead to this machine only, whoever resolves them. */
const loopbackNames: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];

const hostForm = /^(\[[\da-f:.]{2,45}\]|[^\s:/?#@[\]\\]{1,253})(?::(\d{1,5}))?$/i;

/** The host by which a server was reached, as the browser gave it. */
export interface Host {
  readonly name: string;
  /** Empty for the usual port of the scheme. */
  readonly port: string;
}

/**
 * The host that a request names.
 *
 * A page of another site can have its own name resolve to this machine, and then counts as of the same origin with what
 * answers here (DNS rebinding). But the browser goes on to send that name.
 *
 * @param known names besides those of the loopback interface, in lower case
 * @throws WebError `host-unknown`
 */
export function knownHost(request: Request, known: ReadonlySet<string>): Host {
  const given = request.headers.get('host') ?? new URL(request.url).host;
  const [, name = '', port = ''] = hostForm.exec(given) ?? [];
  const flat = name.toLowerCase();
  if (loopbackNames.includes(flat) || (flat !== '' && known.has(flat))) return { name: flat, port };
  const names = [...new Set([...loopbackNames, ...known])].join(', ');
  throw new WebError('host-unknown', `this server is not known as ${shownName(given)}; it is reached as ${names}`);
}

/**
 * Refuses what pages of other sites ask, which a browser sends here all the same.
 *
 * @param isChange whether something may be changed: the browser must then have said that this server's own page asks
 * @throws WebError `origin-foreign`
 */
export function assertOwnPage(request: Request, host: Host, isChange: boolean): void {
  const origin = request.headers.get('origin');
  const site = request.headers.get('sec-fetch-site');
  const isForeign = site !== null && site !== 'same-origin' && (isChange || site !== 'none');
  if (isForeign || (origin !== null && !isOf(origin, host))) {
    throw new WebError('origin-foreign', 'this request comes from the page of another site, and is refused');
  }
  if (isChange && origin === null && site === null) {
    const message = 'this request does not say which page it comes from; send the header `origin` of this server';
    throw new WebError('origin-foreign', message);
  }
}

/** Behind a proxy, the scheme may be another one here than there. */
function isOf(origin: string, { name, port }: Host): boolean {
  const own = `${name}${port === '' ? '' : `:${port}`}`;
  try {
    const { protocol, host } = new URL(origin);
    return (protocol === 'http:' || protocol === 'https:') && new URL(`${protocol}//${own}`).host === host;
  } catch {
    return false;
  }
}
