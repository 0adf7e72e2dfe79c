import inspector from 'node:inspector';
import type { Handler, RunningJob } from '../../../handlers/handler.js';
import { harness } from '../../../handlers/harness.js';
import { UsageError } from '../../failure.js';

const defaultPlace = '127.0.0.1:9229';

/**
 * Opens this process to a debugger and waits for one to attach. Breakpoints it knows of hold in every file that is
 * loaded afterwards.
 *
 * @param place `true` for the usual one, or HOST:PORT or PORT; on port 0 the system chooses
 * @param tell hears where to attach, before the waiting begins
 * @throws UsageError `usage` for a place that is none, or is taken
 */
export function waitForDebugger(place: string | true, tell: (address: string) => void): void {
  const match = /^(?:(.+):)?(\d+)$/.exec(place === true ? defaultPlace : place);
  const port = Number(match?.[2]);
  if (match === null || port > 65_535) {
    throw new UsageError(
      'usage',
      `--inspect-brk ${JSON.stringify(place)} is no place to listen; give HOST:PORT or PORT`,
    );
  }
  const host = match[1] ?? '127.0.0.1';
  inspector.open(port, host, false);
  const url = inspector.url();
  if (url === undefined) {
    throw new UsageError('usage', `--inspect-brk: ${host}:${port} cannot be listened on; another program may do so`);
  }
  tell(new URL(url).host);
  inspector.waitForDebugger();
}

/** The handler, with a place in front of it where a debugger that is attached stops. */
export function stoppingInFront(handler: Handler): Handler {
  const first = typeof handler === 'object' && handler.preProcess !== undefined ? 'preProcess' : 'process';
  return harness(handler, first, (stage) => (job: RunningJob) => {
    // The next step goes into the handler.
    debugger;
    return stage(job);
  });
}
