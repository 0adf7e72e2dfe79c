/** @internal Whether a graph has all of some labels, with these values. */
export function hasLabels(
  graph: { readonly labels: Readonly<Record<string, string>> },
  labels: Readonly<Record<string, string>> = {},
): boolean {
  return Object.entries(labels).every(([key, value]) => graph.labels[key] === value);
}
