import type { Colors } from 'picocolors/types.js';
import { cleanJson } from '../../prelude/clean-text.js';
import { endProcess } from '../process/end-process.js';
import { exitCodes, failureOf, outputUnwritable, stackOf } from '../failure.js';
import { cleanLine, paintOf, terminalLine } from './paint.js';
import { type CommandToType, cutLine, wrapped, wrappedCommand } from './width.js';

/** What a terminal that does not tell its width is taken for. */
const usualColumns = 80;
const columnsLeast = 20;

/**
 * All output of a command goes through here, and is made harmless for a terminal. Results go to stdout, everything else
 * to stderr, so that stdout can be piped.
 *
 * Either can fail at any time: the reader of a pipe goes away (`| head`), a terminal is closed, a disk is full. No write
 * throws because of that. A command that only reports then ends; others go on with their work.
 */
export class Terminal {
  /** Colours for stdout: none when it is no terminal, or when NO_COLOR is set. */
  readonly paint: Colors;
  /** The same for stderr. */
  readonly paintError: Colors;
  /** Set by commands whose work matters more than their output: they go on when nobody reads it any more. */
  outlivesReader = false;
  private isCutOff = false;
  private readonly stdout = process.stdout.write.bind(process.stdout);
  private isReserved = false;

  constructor(
    /** Whether a machine reads: JSON in place of text. */
    readonly isJson: boolean,
    private readonly environment: NodeJS.ProcessEnv = process.env,
  ) {
    this.paint = paintOf(this.hasColours(process.stdout));
    this.paintError = paintOf(this.hasColours(process.stderr));
    process.stdout.on('error', (error: NodeJS.ErrnoException) => this.cannotSay(error));
    // There is nowhere left to report this one.
    process.stderr.on('error', () => {});
  }

  /** Whether stdout is a terminal that can be drawn on. */
  get isDrawable(): boolean {
    return process.stdout.isTTY && !this.isJson && this.environment['TERM'] !== 'dumb';
  }

  /**
   * How wide lines may be: what COLUMNS says, else the terminal's own width. Null for a file or a pipe, where nothing is
   * cut.
   */
  get columns(): number | null {
    const told = this.environment['COLUMNS'] ?? '';
    if (/^[1-9]\d{0,5}$/.test(told)) return Math.max(columnsLeast, Number(told));
    return process.stdout.isTTY ? Math.max(columnsLeast, process.stdout.columns || usualColumns) : null;
  }

  /** The result for people, in lines. They are left as long as they are: an id or a hash is no use without its end. */
  say(...lines: readonly string[]): void {
    if (!this.isJson) this.write(lines.map(terminalLine));
  }

  /** The same for rows of a table, events and pictures: each is cut to the width there is. */
  sayCut(...lines: readonly string[]): void {
    const { columns } = this;
    this.say(...(columns === null ? lines : lines.map((line) => cutLine(cleanLine(line), columns))));
  }

  /** The same for sentences and commands to type, which are broken between words. */
  saySentences(...lines: readonly (string | CommandToType)[]): void {
    this.say(...this.broken(lines));
  }

  /** A note beside the result, for people. */
  note(line: string | CommandToType): void {
    if (!this.isJson) this.tell(...this.broken([line]));
  }

  /** An error, for people or as JSON. */
  fail(error: unknown, showStack = false): void {
    const failure = failureOf(error);
    const stack = showStack ? stackOf(error) : [];
    if (!this.isJson) this.tell(`overseer: ${failure.message}`, ...stack);
    else this.tellJson(`${JSON.stringify({ error: { ...failure, ...(showStack && { stack: stack.join('\n') }) } })}\n`);
  }

  /** Lines on stderr, for people and machines alike. */
  tell(...lines: readonly string[]): void {
    // Looked up at every call: while something is drawn, what is written has to pass by it.
    process.stderr.write(`${lines.map(terminalLine).join('\n')}\n`);
  }

  /** Lines of JSON on stderr, as they come from a log. */
  tellJson(lines: string): void {
    process.stderr.write(cleanJson(lines));
  }

  /** Lines as one text that can be drawn. */
  picture(lines: readonly string[]): string {
    return lines.map(terminalLine).join('\n');
  }

  /** The one JSON document a command answers with. */
  document(value: unknown): void {
    if (this.isJson) this.write([cleanJson(JSON.stringify(value, null, 2))]);
  }

  /** JSON lines of a stream. */
  items(values: readonly unknown[]): void {
    if (this.isJson) this.write(values.map((value) => cleanJson(JSON.stringify(value))));
  }

  /**
   * A result that is JSON for people too. Waits until there is room for more.
   *
   * @param isExact whether every byte counts: what goes to a file or a program is then left as it is
   */
  async pour(json: string, { isExact = false } = {}): Promise<void> {
    if (this.isCutOff) return;
    if (!process.stdout.write(isExact && !process.stdout.isTTY ? json : cleanJson(json))) {
      await new Promise<void>((resolve) => process.stdout.once('drain', resolve));
    }
  }

  /**
   * Keeps stdout for the result: what the user's programs write there, when they are loaded or run, goes to stderr.
   */
  reserveStdout(): void {
    this.isReserved = true;
    process.stdout.write = process.stderr.write.bind(process.stderr);
  }

  /** Waits until all output has left the process. */
  async flushed(): Promise<void> {
    const outlets = [
      { stream: process.stdout, write: this.stdout },
      { stream: process.stderr, write: process.stderr.write.bind(process.stderr) },
    ];
    for (const { stream, write } of outlets) {
      // On a full disk, even an empty write fails.
      if (stream.writableLength > 0) await new Promise<void>((resolve) => void write('', () => resolve()));
    }
    // A failed write is reported a little later.
    await new Promise<void>((resolve) => void setImmediate(resolve));
  }

  private broken(lines: readonly (string | CommandToType)[]): string[] {
    const columns = this.columns ?? Infinity;
    return lines.flatMap((line) =>
      typeof line === 'string'
        ? wrapped(cleanLine(line), columns)
        : wrappedCommand({ lead: cleanLine(line.lead), command: cleanLine(line.command) }, columns),
    );
  }

  private write(lines: readonly string[]): void {
    if (this.isCutOff || lines.length === 0) return;
    const text = `${lines.join('\n')}\n`;
    // Looked up at every call: while something is drawn, what is written has to pass by it.
    if (this.isReserved) this.stdout(text);
    else process.stdout.write(text);
  }

  /** A reader that goes away has read enough, which is not an error. A full disk may have room again later. */
  private cannotSay(error: NodeJS.ErrnoException): void {
    const isEnough = error.code === 'EPIPE';
    if (isEnough) this.isCutOff = true;
    if (this.outlivesReader) return;
    if (isEnough) endProcess(exitCodes.good);
    this.fail(outputUnwritable(error));
    endProcess(exitCodes.failed);
  }

  private hasColours(stream: NodeJS.WriteStream): boolean {
    const { NO_COLOR, FORCE_COLOR, TERM } = this.environment;
    if (this.isJson || (NO_COLOR ?? '') !== '') return false;
    if ((FORCE_COLOR ?? '') !== '' && FORCE_COLOR !== '0') return true;
    return stream.isTTY && TERM !== 'dumb';
  }
}
