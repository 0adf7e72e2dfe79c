/** Where a worker tells what it does. A pino logger fits; so does any other with these methods. */
export interface Logger {
  debug(details: object, message: string): void;
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

/** A logger whose own failures change nothing else: nothing that a job's run depends on may hang on being told. */
export function guardedLogger(logger: Logger): Logger {
  const guarded = (level: keyof Logger) => (details: object, message: string) => {
    try {
      logger[level](details, message);
    } catch {
      // There is nowhere left to say so.
    }
  };
  return { debug: guarded('debug'), info: guarded('info'), warn: guarded('warn'), error: guarded('error') };
}

export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };
