import { type Bisection, graphQuestion } from '../../../history/bisect/question.js';
import { ExpressionError, readExpression } from '../../../history/bisect/expression.js';
import type { Shape } from '../../../history/bisect/shape.js';
import { firstThat } from '../../../history/bisect/search.js';
import { graphShape } from '../../../history/bisect/state-shapes.js';
import { wordsFor } from '../../../prelude/errors.js';
import { E } from '../../../prelude/fp.js';
import type { GraphModel } from './graph-model.js';

/** How long to look through states before the browser may draw again, in milliseconds. */
const sliceMs = 12;

/** The clock, and how to let others do something in between. */
export interface Turns {
  now(): number;
  next(): Promise<void>;
}

/**
 * The first moment of a graph at which an expression holds, as `bisect` finds it. Looks through the states slice by slice.
 *
 * @param onProgress is told how many states were looked at
 * @throws OverseerError `expression-invalid`; the signal's reason when it is aborted
 */
export async function findMoment(
  model: GraphModel,
  where: string,
  turns: Turns,
  signal: AbortSignal,
  onProgress: (looks: number) => void,
): Promise<Omit<Bisection, 'event'>> {
  const question = graphQuestion(model.events, { where });
  const events = model.length;
  const holds = (number: number) => question.holds(model.history.viewAt(number));
  if (question.isMonotonic) return { ...firstThat(holds, events, true), events };
  return { ...(await oneByOne(holds, events, turns, signal, onProgress)), events };
}

async function oneByOne(
  holds: (number: number) => boolean,
  last: number,
  turns: Turns,
  signal: AbortSignal,
  onProgress: (looks: number) => void,
): Promise<ReturnType<typeof firstThat>> {
  let since = turns.now();
  for (let number = 1; number <= last; number++) {
    if (holds(number)) return { number, method: 'linear', looks: number };
    if (turns.now() - since < sliceMs) continue;
    onProgress(number);
    await turns.next();
    signal.throwIfAborted();
    since = turns.now();
  }
  return { number: null, method: 'linear', looks: last };
}

/** What an expression comes to at a moment, or what is wrong with it. */
export type Watched = { readonly value: unknown } | { readonly problem: string };

/** Reads an expression once, to tell what it comes to after any number of events. */
export function watch(model: GraphModel, text: string): (number: number) => Watched {
  const read = readExpression(text, []);
  const problem = E.isLeft(read) ? read.left : read.right.unknownIn(shapeOfGraph(model));
  if (E.isLeft(read) || problem !== null) return () => ({ problem: problem! });
  return (number) => {
    try {
      return { value: read.right.evaluate(model.history.viewAt(number)) };
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      return { problem: `it has no value: ${wordsFor(error)}` };
    }
  };
}

/** A way to go on with an expression. */
export interface Completion {
  /** What stands in the list. */
  readonly shown: string;
  /** The whole text, once it is taken. */
  readonly text: string;
}

const completionsMax = 12;
/** A path at the end of a text: names, and what is in brackets. The last name may be unfinished. */
const pathAtEnd = /((?:[\p{L}_$][\p{L}\p{N}_$]*|\["[^"]*"\]|\.)*)$/u;
const stepsOf = /[\p{L}_$][\p{L}\p{N}_$]*|\["([^"]*)"\]/gu;

/** How an expression may go on, by what the graph's state has. @param text up to where one types */
export function completions(shape: Shape, text: string): readonly Completion[] {
  const path = pathAtEnd.exec(text)![1]!;
  const cut = Math.max(path.lastIndexOf('.'), path.lastIndexOf(']')) + 1;
  const [before, begun] = [path.slice(0, cut), path.slice(cut)];
  if (before.endsWith(']')) return [];
  const steps = [...before.matchAll(stepsOf)].map(([step, quoted]) => quoted ?? step);
  const at = steps.reduce<Shape | null>((inner, step) => memberOf(inner, step), shape);
  const front = text.slice(0, text.length - path.length);
  const wanted = begun.toLowerCase();
  const names = namesIn(at).filter((name) => name !== begun && name.toLowerCase().includes(wanted));
  names.sort((a, b) => Number(b.toLowerCase().startsWith(wanted)) - Number(a.toLowerCase().startsWith(wanted)));
  return names.slice(0, completionsMax).map((name) => ({ shown: name, text: front + joined(before, name) }));
}

function memberOf(shape: Shape | null, name: string): Shape | null {
  if (shape?.kind === 'members') return shape.members[name] ?? null;
  return shape?.kind === 'map' ? shape.value : null;
}

function namesIn(shape: Shape | null): string[] {
  if (shape?.kind === 'members') return Object.keys(shape.members);
  return shape?.kind === 'map' ? [...(shape.names ?? [])] : [];
}

function joined(before: string, name: string): string {
  if (/^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(name)) return before + name;
  const object = before.endsWith('.') ? before.slice(0, -1) : before;
  return `${object}[${JSON.stringify(name)}]`;
}

/** What an expression about this graph may name. */
export function shapeOfGraph(model: GraphModel): Shape {
  return graphShape([...model.latest.jobs.keys()]);
}
