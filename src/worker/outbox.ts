import type { Append, AppendResult, LogError } from '../log/event-log.js';
import { E, type Either } from '../prelude/fp.js';
import type { RetryingLog } from './retrying-log.js';

/** What has become of an append: its result, or why it will never be in the log. */
export type Answer = Either<LogError, AppendResult>;

interface Letter {
  readonly append: Append;
  /** Whether to try again if the log fails. */
  readonly isWanted: () => boolean;
  readonly onAnswer: (answer: Answer) => void;
}

/** The log refuses this event from anyone, and others may still be written. */
export function isUnwritable({ code }: LogError): boolean {
  return code === 'event-invalid' || code === 'append-too-large';
}

/**
 * What a worker writes of the jobs it holds. Appends that come at about the same time, such as the endings of jobs that began
 * together, go to the log in one call. If the log refuses a call because of an event in it, each append is sent alone, so
 * that none suffers for another.
 */
export class Outbox {
  private letters: Letter[] = [];

  /** @param onDefect called if an answer could not be dealt with, which should never happen */
  constructor(
    private readonly log: RetryingLog,
    private readonly onDefect: (error: unknown) => void,
  ) {}

  send(append: Append, isWanted: () => boolean, onAnswer: (answer: Answer) => void): void {
    this.letters.push({ append, isWanted, onAnswer });
    if (this.letters.length > 1) return;
    queueMicrotask(() => {
      const letters = this.letters;
      this.letters = [];
      this.post(letters).catch(this.onDefect);
    });
  }

  private async post(letters: readonly Letter[]): Promise<void> {
    const appends = letters.map(({ append }) => append);
    const answers = await this.log.append(appends, () => letters.some(({ isWanted }) => isWanted()));
    if (E.isLeft(answers) && letters.length > 1 && isUnwritable(answers.left)) {
      await Promise.all(letters.map((letter) => this.post([letter])));
      return;
    }
    letters.forEach(({ onAnswer }, index) => {
      onAnswer(E.isLeft(answers) ? answers : E.right(answers.right[index]!));
    });
  }
}
