/**
 * Reads random, spoilt, deep and long texts as JSON, YAML, settings and expressions, for the given seconds (60 by default).
 * Each must soon have a value, or be refused with a sentence of ours: `node --import tsx scripts/soak/hostile-text.ts 600`.
 */
import { parseSetting } from '../../src/cli/input/data-file.js';
import { UsageError } from '../../src/cli/failure.js';
import { readYamlText } from '../../src/cli/input/yaml-text.js';
import { readExpression } from '../../src/history/bisect/expression.js';
import { readJsonText } from '../../src/prelude/json-text.js';

const pieces =
  '{ } [ ] : , " \' a b: 1 -1 1e9 - ? | > & * &a *a << <<: *a ! !!set % --- ... # \\ \\u0061 \\n ~ null true'.split(
    ' ',
  );
const others = [
  '\n',
  '\n  ',
  ' ',
  '\t',
  '\r\n',
  '\u0000',
  '\ufeff',
  '\ud800',
  '\u{1f600}',
  '"a": ',
  'a: ',
  '- ',
  '? ',
  '(',
  '!',
  '&& ',
  '|| ',
];
const soonMs = 20_000;

function anyOf<A>(items: readonly A[]): A {
  return items[Math.floor(Math.random() * items.length)]!;
}

/** A few pieces, repeated; one time in twenty many. */
function text(): string {
  const times = Math.random() < 0.05 ? 20_000 : 1 + Math.floor(Math.random() * 8);
  const piece = () => anyOf(Math.random() < 0.6 ? pieces : others);
  const group = Array.from({ length: 1 + Math.floor(Math.random() * 6) }, piece).join('');
  return Array.from({ length: 1 + Math.floor(Math.random() * 6) }, piece).join('') + group.repeat(times);
}

const readers: Readonly<Record<string, (given: string) => unknown>> = {
  json: (given) => {
    const read = readJsonText(given);
    if (read._tag === 'Right') JSON.parse(given);
  },
  yaml: (given) => readYamlText(given),
  setting: (given) => parseSetting(given),
  expression: (given) => {
    const read = readExpression(given, []);
    if (read._tag === 'Left' && /call stack/.test(read.left)) throw new RangeError(read.left.slice(-200));
  },
};

const untilMs = performance.now() + 1000 * Number(process.argv[2] ?? 60);
let total = 0;
let slowestMs = 0;
const failures: string[] = [];
while (performance.now() < untilMs) {
  const given = text();
  for (const [name, read] of Object.entries(readers)) {
    const startedAt = performance.now();
    try {
      read(given);
    } catch (error) {
      const isOurs = error instanceof UsageError;
      const isOverflow = String(error).includes('call stack');
      if (!isOurs || isOverflow)
        failures.push(`${name}: ${JSON.stringify(given.slice(0, 80))} (${given.length}): ${String(error)}`);
    }
    const tookMs = performance.now() - startedAt;
    slowestMs = Math.max(slowestMs, tookMs);
    if (tookMs > soonMs) failures.push(`${name}: ${JSON.stringify(given.slice(0, 80))} took ${Math.round(tookMs)} ms`);
    total += 1;
  }
}
for (const failure of failures.slice(0, 20)) console.log(failure);
console.log(`${total} texts read, ${failures.length} failures, the slowest took ${Math.round(slowestMs)} ms`);
if (failures.length > 0) process.exitCode = 1;
