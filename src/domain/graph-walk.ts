/** A job that knows its neighbours in the graph. */
interface Linked<Node> {
  readonly parents: readonly Node[];
  readonly children: readonly Node[];
}

/** All jobs that depend on a job, directly or through others. */
export function descendants<Node extends Linked<Node>>(node: Node): ReadonlySet<Node> {
  return reached(node, (at) => at.children);
}

/** All jobs a job depends on, directly or through others. */
export function ancestors<Node extends Linked<Node>>(node: Node): ReadonlySet<Node> {
  return reached(node, (at) => at.parents);
}

/** Everything that can be reached from a node in one step or more. */
export function reached<Node>(from: Node, next: (node: Node) => readonly Node[]): ReadonlySet<Node> {
  const found = new Set<Node>();
  const open = [...next(from)];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (found.has(at)) continue;
    found.add(at);
    open.push(...next(at));
  }
  return found;
}
