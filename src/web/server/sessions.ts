import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Environment } from '../../store/environment.js';
import type { Host } from './access.js';
import { WebError } from './answers.js';

const sessionMs = 24 * 60 * 60 * 1000;
/** More browsers than that at a time begin with the token again. */
const sessionsMax = 1000;
/** So many wrong tokens at once, and then one more whenever this time has passed. */
const guesses = { atOnce: 20, everyMs: 3000 };

/**
 * Who may use a server that asks for a token: whoever shows the token itself (`authorization: Bearer …`), or the cookie that
 * was given for it. The cookie holds neither the token nor anything that could be made from it: it is a random name of the
 * session, and its seal by a key of this process. So it is worth nothing once the server has ended.
 */
export class Sessions {
  private readonly key = randomBytes(32);
  private readonly tokenHash: Buffer;
  /** When each session ends, by its name, the oldest first. */
  private readonly endsAt = new Map<string, number>();
  private guessesLeft = guesses.atOnce;
  private countedAt: number;

  constructor(
    token: string,
    private readonly path: string,
    private readonly environment: Environment,
  ) {
    this.tokenHash = sha256(token);
    this.countedAt = environment.monotonic();
  }

  /**
   * Begins a session.
   *
   * @returns the cookie to set
   * @throws WebError `token-wrong`, `guesses-too-many`
   */
  begin(request: Request, host: Host, token: string): string {
    this.assertToken(token);
    const name = randomBytes(24).toString('base64url');
    if (this.endsAt.size >= sessionsMax) this.endsAt.delete([...this.endsAt.keys()][0]!);
    this.endsAt.set(name, this.environment.monotonic() + sessionMs);
    return this.cookie(request, host, `${name}.${this.seal(name)}`, sessionMs / 1000);
  }

  /** Ends the session of a request, if it has one. Returns the cookie to set. */
  end(request: Request, host: Host): string {
    for (const name of this.namesIn(request, host)) this.endsAt.delete(name);
    return this.cookie(request, host, '', 0);
  }

  /** @throws WebError `token-needed`, `token-wrong`, `guesses-too-many` */
  assertKnown(request: Request, host: Host): void {
    const now = this.environment.monotonic();
    if (this.namesIn(request, host).some((name) => (this.endsAt.get(name) ?? -Infinity) > now)) return;
    const [, token] = /^Bearer +(\S+)$/i.exec(request.headers.get('authorization') ?? '') ?? [];
    if (token !== undefined) return this.assertToken(token);
    const message = 'this server asks for a token: open the link that it printed, or give the token on its page';
    throw new WebError('token-needed', message, { 'www-authenticate': 'Bearer' });
  }

  /** All tokens are compared by their hashes, which takes as long whatever they are. */
  private assertToken(token: string): void {
    const now = this.environment.monotonic();
    const regained = Math.floor((now - this.countedAt) / guesses.everyMs);
    this.guessesLeft = Math.min(guesses.atOnce, this.guessesLeft + regained);
    this.countedAt += regained * guesses.everyMs;
    if (this.guessesLeft <= 0) {
      const message = 'too many wrong tokens were given lately; wait a minute, then try again';
      throw new WebError('guesses-too-many', message, { 'retry-after': '60' });
    }
    if (timingSafeEqual(sha256(token), this.tokenHash)) return;
    this.guessesLeft -= 1;
    throw new WebError('token-wrong', 'this is not the token of this server', { 'www-authenticate': 'Bearer' });
  }

  /** A browser sends the cookies of all servers of a host, whatever their port. */
  private cookieName({ port }: Host): string {
    return `overseer-session${port === '' ? '' : `-${port}`}`;
  }

  private namesIn(request: Request, host: Host): readonly string[] {
    const wanted = this.cookieName(host);
    const cookies = (request.headers.get('cookie') ?? '').split(/; */);
    return cookies.flatMap((cookie) => {
      const [, name, session, seal] = /^([^=]{1,100})=([\w-]{1,64})\.([\w-]{1,64})$/.exec(cookie) ?? [];
      if (name !== wanted) return [];
      return timingSafeEqual(sha256(this.seal(session!)), sha256(seal!)) ? [session!] : [];
    });
  }

  private seal(name: string): string {
    return createHmac('sha256', this.key).update(name).digest('base64url');
  }

  private cookie(request: Request, host: Host, value: string, seconds: number): string {
    const isSecure = new URL(request.url).protocol === 'https:' ? '; Secure' : '';
    return `${this.cookieName(host)}=${value}; Path=${this.path}; Max-Age=${seconds}; HttpOnly; SameSite=Strict${isSecure}`;
  }
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
