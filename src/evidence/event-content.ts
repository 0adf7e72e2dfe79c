import { frozen, isNestedDeeper, parsedOrText } from '../prelude/json.js';
import { Memo, memoLengthMax } from '../prelude/memo.js';
import { utf8Bytes } from '../prelude/utf8.js';
import { nestedTooDeep, readableNestingMax, readEvent } from '../domain/read-event.js';

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

/** Makes a value of the text of data, and says how long it is as stored. */
type Parse = (text: string) => { readonly value: unknown; readonly bytes: number };

const asStored: Parse = (text) => ({ value: parsedOrText(text), bytes: utf8Bytes(text) });

/** What an event says, by its data as text. */
export function contentOf(type: string, version: number, text: string, parse = asStored): Content {
  if (isNestedDeeper(text, readableNestingMax)) {
    return { event: nestedTooDeep(type, text), bytes: utf8Bytes(text) };
  }
  const { value, bytes } = parse(text);
  return { event: readEvent(type, version, value), bytes };
}

/** Reads what events say from their data, and remembers it where the data is short. */
export class EventContents {
  private readonly known = new Memo<KnownContent[]>(() => []);

  constructor(private readonly parse = asStored) {}

  /** @param parse makes the value of the text, for who has it already */
  of(type: string, version: number, text: string, parse = this.parse): Content {
    const sameText = this.known.of(text);
    for (const known of sameText) if (known.type === type && known.version === version) return known;
    const { event, bytes } = contentOf(type, version, text, parse);
    // Many events share what is remembered, so nobody may change it.
    const isShared = text.length <= memoLengthMax;
    const content = { type, version, event: isShared ? frozen(event) : event, bytes };
    sameText.push(content);
    return content;
  }
}
