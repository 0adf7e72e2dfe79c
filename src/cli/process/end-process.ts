import { closeSync } from 'node:fs';
import { isatty } from 'node:tty';

/**
 * The end of this process. The command line ends it by {@link endProcess}. Anything else that does, such as a handler that
 * calls `process.exit`, ends it too early, and that must not look like success.
 */

let isOurs = false;

const standardFiles = [0, 1, 2];
const terminals = standardFiles.filter((fd) => isatty(fd));

export function endProcess(code: number): never {
  isOurs = true;
  process.exit(code);
}

/**
 * Gives every end but our own this exit code.
 *
 * @param tell is called first, with whether `process.exit` was called; otherwise nothing was left to wait for
 */
export function guardEnd(failed: number, tell: (isCalled: boolean) => void): void {
  let isDrained = false;
  process.on('beforeExit', () => (isDrained = true));
  process.on('uncaughtExceptionMonitor', () => {
    // Node prints the exception and exits with 1; there is nothing to add.
    if (process.listenerCount('uncaughtException') === 0) isOurs = true;
  });
  process.on('exit', () => {
    releaseClosedTerminals();
    if (isOurs) return;
    process.exitCode = failed;
    tell(!isDrained);
  });
}

/** At exit Node restores the mode of its terminals, and crashes if one was closed meanwhile. */
function releaseClosedTerminals(): void {
  for (const fd of terminals) {
    if (isatty(fd)) continue;
    try {
      closeSync(fd);
    } catch {
      // It is closed already.
    }
  }
}
