/** A job that may get jobs below it while its graph runs. */
interface Branching<Node> {
  readonly id: string;
  readonly parents: Node[];
  readonly children: Node[];
  /** The jobs that wait for all that is spawned below it. */
  readonly awaiters: readonly Node[];
}

/** Jobs that came to be together, when the job that spawned them finished. */
export interface Growth<Node> {
  readonly spawner: Node;
  /** Their parents, as far as the submission or their spawner names them, are there from the start. */
  readonly nodes: readonly Node[];
}

/** Puts spawned jobs into their graph: below their parents, and above the jobs that wait for all that is spawned. */
export function attach<Node extends Branching<Node>>({ spawner, nodes }: Growth<Node>, jobs: Map<string, Node>): void {
  for (const node of nodes) {
    jobs.set(node.id, node);
    for (const parent of node.parents) parent.children.push(node);
  }
  for (const awaiter of spawner.awaiters) for (const node of nodes) link(awaiter, node);
}

/** Makes a job wait for another one as well. */
export function link<Node extends Branching<Node>>(awaiter: Node, node: Node): void {
  awaiter.parents.push(node);
  node.children.push(awaiter);
}

/** Takes spawned jobs out of their graph again. Those that came later must be out already. */
export function detach<Node extends Branching<Node>>({ spawner, nodes }: Growth<Node>, jobs: Map<string, Node>): void {
  const gone = new Set(nodes);
  for (const node of nodes) {
    jobs.delete(node.id);
    node.children.length = 0;
    for (const parent of node.parents) dropLast(parent.children, gone);
  }
  for (const awaiter of spawner.awaiters) dropLast(awaiter.parents, gone);
}

function dropLast<Node>(list: Node[], gone: ReadonlySet<Node>): void {
  while (list.length > 0 && gone.has(list.at(-1)!)) list.pop();
}
