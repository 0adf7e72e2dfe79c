import type { Expression } from 'jsep';
import { shownName } from '../../prelude/known-names.js';
import { closeAmong, closeTo } from '../../prelude/nearest.js';
import type { Shape } from './shape.js';

/** A name that does not exist. Thrown and caught while an expression is checked. */
export class UnknownNameError extends Error {
  override readonly name = 'UnknownNameError';
}

type Node = Expression & Record<string, unknown>;

const free: Shape = { kind: 'free' };
const value: Shape = { kind: 'value' };
const comparisons = ['==', '!=', 'in'];

/**
 * Goes through an expression and says what each part of it is.
 *
 * @throws UnknownNameError for a name that the state can never have, or a text that a value never is
 */
export function shapeOf(node: Expression, state: Shape): Shape {
  const each = node as Node;
  const of = (member: string) => shapeOf(each[member] as Expression, state);
  switch (each.type) {
    case 'Identifier':
      return memberOf(state, (each as Node & { name: string }).name, null, state);
    case 'MemberExpression': {
      const object = of('object');
      if (each['computed'] === true) of('property');
      return memberOf(object, keyOf(each), each, state);
    }
    case 'ConditionalExpression':
      of('test');
      of('consequent');
      of('alternate');
      return free;
    case 'ArrayExpression':
      for (const element of each['elements'] as Expression[]) shapeOf(element, state);
      return free;
    case 'UnaryExpression':
      of('argument');
      return value;
    case 'BinaryExpression':
    case 'LogicalExpression': {
      const [left, right] = [of('left'), of('right')];
      if (!comparisons.includes(each['operator'] as string)) return value;
      assertTexts(each['left'] as Expression, left, each['right'] as Expression);
      assertTexts(each['right'] as Expression, right, each['left'] as Expression);
      return value;
    }
    default:
      return value;
  }
}

type Key = string | number | undefined;

/** The name of a member; undefined where it is computed, and so not known before. */
function keyOf(node: Node): Key {
  const property = node['property'] as Node;
  const key = node['computed'] === true ? property['value'] : property['name'];
  return typeof key === 'string' || typeof key === 'number' ? key : undefined;
}

function memberOf(shape: Shape, key: Key, node: Node | null, state: Shape): Shape {
  switch (shape.kind) {
    case 'free':
      return free;
    case 'list':
      if (key === 'length') return { kind: 'value' };
      if (typeof key === 'string')
        throw new UnknownNameError(`${written(node, 'object')} is a list, and has no ${key}`);
      return shape.item;
    case 'value':
      if (key === undefined) return free;
      throw new UnknownNameError(`${written(node, 'object')} has no members, such as ${shownName(String(key))}`);
    case 'members':
      if (key === undefined) return free;
      if (typeof key === 'string' && Object.hasOwn(shape.members, key)) return shape.members[key]!;
      throw unknownMember(String(key), Object.keys(shape.members), node, state);
    case 'map':
      if (key === undefined || shape.names === undefined || shape.names.includes(String(key))) return shape.value;
      throw new UnknownNameError(`there is no ${shape.of} ${shownName(String(key))}${meant(String(key), shape.names)}`);
  }
}

function unknownMember(name: string, known: readonly string[], node: Node | null, state: Shape): UnknownNameError {
  const whose = node === null ? 'the state' : written(node, 'object');
  const near = closeAmong(name, known);
  const elsewhere = node === null ? placeOf(name, state) : null;
  const suggestion = elsewhere ?? near;
  const all = `it has ${known.join(', ')}`;
  const advice = suggestion === null ? all : `did you mean ${suggestion}? ${all[0]!.toUpperCase()}${all.slice(1)}`;
  return new UnknownNameError(`${whose} has no ${shownName(name)}; ${advice}`);
}

/** Where a name is, if it is not a member of the state but of one of its members: `report` is `jobs.report`. */
function placeOf(name: string, state: Shape): string | null {
  if (state.kind !== 'members') return null;
  for (const [member, shape] of Object.entries(state.members)) {
    const names =
      shape.kind === 'map' ? (shape.names ?? []) : shape.kind === 'members' ? Object.keys(shape.members) : [];
    if (names.includes(name)) return `${member}${access(name)}`;
  }
  return null;
}

/** The end of a sentence on a name that people have given: which one is near, or begins like this. */
function meant(name: string, names: readonly string[]): string {
  // What begins alike may have been cut at a dash: `jobs.page-1` is `jobs.page`, minus 1.
  const near =
    closeTo(name, names) ?? names.find((known) => known.startsWith(name) && /^\W/.test(known.slice(name.length)));
  if (near === undefined) return '';
  return `; did you mean ${isWord(near) ? near : `["${near}"]`}?`;
}

/** A text that is compared with a value that can never be that text. */
function assertTexts(node: Expression, shape: Shape, compared: Expression): void {
  if (shape.kind !== 'value' || shape.names === undefined) return;
  const literals = compared.type === 'ArrayExpression' ? ((compared as Node)['elements'] as Expression[]) : [compared];
  for (const literal of literals) {
    const text = (literal as Node)['value'];
    if (literal.type !== 'Literal' || typeof text !== 'string' || shape.names.includes(text)) continue;
    const few = shape.names.length <= listedMax;
    const near = few ? closeAmong(text, shape.names) : closeTo(text, shape.names);
    const sentence = `${writtenNode(node)} is never ${shownName(text)}`;
    const advice = [
      ...(near === null ? [] : [`did you mean ${JSON.stringify(near)}?`]),
      ...(few ? [`${near === null ? 'it' : 'It'} is one of ${shape.names.join(', ')}`] : []),
    ].join(' ');
    throw new UnknownNameError(advice === '' ? sentence : `${sentence}; ${advice}`);
  }
}

const listedMax = 20;

function written(node: Node | null, member: string): string {
  return node === null ? 'the state' : writtenNode(node[member] as Expression);
}

/** An expression as it would be written, as far as it is names and members. */
function writtenNode(node: Expression): string {
  const each = node as Node;
  if (each.type === 'Identifier') return each['name'] as string;
  if (each.type !== 'MemberExpression') return 'it';
  const object = writtenNode(each['object'] as Expression);
  const key = keyOf(each);
  return `${object}${key === undefined ? '[…]' : access(key)}`;
}

function access(key: string | number): string {
  if (typeof key === 'number') return `[${key}]`;
  return isWord(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

function isWord(name: string): boolean {
  return /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(name);
}
