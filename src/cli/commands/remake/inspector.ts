import { shownName } from '../../../prelude/known-names.js';
import inspector from 'node:inspector';
import type { Handler, RunningJob } from '../../../handlers/handler.js';
import { harness } from '../../../handlers/harness.js';
import { UsageError } from '../../failure.js';

const defaultPlace = '127.0.0.1:9229';

/**
 * Opens this process to a debugger and waits for one to attach. Its breakpoints then work in every file that is loaded
 * afterwards.
 *
 * @param place `true` for the default, or HOST:PORT or PORT; for port 0 the system chooses one
 * @param tell is called with the address to attach to, before the wait begins
 * @throws UsageError `usage` if the place is not valid or in use
 */
export function waitForDebugger(place: string | true, tell: (address: string) => void): void {
  const match = /^(?:(.+):)?(\d+)$/.exec(place === true ? defaultPlace : place);
  const port = Number(match?.[2]);
  if (match === null || port > 65_535) {
    throw new UsageError(
      'usage',
      `--inspect-brk ${shownName(String(place))} is not an address to listen on; give HOST:PORT or PORT`,
    );
  }
  const host = match[1] ?? '127.0.0.1';
  inspector.open(port, host, false);
  const url = inspector.url();
  if (url === undefined) {
    throw new UsageError('usage', `--inspect-brk: cannot listen on ${host}:${port}; another program may be using it`);
  }
  tell(new URL(url).host);
  inspector.waitForDebugger();
}

/** The handler, with a stop for the debugger just before it. */
export function stoppingBefore(handler: Handler): Handler {
  const first = typeof handler === 'object' && handler.preProcess !== undefined ? 'preProcess' : 'process';
  return harness(handler, first, (stage) => (job: RunningJob) => {
    // Step into the next line to reach the handler.
    debugger;
    return stage(job);
  });
}
