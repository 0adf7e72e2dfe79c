/**
 * The end of this process. The command line ends it itself, by {@link endProcess}; anybody else who does, such as a
 * handler that calls `process.exit`, ends it too early, and that must not look like a good end.
 */

let isOurs = false;

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
    if (isOurs) return;
    process.exitCode = failed;
    tell(!isDrained);
  });
}
