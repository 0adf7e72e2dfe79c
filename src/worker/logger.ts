/** Where a worker logs what it does: a pino logger, or any other with these methods. */
export interface Logger {
  debug(details: object, message: string): void;
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

/**
 * A logger that never throws: a full disk, or a pipe that nobody reads any more, must not end the work. What cannot be
 * logged is lost.
 */
export function guardedLogger(logger: Logger): Logger {
  const guarded = (level: keyof Logger) => (details: object, message: string) => {
    try {
      logger[level](details, message);
    } catch {
      // There is nowhere to report it.
    }
  };
  return { debug: guarded('debug'), info: guarded('info'), warn: guarded('warn'), error: guarded('error') };
}

export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };
