import type { JobNode } from '../../../domain/graph.js';
import { plural } from '../../../prelude/phrases.js';
import { connected, type DrawnGraph, jobUnit, type Unit } from './drawn-graph.js';

/** More boxes than this are no neighbourhood. */
const boxesMost = 60;

/**
 * A job with its parents and children as boxes, and a step further on both sides if that fits. Of parents or children that
 * are too many, the first are drawn, and one box stands for the rest.
 */
export function neighbourhoodOf(nodes: readonly JobNode[], index: number): DrawnGraph {
  const job = nodes[index]!;
  const half = (boxesMost - 1) >> 1;
  const parents = distinct(job.parents, [job]);
  const children = distinct(job.children, [job, ...parents]);
  const room = { parents: boxesMost - 1 - Math.min(children.length, half), children: 0 };
  room.children = boxesMost - 1 - Math.min(parents.length, room.parents);
  const [near, rest] = [
    [...first(parents, room.parents), job, ...first(children, room.children)],
    [restOf(parents, room.parents, 'parent'), restOf(children, room.children, 'child', 'children')],
  ];
  const more = rest.filter((unit) => unit !== null);
  const all = more.length > 0 ? near : withNext(near, parents, children);
  const units = [...all.toSorted((a, b) => a.index - b.index).map(jobUnit), ...more];
  return { regime: 'jobs', nodes, ...connected(nodes, units), critical: [], hasStrip: false };
}

/** With the parents of the parents and the children of the children, if all of them fit. */
function withNext(
  near: readonly JobNode[],
  parents: readonly JobNode[],
  children: readonly JobNode[],
): readonly JobNode[] {
  const next = distinct(
    [...parents.flatMap((each) => each.parents), ...children.flatMap((each) => each.children)],
    near,
  );
  return near.length + next.length > boxesMost ? near : [...near, ...next];
}

function distinct(nodes: readonly JobNode[], without: readonly JobNode[]): readonly JobNode[] {
  const found = new Set(nodes);
  for (const node of without) found.delete(node);
  return [...found];
}

/** One place is kept for the box of the rest. */
function first(nodes: readonly JobNode[], room: number): readonly JobNode[] {
  return nodes.length <= room ? nodes : nodes.slice(0, room - 1);
}

function restOf(nodes: readonly JobNode[], room: number, one: string, many?: string): Omit<Unit, 'inner'> | null {
  const rest = nodes.slice(first(nodes, room).length);
  if (rest.length === 0) return null;
  const name = `${plural(rest.length, `more ${one}`, many === undefined ? undefined : `more ${many}`)}`;
  return {
    key: `more ${one}`,
    kind: 'more',
    name,
    jobs: rest.map(({ index }) => index),
    shown: [],
    isUnfolded: false,
  };
}
