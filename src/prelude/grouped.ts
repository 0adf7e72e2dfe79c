/** Things by a key, each key's in the order they came, the keys in the order of their first. */
export function grouped<Key, Value>(values: Iterable<Value>, keyOf: (value: Value) => Key): Map<Key, Value[]> {
  const groups = new Map<Key, Value[]>();
  for (const value of values) listIn(groups, keyOf(value)).push(value);
  return groups;
}

/** The list that a map has under a key; a new one if there is none yet. */
export function listIn<Key, Value>(lists: Map<Key, Value[]>, key: Key): Value[] {
  const list = lists.get(key);
  if (list !== undefined) return list;
  const fresh: Value[] = [];
  lists.set(key, fresh);
  return fresh;
}
