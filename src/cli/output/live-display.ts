import { createLogUpdate } from 'log-update';

const drawEveryMs = 100;

/**
 * A picture at the bottom of the terminal that is drawn anew again and again. Whatever else the process writes
 * meanwhile, such as what handlers print, goes above it: every write first takes the picture away.
 */
export class LiveDisplay {
  private readonly writers = [process.stdout, process.stderr].map((stream) => ({
    stream,
    write: stream.write.bind(stream),
  }));
  private readonly draw = createLogUpdate(this.undisturbedStdout(), { showCursor: true });
  private readonly timer = setInterval(() => this.redraw(), drawEveryMs);
  /** Somebody has written half a line: drawing has to wait for the rest. */
  private isMidLine = false;

  /** @param picture what is to be seen now */
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

  /** Takes the picture away for good. */
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

/** The terminal's size; some say that they have none. */
export function screenSize(): { readonly columns: number; readonly rows: number } {
  const { columns, rows } = process.stdout;
  return { columns: columns || 80, rows: rows || 24 };
}
