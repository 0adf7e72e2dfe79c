import picocolors from 'picocolors';
import type { Colors } from 'picocolors/types.js';

/**
 * Where a command speaks. Results go to stdout, everything else to stderr, so that stdout can be piped. Whoever reads
 * from the pipe may go away at any time (`| head`): that ends a command that only tells, and is no error.
 */
export class Terminal {
  /** Colours for stdout: none when it is no terminal, or when NO_COLOR is set. */
  readonly paint: Colors;
  /** The same for stderr. */
  readonly paintError: Colors;
  /** Set by commands whose work matters more than their words: they go on when nobody listens any more. */
  outlivesReader = false;
  private isCutOff = false;
  private readonly stdout = process.stdout.write.bind(process.stdout);
  private isReserved = false;

  constructor(
    /** Whether a machine reads: JSON in place of text. */
    readonly isJson: boolean,
    private readonly environment: NodeJS.ProcessEnv = process.env,
  ) {
    this.paint = picocolors.createColors(this.hasColours(process.stdout));
    this.paintError = picocolors.createColors(this.hasColours(process.stderr));
    for (const stream of [process.stdout, process.stderr]) {
      stream.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EPIPE') throw error;
        if (stream === process.stdout) this.cutOff();
      });
    }
  }

  /** Whether stdout is a terminal that can be drawn on. */
  get isDrawable(): boolean {
    return process.stdout.isTTY && !this.isJson && this.environment['TERM'] !== 'dumb';
  }

  /** Text for people. */
  say(...lines: readonly string[]): void {
    if (!this.isJson) this.write(lines);
  }

  /** A note beside the result. */
  note(line: string): void {
    if (!this.isJson) process.stderr.write(`${line}\n`);
  }

  /** The one JSON document a command answers with. */
  document(value: unknown): void {
    if (this.isJson) this.write([JSON.stringify(value, null, 2)]);
  }

  /** Some of the JSON lines of a stream. */
  items(values: readonly unknown[]): void {
    if (this.isJson) this.write(values.map((value) => JSON.stringify(value)));
  }

  /** Text of a result that is the same for people and for machines. Waits until there is room for more. */
  async pour(text: string): Promise<void> {
    if (this.isCutOff) return;
    if (!process.stdout.write(text)) await new Promise<void>((resolve) => process.stdout.once('drain', resolve));
  }

  /**
   * Keeps stdout for the result: what the user's programs write there, when they are loaded or run, goes to stderr.
   */
  reserveStdout(): void {
    this.isReserved = true;
    process.stdout.write = process.stderr.write.bind(process.stderr);
  }

  /** Waits until all that was said has left the process. */
  async flushed(): Promise<void> {
    for (const write of [this.stdout, process.stderr.write.bind(process.stderr)]) {
      await new Promise<void>((resolve) => void write('', () => resolve()));
    }
  }

  private write(lines: readonly string[]): void {
    if (this.isCutOff || lines.length === 0) return;
    const text = `${lines.join('\n')}\n`;
    // Looked up at every call: while something is drawn, what is written has to pass by it.
    if (this.isReserved) this.stdout(text);
    else process.stdout.write(text);
  }

  private cutOff(): void {
    this.isCutOff = true;
    if (!this.outlivesReader) process.exit(0);
  }

  private hasColours(stream: NodeJS.WriteStream): boolean {
    const { NO_COLOR, FORCE_COLOR, TERM } = this.environment;
    if (this.isJson || (NO_COLOR ?? '') !== '') return false;
    if ((FORCE_COLOR ?? '') !== '' && FORCE_COLOR !== '0') return true;
    return stream.isTTY && TERM !== 'dumb';
  }
}
