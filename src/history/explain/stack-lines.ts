import type { Paint } from '../../domain/status-phrases.js';

/** Lines of Node itself say where nobody has to look. */
const ofNode = /\(node:|at node:|\(internal\//;

/**
 * A recorded stack, line by line and indented. What stands before the first frame repeats the failure, which is shown
 * already, unless there is no frame at all.
 */
export function stackLines(stack: string, paint: Paint, indent = '    '): string[] {
  const lines = stack
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const first = lines.findIndex((line) => line.startsWith('at '));
  return lines.slice(Math.max(0, first)).map((line) => `${indent}${ofNode.test(line) ? paint.dim(line) : line}`);
}
