import type { Position, RecordedEvent } from '../../../domain/events.js';
import { wordsFor } from '../../../prelude/errors.js';
import { eventOfLine } from '../model/read-lines.js';
import { apiPath, ask, askJson } from './ask.js';
import { changes } from './changes.js';
import { EventStream } from './event-stream.js';
import { LineCutter } from './lines.js';
import { whenSeen } from './when-seen.js';
import { type Changed, type GraphListener, SourceError } from './source.js';

/** How long to wait before a server that refused is asked again. */
const againMs = 2000;

/**
 * Reads a graph, and follows it from then on. What fails for a while is tried again, from where it was. A graph that is not there
 * is asked for again when the log says that it has events: it may be submitted later than its page was opened.
 */
export class Following {
  private readonly ending = new AbortController();
  private position: Position | null = null;
  private callOff = () => {};
  private isReading = false;
  /** Whether the log has gone on with the graph since it was asked for. */
  private isOvertaken = false;
  private endWaiting: (() => void) | null = null;

  constructor(
    private readonly graphId: string,
    private readonly listener: GraphListener,
  ) {}

  begin(): void {
    if (this.isReading) this.isOvertaken = true;
    else void this.read();
  }

  end(): void {
    this.ending.abort();
    this.endWaiting?.();
    this.callOff();
  }

  private async read(): Promise<void> {
    this.callOff();
    this.isReading = true;
    this.isOvertaken = false;
    try {
      this.listener.onWork(await askJson<readonly RecordedEvent[]>(apiPath(['work-events'])));
      await this.readAll();
      if (this.ending.signal.aborted) return;
      this.endWaiting?.();
      this.listener.onTrouble(null);
      this.listener.onLoaded();
      this.listen();
    } catch (error) {
      this.isReading = false;
      if (!this.ending.signal.aborted) this.failed(sourceError(error));
    }
  }

  private failed(error: SourceError): void {
    if (error.isTransient || (this.position !== null && error.code !== unexpected)) {
      this.listener.onTrouble(error.message);
      this.callOff = whenSeen(againMs, () => this.begin());
      return;
    }
    this.listener.onFailure(error);
    if (error.code === 'graph-not-found') this.waitForSubmission();
  }

  private waitForSubmission(): void {
    if (this.endWaiting !== null) {
      if (this.isOvertaken) this.begin();
      return;
    }
    const mayHaveMissed = changes.isFollowed;
    this.endWaiting = changes.tell(({ graphs, isWhole }: Changed) => {
      if (!isWhole || graphs.includes(this.graphId)) this.begin();
    });
    if (mayHaveMissed) this.begin();
  }

  private async readAll(): Promise<void> {
    const path = apiPath(['graphs', this.graphId, 'events'], { after: this.position });
    const response = await ask(path, { signal: this.ending.signal });
    const cutter = new LineCutter();
    const reader = response.body!.getReader();
    for (let piece = await pieceOf(reader); piece !== null; piece = await pieceOf(reader)) this.take(cutter.add(piece));
    if (cutter.unfinished !== '') throw brokenOff();
  }

  private take(lines: readonly string[]): void {
    if (lines.length === 0) return;
    const events = lines.map(eventOfLine);
    this.position = events.at(-1)!.position;
    this.listener.onEvents(events);
  }

  /** From where it is, for whoever looks. */
  private listen(): void {
    const { signal } = this.ending;
    const path = () => apiPath(['graphs', this.graphId, 'follow'], { after: this.position });
    const lost = () => this.listener.onTrouble('the server does not answer; the page tries again');
    const stream = new EventStream(path, {
      open: () => this.listener.onTrouble(null),
      lost,
      messages: {
        events: (data) => this.take(data.split('\n')),
        work: (data) => {
          this.listener.onTrouble(null);
          this.listener.onWork(JSON.parse(data) as readonly RecordedEvent[]);
        },
        interrupted: (data) => this.listener.onTrouble((JSON.parse(data) as { readonly message: string }).message),
        gone: lost,
      },
    });
    signal.addEventListener('abort', () => stream.end());
  }
}

/** What the page cannot make sense of: it would not the next time either. */
const unexpected = 'page-failed';

function sourceError(error: unknown): SourceError {
  return error instanceof SourceError ? error : new SourceError(unexpected, wordsFor(error));
}

/** The next piece of an answer; null at its end. */
async function pieceOf(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<Uint8Array | null> {
  try {
    const { done, value } = await reader.read();
    return done ? null : value;
  } catch {
    throw brokenOff();
  }
}

function brokenOff(): SourceError {
  return new SourceError('server-silent', 'the connection ended in the middle of what was read', true);
}
