/** Where a worker tells what it does. A pino logger fits; so does any other with these methods. */
export interface Logger {
  debug(details: object, message: string): void;
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

/**
 * A logger that never throws: one that writes to a disk without room, or to a pipe that nobody reads any more, must not
 * end the work it tells of. What it could not say is lost.
 */
export function guardedLogger(logger: Logger): Logger {
  const guarded = (level: keyof Logger) => (details: object, message: string) => {
    try {
      logger[level](details, message);
    } catch {
      // There is nowhere to tell of it.
    }
  };
  return { debug: guarded('debug'), info: guarded('info'), warn: guarded('warn'), error: guarded('error') };
}

export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };
