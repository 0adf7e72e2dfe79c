import { closeSync } from 'node:fs';
import { isatty } from 'node:tty';

/**
 * The end of this process. The command line ends it itself, by {@link endProcess}; anybody else who does, such as a
 * handler that calls `process.exit`, ends it too early, and that must not look like a good end.
 */

let isOurs = false;

const standardFiles = [0, 1, 2];
const terminals = standardFiles.filter((fd) => isatty(fd));

export function endProcess(code: number): never {
  isOurs = true;
  process.exit(code);
}

/**
 * Makes every end but our own one with this exit code.
 *
 * @param tell is told whether somebody has called `process.exit`, as opposed to nothing being left to wait for
 */
export function guardEnd(failed: number, tell: (isCalled: boolean) => void): void {
  let isDrained = false;
  process.on('beforeExit', () => (isDrained = true));
  process.on('uncaughtExceptionMonitor', () => {
    // Node tells of the exception and ends with 1; there is nothing to add.
    if (process.listenerCount('uncaughtException') === 0) isOurs = true;
  });
  process.on('exit', () => {
    letGoOfClosedTerminals();
    if (isOurs) return;
    process.exitCode = failed;
    tell(!isDrained);
  });
}

/** Node sets terminals back to how it has found them, and crashes over one that was closed meanwhile. */
function letGoOfClosedTerminals(): void {
  for (const fd of terminals) {
    if (isatty(fd)) continue;
    try {
      closeSync(fd);
    } catch {
      // Somebody else has closed it.
    }
  }
}
