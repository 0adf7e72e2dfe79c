/** Texts that people write: JSON, YAML, and the small languages of flags. */
import { isDeepStrictEqual } from 'node:util';
import { readArgs, readLabels, readWholeNumber } from '../../../src/cli/input/flag-values.js';
import { jobsMeant, partOf } from '../../../src/cli/input/job-filters.js';
import { parseSetting } from '../../../src/cli/input/data-file.js';
import { readYamlText } from '../../../src/cli/input/yaml-text.js';
import { readMoment } from '../../../src/history/moments/read-moment.js';
import { E } from '../../../src/prelude/fp.js';
import { patchBetween, applyPatch, isSame, segmentsOf } from '../../../src/prelude/json-patch.js';
import { toJson, type Json } from '../../../src/prelude/json.js';
import { placeOf, readJsonText } from '../../../src/prelude/json-text.js';
import { pageOf, readCursor } from '../../../src/store/pages.js';
import { msOf, signedMsOf } from '../../../src/prelude/duration.js';
import { json, text, words } from '../inputs.js';
import { accepted, demand, refused, target } from '../target.js';

/** The value of a text by the parser of JavaScript. */
function parsed(written: string): { readonly value: unknown } | null {
  try {
    return { value: JSON.parse(written) as unknown };
  } catch {
    return null;
  }
}

const jsonText = target({
  name: 'json-text',
  kind: json,
  seeds: [
    '{"a": [1, -2.5e3, "x\\n\\u00e9", null, true, {"b": {}}], "c": ""}',
    '[9007199254740991, 0.1, "🦀"]',
    ' "x" ',
    '0',
  ],
  inputs: 3000,
  decode(input) {
    const read = readJsonText(input);
    const parser = parsed(input);
    if (E.isRight(read)) {
      demand(parser !== null && isDeepStrictEqual(read.right, parser.value), 'it is not what a parser of JSON reads');
      return accepted();
    }
    const { offset, reason } = read.left;
    demand(offset >= 0 && offset <= input.length, `the offset ${offset} is outside of the text`);
    const { line, column } = placeOf(input, offset);
    demand(line >= 1 && column >= 1, `line ${line}, column ${column} is no place`);
    const isStricter = /stands twice|too large|more digits|nested too deep/.test(reason);
    demand(isStricter || parser === null, `a parser of JSON takes it: ${reason}`);
    return refused(reason);
  },
});

const yamlSeeds = [
  'jobs:\n  fetch: &f\n    type: fetch\n    args: {page: 1, when: 2026-01-01}\n  again:\n    <<: *f\n    after: [fetch]\n',
  "a: \"x\\ty\"\nb: 'it''s'\nc: |\n  two\n  lines\nd: >-\n  folded\n  text\ne: [1, 0x1f, 0o7, 1e3, .5, ~, yes, null]\n",
  '? a\n: b\n"k": !!str 12\n',
  '- 1\n- [x, {y: z}]\n-\n  - deep\n',
  'a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b, *b]\n',
  '{"json": [1, "two", null]}',
  'x',
];

const yamlText = target({
  name: 'yaml-text',
  kind: text,
  seeds: yamlSeeds,
  words: [
    '&a ',
    '*a',
    '*b',
    '<<: *a',
    '<<: [*a, *b]',
    '- ',
    ': ',
    '\n  ',
    '!!map',
    '!!set',
    '!!omap',
    '!!float',
    '|\n',
    '>\n',
    '---\n',
    '? ',
  ],
  inputs: 1500,
  decode(input) {
    const read = readYamlText(input);
    if (E.isLeft(read)) {
      const { offset, reason } = read.left;
      demand(offset >= 0 && offset <= input.length, `the offset ${offset} is outside of the text`);
      return refused(reason);
    }
    const copy = toJson(read.right, 'it');
    if (E.isLeft(copy)) return refused(copy.left);
    const written = JSON.stringify(copy.right);
    // Aliases may repeat a little so often that it takes long to write down.
    if (written.length > 100_000) return accepted();
    const again = readYamlText(written);
    demand(
      E.isRight(again) && isSame(again.right as Json, copy.right),
      'written as JSON, it is read as something else',
    );
    return accepted();
  },
});

const setting = target({
  name: 'setting',
  kind: text,
  seeds: [
    '5',
    'true',
    '{ adapter: sqlite, config: { path: x.db } }',
    '[1, 2]',
    'esdb://host:2113?tls=false',
    '1e3',
    "'5'",
    '{ a: { concurrency: 2, retry: { maximumAttempts: 3 } } }',
  ],
  inputs: 1500,
  decode(input) {
    const value = parseSetting(input);
    const isText = value === input;
    demand(isText || typeof value !== 'string' || value.length <= input.length, 'a text has grown');
    return isText ? refused() : accepted();
  },
});

const moment = target({
  name: 'moment',
  kind: text,
  seeds: [
    '2026-03-01T12:30:00',
    '2026-03-01',
    '2026-03-01T12:30:00.123Z',
    '2026-03-01 12:30+02:00',
    '@12',
    '@12/7',
    '#3',
    '@0007',
  ],
  inputs: 1500,
  decode(input) {
    const read = readMoment(input);
    switch (read.kind) {
      case 'position':
        demand(isDeepStrictEqual(readMoment(`@${read.position}`), read), 'the position is read as another one');
        break;
      case 'event':
        demand(read.number >= 0, 'an event has a number below 0');
        break;
      case 'time':
        demand(isDeepStrictEqual(readMoment(new Date(read.at).toISOString()), read), 'the time is read as another one');
    }
    return accepted();
  },
});

const duration = target({
  name: 'duration',
  kind: text,
  seeds: ['90s', '1d 12h', '1.5 s', '-3h', '250ms', '2 min 3 s', '0s'],
  inputs: 1500,
  decode(input) {
    const signed = signedMsOf(input, 'the pause');
    demand(Number.isFinite(signed), `it is ${signed} ms`);
    demand(signed < 0 || Object.is(msOf(input, 'the pause'), signed), 'it is read in two ways');
    return accepted();
  },
});

const cursor = target({
  name: 'cursor',
  kind: text,
  seeds: ['12 0 nightly', '12/13 7 a graph', '1 2 ü 🦀'].map((plain) => Buffer.from(plain).toString('base64url')),
  words: ['12', ' ', '_', '-', 'MTIgMCBn', 'MTI'],
  inputs: 1500,
  decode(input) {
    const read = readCursor(input);
    demand(/^\d+(\/\d+)?$/.test(read.position), `it has the position ${read.position}`);
    const { next } = pageOf(
      [read, read],
      { limit: 1 },
      (item) => item,
      () => null,
    );
    demand(isDeepStrictEqual(readCursor(next!), read), 'written again, it is read as another one');
    return accepted();
  },
});

const flags = target({
  name: 'flag-values',
  kind: words,
  seeds: [
    ['team=billing', '{"org": 123, "list": [1, {"a": "x"}]}', '12'],
    ['a=', '{}', '+7'],
    ['k=v=w', '{"__proto__": {"x": 1}}', '-1'],
  ],
  words: ['a=b', '=', 'team=', '{"a":1}', '{"a":1e400}', '{"a":{"a":{}}}', '[1]', '1', '9007199254740993', '-5', '+0'],
  inputs: 2500,
  decode([label = '', args = '', number = '']) {
    const labels = readLabels([label, label]);
    demand(
      Object.entries(labels).every(([key, value]) => `${key}=${value}` === label),
      'a label is another one',
    );
    const value = readArgs(args)!;
    demand(isDeepStrictEqual(readArgs(JSON.stringify(value)), value) || /-0/.test(args), 'args are read as others');
    const whole = readWholeNumber('--limit', number, -10)!;
    demand(Number.isSafeInteger(whole) && whole >= -10, `the number is ${whole}`);
    return accepted();
  },
});

const jobs = ['page-1', 'page-2', 'report', 'a,b', 'a*b', '-', 'üñ 🦀', 'x'.repeat(400), 'ab'.repeat(200)].map(
  (id, index) => ({
    id,
    type: index < 2 ? 'fetch' : `type ${id.slice(0, 20)}`,
    status: 'unstarted' as const,
    derivedStatus: index === 0 ? ('ready' as const) : ('waiting' as const),
  }),
);

const jobFilter = target({
  name: 'job-filter',
  kind: words,
  seeds: [
    ['ready,waiting', 'fetch', 'page-*', '5', 'page-1'],
    ['unstarted', 'fetch,type report', 'a,b', '1', 'page-2'],
    ['ready', 'fetch', '*x*x*x*', '100', 'report'],
  ],
  words: [
    '*',
    '**',
    '*a*b',
    'page-1',
    'page-2',
    ',',
    'x*x*x*x*x*x*x*x*y',
    'ready',
    'fetch',
    '$&',
    '\\',
    '[',
    '(?=',
    '1',
    'a*b',
  ],
  inputs: 2500,
  decode([status = '', type = '', job = '', limit = '1', after = '']) {
    const meant = jobsMeant('nightly', jobs, { status: [status], type: [type], job: [job] });
    demand(
      meant.every((each) => jobs.includes(each)),
      'a job is found that is not there',
    );
    const part = partOf('nightly', jobs, meant, { options: { limit, after }, limit: 10 });
    demand(part.items.length + part.left <= meant.length, 'a part is more than the whole');
    return accepted();
  },
});

const patch = target({
  name: 'json-patch',
  kind: json,
  seeds: [
    '[{"a": 1, "b": {"c": [1]}}, {"a": 2, "b": {"c": [1, 2], "d/~e": null}}]',
    '[[1], {"0": 1}]',
    '[null, {"__proto__": {"a": 1}}]',
  ],
  words: ['a', 'b', '/', '~', '~0', '~1', '/~01', '0', '-'],
  inputs: 2000,
  decode(input) {
    const read = parsed(input)?.value;
    const copy = toJson(read, 'it');
    if (!Array.isArray(read) || E.isLeft(copy)) return refused();
    const [before = null, after = null] = copy.right as readonly Json[];
    const operations = patchBetween(before, after);
    demand(isSame(applyPatch(before, operations), after), 'the patch does not lead there');
    demand(operations.length > 0 || isSame(before, after), 'a difference has no operation');
    for (const { path } of operations) demand(path === '' || segmentsOf(path).length > 0, 'a path leads nowhere');
    return accepted();
  },
});

export const textTargets = [jsonText, yamlText, setting, moment, duration, cursor, flags, jobFilter, patch];
