import { frozen, isNestedDeeper, parsedOrText } from '../prelude/json.js';
import { nestedTooDeep, readableNestingMax, readEvent } from '../domain/events.js';
import { Memo, memoLengthMax } from '../prelude/memo.js';

/** What an event says, in today's shape. */
interface Content {
  readonly event: ReturnType<typeof readEvent>;
  /** The length of its data as stored. */
  readonly bytes: number;
}

interface KnownContent extends Content {
  readonly type: string;
  readonly version: number;
}

/** What an event says by its data as text. */
export function eventOfText(type: string, version: number, text: string): Content['event'] {
  if (isNestedDeeper(text, readableNestingMax)) return nestedTooDeep(type, text);
  return readEvent(type, version, parsedOrText(text));
}

/** Reads what events say from their data, and remembers it where that is short. */
export class EventContents {
  private readonly known = new Memo<KnownContent[]>(() => []);

  /** @param parse makes a value of the text of data, and says how long it is as stored */
  constructor(private readonly parse: (text: string) => { readonly value: unknown; readonly bytes: number }) {}

  of(type: string, version: number, text: string): Content {
    if (isNestedDeeper(text, readableNestingMax)) {
      return { event: nestedTooDeep(type, text), bytes: Buffer.byteLength(text) };
    }
    const sameText = this.known.of(text);
    for (const known of sameText) if (known.type === type && known.version === version) return known;
    const { value, bytes } = this.parse(text);
    const event = readEvent(type, version, value);
    // Many events share what is remembered, so nobody may change it.
    const isShared = text.length <= memoLengthMax;
    const content = { type, version, event: isShared ? frozen(event) : event, bytes };
    sameText.push(content);
    return content;
  }
}
