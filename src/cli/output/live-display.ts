import { createLogUpdate } from 'log-update';

const drawEveryMs = 100;

/**
 * A picture at the bottom of the terminal that is redrawn all the time. Whatever else the process writes, such as what
 * handlers print, goes above it: every write first removes the picture.
 */
export class LiveDisplay {
  private readonly writers = [process.stdout, process.stderr].map((stream) => ({
    stream,
    write: stream.write.bind(stream),
  }));
  private readonly draw = createLogUpdate(this.undisturbedStdout(), { showCursor: true });
  private readonly timer = setInterval(() => this.redraw(), drawEveryMs);
  /** Whether half a line was written: drawing then waits for the rest. */
  private isMidLine = false;

  /** @param picture returns what to draw now */
  constructor(private readonly picture: () => string) {
    for (const { stream, write } of this.writers) {
      stream.write = (chunk: string | Uint8Array, ...rest: never[]) => {
        this.draw.clear();
        const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
        this.isMidLine = text !== '' && !text.endsWith('\n');
        return write(chunk, ...rest);
      };
    }
    this.redraw();
  }

  /** Removes the picture for good. */
  end(): void {
    clearInterval(this.timer);
    this.draw.clear();
    for (const { stream, write } of this.writers) stream.write = write;
  }

  private redraw(): void {
    if (!this.isMidLine) this.draw(this.picture());
  }

  private undisturbedStdout(): NodeJS.WriteStream {
    const { stream, write } = this.writers[0]!;
    return Object.create(stream, {
      write: { value: write },
      columns: { get: () => screenSize().columns },
      rows: { get: () => screenSize().rows },
    }) as NodeJS.WriteStream;
  }
}

/** The terminal's size. Some terminals report none. */
export function screenSize(): { readonly columns: number; readonly rows: number } {
  const { columns, rows } = process.stdout;
  return { columns: columns || 80, rows: rows || 24 };
}
