/**
 * Whether a sequence has the form of a pattern in which some members are gaps that stand for any number of items. It takes
 * as many steps as the product of both lengths, where a regular expression may take for ever.
 */
export function hasForm<Item, Member>(
  items: readonly Item[],
  pattern: readonly Member[],
  isGap: (member: Member) => boolean,
  fits: (item: Item, member: Member) => boolean,
): boolean {
  let item = 0;
  let member = 0;
  /** The last gap, and how many items it has stood for up to where. */
  let gap: { readonly member: number; item: number } | null = null;
  while (item < items.length) {
    if (member < pattern.length && isGap(pattern[member]!)) gap = { member: member++, item };
    else if (member < pattern.length && fits(items[item]!, pattern[member]!)) [item, member] = [item + 1, member + 1];
    else if (gap === null) return false;
    else {
      gap.item += 1;
      [item, member] = [gap.item, gap.member + 1];
    }
  }
  return pattern.slice(member).every(isGap);
}

/** Whether a text has the form of a pattern in which `*` stands for any characters, and, if so wished, `?` for any one. */
export function matchesWildcards(text: string, pattern: string, { hasSingle = false } = {}): boolean {
  return hasForm(
    [...text],
    [...pattern],
    (member) => member === '*',
    (character, member) => character === member || (hasSingle && member === '?'),
  );
}
