import { nestingMax } from '../prelude/json.js';

/**
 * The sizes this engine accepts, in bytes of UTF-8 (of JSON text, for values). They are the same on every log, so that
 * what runs on one runs on all, and are checked before anything is written. The upper limits follow from EventStoreDB,
 * which refuses an append of more than 1 MiB.
 */
export const limits = {
  graphIdBytesMax: 200,
  jobIdBytesMax: 500,
  jobTypeBytesMax: 200,
  /** The key under which a job's result is remembered. */
  memoizeKeyBytesMax: 400,
  argsBytesMax: 256 * 1024,
  resultBytesMax: 512 * 1024,
  /** One heartbeat's details. */
  detailsBytesMax: 64 * 1024,
  labelsBytesMax: 16 * 1024,
  /** A larger failure record is cut, and says so. Its size never stops a failure from being recorded. */
  failureBytesMax: 32 * 1024,
  /** One job's definition: its id, type, parents, args and policy together. */
  jobDefinitionBytesMax: 768 * 1024,
  /** The size at which the next part of a graph's submission begins. */
  submissionPartBytes: 256 * 1024,
  /** Texts that an operator or a handler gives: a reason, a message. Longer ones are cut. */
  messageCharactersMax: 2000,
  jobsPerGraphMax: 1_000_000,
  /** The graph of a schedule: it is kept in one event. */
  scheduledGraphBytesMax: 512 * 1024,
  /** A graph id less an instant, which takes 25 bytes. */
  scheduleNameBytesMax: 175,
  /** How many runs may be asked of a schedule that have not begun. */
  askedRunsMax: 1000,
  /** The key of a limit on what runs at once: it names a stream, which engines allow about this much. */
  limitKeyBytesMax: 200,
  limitsPerJobMax: 8,
  limitUnitsMax: 1_000_000,
  /** How many starts in a window a rate may allow: as many are remembered. */
  limitStartsMax: 10_000,
  /** The longest window of a rate, in milliseconds: 31 days. */
  limitWindowMsMax: 31 * 86_400_000,
  /** Who does something: a worker's id or an operator's name. */
  actorBytesMax: 500,
  /** How deep arrays and objects may be nested in each other: in args, results, details, data of a failure. */
  nestingMax,
} as const;

/** An operator's or handler's text, cut to the limit. */
export function cutMessage(text: string): string {
  const { messageCharactersMax } = limits;
  return text.length <= messageCharactersMax ? text : `${text.slice(0, messageCharactersMax - 1)}…`;
}
