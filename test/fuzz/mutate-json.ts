/** Changes of the structure of JSON. It is a tree of its own kind, which may hold what no value of JavaScript does. */
import { type Json, jsonText } from '../../src/prelude/json.js';
import { lengthMax, type Material, mutatedText } from './mutate-text.js';
import { oddJson, oddTexts } from './odd-values.js';
import type { Random } from './random.js';

type Tree =
  | { readonly kind: 'object'; readonly entries: [key: string, value: Tree][] }
  | { readonly kind: 'list'; readonly items: Tree[] }
  /** Anything, as it is written. */
  | { readonly kind: 'text'; readonly text: string };

/** What is deeper than this is kept as it is written. */
const depthMax = 300;

function treeOf(value: unknown, depth = 0): Tree {
  if (depth > depthMax) return { kind: 'text', text: jsonText(value as Json) };
  const below = (inner: unknown) => treeOf(inner, depth + 1);
  if (Array.isArray(value)) return { kind: 'list', items: value.map(below) };
  if (typeof value !== 'object' || value === null) return { kind: 'text', text: JSON.stringify(value) ?? 'null' };
  return { kind: 'object', entries: Object.entries(value).map(([key, inner]) => [key, below(inner)]) };
}

function textOf(tree: Tree): string {
  switch (tree.kind) {
    case 'object':
      return `{${tree.entries.map(([key, value]) => `${JSON.stringify(key)}:${textOf(value)}`).join(',')}}`;
    case 'list':
      return `[${tree.items.map(textOf).join(',')}]`;
    case 'text':
      return tree.text;
  }
}

/** About how long its text is; any number above the most stands for more than that. */
function weightOf(tree: Tree, most: number): number {
  if (tree.kind === 'text') return tree.text.length;
  let weight = 2;
  for (const inner of tree.kind === 'list' ? tree.items : tree.entries.map(([, value]) => value)) {
    weight += 1 + weightOf(inner, most - weight);
    if (weight > most) break;
  }
  return weight;
}

/** A place in a tree whose value can be exchanged. */
interface Place {
  readonly value: Tree;
  readonly around: Exclude<Tree, { readonly kind: 'text' }> | null;
  readonly at: number;
}

function placesIn(tree: Tree, around: Place['around'] = null, at = 0, found: Place[] = []): Place[] {
  found.push({ value: tree, around, at });
  if (tree.kind === 'object') tree.entries.forEach(([, value], index) => placesIn(value, tree, index, found));
  if (tree.kind === 'list') tree.items.forEach((value, index) => placesIn(value, tree, index, found));
  return found;
}

function put({ around, at }: Place, value: Tree): void {
  if (around?.kind === 'object') around.entries[at]![1] = value;
  if (around?.kind === 'list') around.items[at] = value;
}

function nested(tree: Tree, random: Random): Tree {
  const levels = random.size(3000);
  const [open, close] = random.pick([
    ['[', ']'],
    ['{"a":', '}'],
    ['[{"a":', '}]'],
  ] as const);
  return { kind: 'text', text: `${open.repeat(levels)}${textOf(tree)}${close.repeat(levels)}` };
}

function tweaked(tree: Tree, random: Random, words: readonly string[]): Tree {
  if (tree.kind !== 'text') return nested(tree, random);
  const value: unknown = JSON.parse(tree.text);
  if (typeof value === 'string') {
    const text =
      random.chance(0.3) && words.length > 0 ? random.pick(words) : mutatedText(value, random, { others: [], words });
    return treeOf(text);
  }
  if (typeof value !== 'number') return odd(random);
  const next = random.pick([value + 1, value - 1, -value, value * 2 ** 32, value / 3, value + 0.5, String(value)]);
  return treeOf(next);
}

function odd(random: Random): Tree {
  if (random.chance(0.1)) return treeOf('x'.repeat(random.size(lengthMax)));
  return { kind: 'text', text: random.pick(oddJson) };
}

function changeMembers(tree: Tree, random: Random, words: readonly string[]): void {
  if (tree.kind === 'list') {
    const { items } = tree;
    const at = random.below(items.length + 1);
    if (random.chance(0.4)) items.splice(at, 1);
    else if (items.length > 0)
      items.splice(at, 0, ...Array.from({ length: random.size(200) }, () => random.pick(items)));
    else items.push(odd(random));
    return;
  }
  if (tree.kind !== 'object') return;
  const { entries } = tree;
  const at = random.below(entries.length);
  switch (entries.length === 0 ? 0 : random.below(5)) {
    case 0:
      entries.splice(at, 0, [random.pick([...oddTexts, ...words]), odd(random)]);
      return;
    case 1:
      entries.splice(at, 1);
      return;
    case 2:
      entries[at]![0] = random.pick([...oddTexts, ...words, ...entries.map(([key]) => key)]);
      return;
    case 3:
      entries.splice(at, 0, [entries[at]![0], random.pick(entries)[1]]);
      return;
    default:
      entries.push(entries.splice(at, 1)[0]!);
  }
}

function changed(tree: Tree, random: Random, others: readonly Tree[], words: readonly string[]): Tree {
  const places = placesIn(tree);
  const place = random.pick(places);
  const replace = (value: Tree): Tree => {
    if (place.around === null) return value;
    put(place, value);
    return tree;
  };
  switch (random.below(8)) {
    case 0:
      return replace(odd(random));
    case 1:
    case 2:
      return replace(tweaked(place.value, random, words));
    case 3:
    case 4:
      changeMembers(
        random.pick(places.filter(({ value }) => value.kind !== 'text').concat(place)).value,
        random,
        words,
      );
      return tree;
    case 5:
      return replace(copied(random.pick(places).value));
    case 6:
      return others.length === 0 ? tree : replace(copied(random.pick(placesIn(random.pick(others))).value));
    default:
      return random.chance(0.3)
        ? replace(nested(place.value, random))
        : replace(treeOf(random.pick([...words, ...oddTexts])));
  }
}

/** A copy, since no tree may come to be within itself. */
function copied(tree: Tree): Tree {
  switch (tree.kind) {
    case 'object':
      return { kind: 'object', entries: tree.entries.map(([key, value]) => [key, copied(value)]) };
    case 'list':
      return { kind: 'list', items: tree.items.map(copied) };
    case 'text':
      return tree;
  }
}

/** The text of JSON like this one, with some changes of its structure; if it is not JSON, with changes of its letters. */
export function mutatedJson(text: string, random: Random, material: Material<string>): string {
  if (random.chance(0.15)) return mutatedText(text, random, material);
  let tree: Tree;
  let others: Tree[];
  try {
    tree = treeOf(JSON.parse(text));
    others = material.others.length === 0 ? [] : [treeOf(JSON.parse(random.pick(material.others)))];
  } catch {
    return mutatedText(text, random, material);
  }
  for (let left = random.size(5); left > 0; left--) {
    tree = changed(tree, random, others, material.words);
    if (weightOf(tree, lengthMax) > lengthMax) return text;
  }
  const written = textOf(tree);
  const whole = written.length > lengthMax ? text : written;
  return random.chance(0.05) ? mutatedText(whole, random, material) : whole;
}
