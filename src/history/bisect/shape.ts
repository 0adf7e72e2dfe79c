/**
 * What a part of a state is, so that a name in an expression can be checked before it is asked:
 *
 * - `free`: people's own data. Any member may be there or not.
 * - `value`: a text or a number, or null. With `names`, it is one of these.
 * - `members`: an object of ours, or null.
 * - `map`: an object with a member for each of some names, of which all are alike. Without `names`, any may come.
 * - `list`
 */
export type Shape =
  | { readonly kind: 'free' }
  | { readonly kind: 'value'; readonly names?: readonly string[] }
  | { readonly kind: 'members'; readonly members: Readonly<Record<string, Shape>> }
  | { readonly kind: 'map'; readonly of: string; readonly names?: readonly string[]; readonly value: Shape }
  | { readonly kind: 'list'; readonly item: Shape };
