/** A map that is emptied before it grows beyond a bound: for what can be had again at some cost. */
export class BoundedMap<Key, Value> extends Map<Key, Value> {
  constructor(private readonly sizeMax: number) {
    super();
  }

  override set(key: Key, value: Value): this {
    if (this.size >= this.sizeMax) this.clear();
    return super.set(key, value);
  }
}
