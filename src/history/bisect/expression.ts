import jsep, { type Expression } from 'jsep';
import { wordsFor } from '../../prelude/errors.js';
import { isPlainObject } from '../../prelude/json.js';
import { E, type Either } from '../../prelude/fp.js';
import type { Shape } from './shape.js';
import { shapeOf, UnknownNameError } from './expression-names.js';

/** A question about a state, read from text: `jobs.report.attempt >= 2 && count.failed == 0`. */
export interface StateExpression {
  readonly text: string;
  /**
   * Whether the text shows that it stays true once it is: it only tests whether numbers that never fall have reached a
   * bound.
   */
  readonly isMonotonic: boolean;
  /** What is wrong with the names in it, given what the state can have; null if nothing is. */
  unknownIn(state: Shape): string | null;
  /** Its value for a state. A missing member is null. Throws an ExpressionError where an operator has no meaning. */
  evaluate(state: object): unknown;
}

/** An expression that cannot be evaluated; the message says where. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
}

const forms = 'an expression compares what is in the state, such as: status == "failed" || jobs.report.attempt >= 2';

/**
 * Reads an expression: names, members (`a.b`, `a["b"]`), numbers, strings, true, false, null, `! - + * / % == != < <= >
 * >= && ||`, parentheses, `? :`, arrays with `in`. It reaches the state it is given and nothing else: no call, no
 * assignment, no prototype.
 *
 * @param risingNames paths of numbers that never fall from one state to the next, with `*` for any name
 * @returns the expression, or a sentence that says what is wrong
 */
export function readExpression(text: string, risingNames: readonly string[]): Either<string, StateExpression> {
  return E.tryCatch(
    () => {
      const root = parse(text);
      assertShallow(root);
      check(root);
      const rising = risingNames.map((name) => name.split('.'));
      return {
        text,
        isMonotonic: isMonotonic(root, rising),
        unknownIn: (shape) => unknownIn(root, shape, text),
        evaluate: (state) => evaluate(root, state),
      };
    },
    (thrown) => `${shownText(text)} cannot be asked: ${cut(wordsFor(thrown))}; ${forms}`,
  );
}

function unknownIn(root: Expression, state: Shape, text: string): string | null {
  try {
    shapeOf(root, state);
    return null;
  } catch (error) {
    if (!(error instanceof UnknownNameError)) throw error;
    return `${shownText(text)} cannot be asked: ${error.message}`;
  }
}

jsep.addBinaryOp('in', 7);

/** The parser knows more than this language does; `check` refuses that. */
function parse(text: string): Expression {
  if (text.trim() === '') throw new ExpressionError('it is empty');
  if (text.length > lengthMax) {
    throw new ExpressionError(`it has ${text.length} characters, and at most ${lengthMax} are taken`);
  }
  if (nestingAtMost(text) > depthMax) throw tooDeep();
  return jsep(text);
}

type Node = Expression & Record<string, unknown>;

const lengthMax = 64 * 1024;
/** Parsing and evaluation use recursion, and a chain of N terms is a tree N levels deep. */
const depthMax = 1000;

function tooDeep(): ExpressionError {
  const instead = 'ask by a function instead (--module FILE)';
  return new ExpressionError(`it nests, or connects in a row, more than ${depthMax} terms; ${instead}`);
}

/** An upper bound on how deep the parser recurses: once for each bracket, sign and condition. */
function nestingAtMost(text: string): number {
  const withoutTexts = text.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/gs, '');
  return withoutTexts.match(/[([{!~+?-]/g)?.length ?? 0;
}

/** Goes through the tree level by level, without recursion. */
function assertShallow(root: Expression): void {
  let level: readonly unknown[] = [root];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > depthMax) throw tooDeep();
    level = level.flatMap((node) =>
      Object.values(node as Node)
        .flat()
        .filter((inner) => typeof inner === 'object' && inner !== null),
    );
  }
}

const operators: Record<string, (left: unknown, right: unknown) => unknown> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => ordered(a, b) < 0,
  '<=': (a, b) => ordered(a, b) <= 0,
  '>': (a, b) => ordered(a, b) > 0,
  '>=': (a, b) => ordered(a, b) >= 0,
  '+': (a, b) => numeric(a) + numeric(b),
  '-': (a, b) => numeric(a) - numeric(b),
  '*': (a, b) => numeric(a) * numeric(b),
  '/': (a, b) => numeric(a) / numeric(b),
  '%': (a, b) => numeric(a) % numeric(b),
  in: (item, list) => Array.isArray(list) && list.includes(item),
};

const connectives = ['&&', '||'];
const signs = ['!', '-'];

/** Throws for whatever is not part of the language, before anything is evaluated. */
function check(node: Expression): void {
  const { type } = node;
  const operator = (node as Node)['operator'] as string;
  switch (type) {
    case 'Literal':
    case 'Identifier':
      return;
    case 'MemberExpression':
      return checkAll(node, (node as Node)['computed'] === true ? ['object', 'property'] : ['object']);
    case 'UnaryExpression':
      if (!signs.includes(operator)) throw new ExpressionError(`it has no operator ${operator}`);
      return checkAll(node, ['argument']);
    case 'BinaryExpression':
    case 'LogicalExpression':
      if (!Object.hasOwn(operators, operator) && !connectives.includes(operator)) {
        const instead = ['===', '!=='].includes(operator) ? `; write ${operator.slice(0, 2)}` : '';
        throw new ExpressionError(`it has no operator ${operator}${instead}`);
      }
      return checkAll(node, ['left', 'right']);
    case 'ConditionalExpression':
      return checkAll(node, ['test', 'consequent', 'alternate']);
    case 'ArrayExpression':
      return ((node as Node)['elements'] as (Expression | null)[]).forEach(checkElement);
    case 'CallExpression':
      throw new ExpressionError('nothing can be called');
    case 'Compound':
      throw new ExpressionError('it is several expressions; connect them with && or ||');
    default:
      throw new ExpressionError(`it cannot hold ${type === 'ThisExpression' ? '"this"' : `a ${type}`}`);
  }
}

function checkAll(node: Expression, members: readonly string[]): void {
  for (const member of members) check((node as Node)[member] as Expression);
}

function checkElement(element: Expression | null): void {
  if (element === null) throw new ExpressionError('an array in it has a hole');
  check(element);
}

function evaluate(node: Expression, state: object): unknown {
  const each = node as Node;
  const of = (member: string) => evaluate(each[member] as Expression, state);
  switch (each.type) {
    case 'Literal':
      return each['value'];
    case 'Identifier':
      return memberOf(state, each['name']);
    case 'MemberExpression':
      return memberOf(of('object'), keyOf(each, state));
    case 'UnaryExpression':
      return each['operator'] === '!' ? !isTrue(of('argument')) : -numeric(of('argument'));
    case 'ConditionalExpression':
      return isTrue(of('test')) ? of('consequent') : of('alternate');
    case 'ArrayExpression':
      return (each['elements'] as Expression[]).map((element) => evaluate(element, state));
    default: {
      const operator = each['operator'] as string;
      if (operator === '&&') return isTrue(of('left')) && isTrue(of('right'));
      if (operator === '||') return isTrue(of('left')) || isTrue(of('right'));
      return operators[operator]!(of('left'), of('right'));
    }
  }
}

function keyOf(node: Node, state: object): unknown {
  if (node['computed'] === true) return evaluate(node['property'] as Expression, state);
  return (node['property'] as Node)['name'];
}

/** Own members only: what objects inherit is not part of a state. */
function memberOf(value: unknown, key: unknown): unknown {
  const isKey = typeof key === 'string' || typeof key === 'number';
  if (!isKey || typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return null;
  return (value as Record<string, unknown>)[key] ?? null;
}

/** Whether a value counts as true, by the rules of JavaScript. */
export function isTrue(value: unknown): boolean {
  return Boolean(value);
}

function numeric(value: unknown): number {
  if (typeof value === 'number') return value;
  throw new ExpressionError(`${shown(value)} is not a number`);
}

/** Numbers among each other and texts among each other; compared with null, nothing is less or greater. */
function ordered(a: unknown, b: unknown): number {
  if (a === null || b === null) return NaN;
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0;
  throw new ExpressionError(`${shown(a)} and ${shown(b)} cannot be put in order`);
}

function shown(value: unknown): string {
  if (isPlainObject(value)) return 'an object';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'string' ? shownText(value) : JSON.stringify(value);
}

function shownText(text: string): string {
  return JSON.stringify(cut(text));
}

function cut(text: string): string {
  return text.length > shownMax ? `${text.slice(0, shownMax - 1)}…` : text;
}

const shownMax = 200;

/** `rising >= constant` and `rising > constant`, either way round, and && and || of these. */
function isMonotonic(node: Expression, rising: readonly (readonly string[])[]): boolean {
  const { operator, left, right } = node as Node & { left: Expression; right: Expression };
  switch (operator) {
    case '&&':
    case '||':
      return isMonotonic(left, rising) && isMonotonic(right, rising);
    case '>':
    case '>=':
      return isRising(left, rising) && right.type === 'Literal';
    case '<':
    case '<=':
      return left.type === 'Literal' && isRising(right, rising);
    default:
      return false;
  }
}

function isRising(node: Expression, rising: readonly (readonly string[])[]): boolean {
  const path = pathOf(node);
  return rising.some(
    (pattern) =>
      path !== null && pattern.length === path.length && pattern.every((key, at) => key === '*' || key === path[at]),
  );
}

function pathOf(node: Expression): readonly string[] | null {
  const { type, name, object, property, computed } = node as Node & { object: Expression; property: Node };
  if (type === 'Identifier') return [name as string];
  if (type !== 'MemberExpression') return null;
  const above = pathOf(object);
  const key = computed === true ? (property['value'] as unknown) : property['name'];
  return above === null || typeof key !== 'string' ? null : [...above, key];
}
