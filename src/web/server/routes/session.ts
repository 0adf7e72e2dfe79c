import { record } from '../../../prelude/codec.js';
import { knownHost } from '../access.js';
import { answer, WebError } from '../answers.js';
import { none, readBody, textUpTo } from '../parameters.js';
import { type Route, route } from '../route.js';
import type { Sessions } from '../sessions.js';

const bodyBytesMax = 2048;
const Token = record('session', { token: textUpTo(500) });

/** How a browser comes in, and leaves. */
export function sessionRoutes(sessions: Sessions | null, hosts: ReadonlySet<string>): readonly Route[] {
  return [
    route('POST', 'api/session', none, async ({ request }) => {
      const { token } = await readBody(Token, request, bodyBytesMax);
      if (sessions === null) throw new WebError('request-invalid', 'this server asks for no token');
      return answer(null, { 'set-cookie': sessions.begin(request, knownHost(request, hosts), token) }, 204);
    }),
    route('DELETE', 'api/session', none, ({ request }) => {
      const cookie = sessions?.end(request, knownHost(request, hosts));
      return Promise.resolve(answer(null, cookie === undefined ? {} : { 'set-cookie': cookie }, 204));
    }),
  ];
}
