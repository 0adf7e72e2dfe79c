import { BoundedMap } from './bounded-map.js';

/** Texts up to this length are worth remembering: the data of most events is one of a few short ones. */
export const memoLengthMax = 300;
const memoSizeMax = 2000;

/** Remembers what short texts come to; longer ones are worked out every time. */
export class Memo<A> {
  private readonly known = new BoundedMap<string, A>(memoSizeMax);

  constructor(private readonly make: (text: string) => A) {}

  of(text: string): A {
    if (text.length > memoLengthMax) return this.make(text);
    const known = this.known.get(text);
    if (known !== undefined) return known;
    const made = this.make(text);
    this.known.set(text, made);
    return made;
  }
}
