/** Cuts text that comes in pieces into lines. The last one must end with a line break, too. */
export class LineCutter {
  private readonly decoder = new TextDecoder();
  private rest = '';

  /** The lines that are whole by now. */
  add(piece: Uint8Array): string[] {
    const lines = (this.rest + this.decoder.decode(piece, { stream: true })).split('\n');
    this.rest = lines.pop()!;
    return lines;
  }

  /** What came after the last line break. */
  get unfinished(): string {
    return this.rest;
  }
}
