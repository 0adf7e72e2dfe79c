import { shownAddress, shownStore } from '../../../prelude/shown-address.js';
import { orThrow } from '../../../store/or-throw.js';
import type { Store } from '../../../store/store.js';
import { jsonAnswer } from '../answers.js';
import { none } from '../parameters.js';
import { type Route, route } from '../route.js';
import type { CheckedOptions } from '../web-options.js';

/** What the page is looking at, and what it may do. */
export function aboutRoutes(store: Store, { by, token }: CheckedOptions): readonly Route[] {
  const { log, environment } = store;
  return [
    route('GET', 'api/about', none, async ({ request }) =>
      jsonAnswer({
        address: shownAddress(log.address),
        namespace: log.namespace,
        exported: log.exported ?? null,
        describe: log.describe === undefined ? null : shownStore(await orThrow(log.describe())),
        now: environment.now(),
        operate: by === null ? null : { by: typeof by === 'string' ? by : by(request) },
        needsToken: token !== null,
      }),
    ),
  ];
}
