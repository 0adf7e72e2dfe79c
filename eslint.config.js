import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';
import pureModules from './pure-modules.cjs';

/**
 * Packages that are at home in one place only. dependency-cruiser holds src to the same borders; these hold for the
 * tests and tools as well, and are seen while typing.
 */
const borders = [
  {
    home: 'test/support/**',
    packages: ['uvu', 'uvu/*'],
    why: 'uvu turns broken tests green: use test/support/spec.ts',
  },
  {
    home: 'src/prelude/**',
    packages: ['fp-ts', 'fp-ts/*', 'croner'],
    why: 'fp-ts/Either fails in plain Node, and cron lines have one door: use src/prelude',
  },
  { home: '{src,test}/log/sqlite/**', packages: ['better-sqlite3'], why: 'only src/log/sqlite knows its engine' },
  {
    home: '{{src,test}/log/eventstoredb,test/server-projections,bench}/**',
    packages: ['@eventstore/*', '@grpc/*'],
    why: 'only src/log/eventstoredb knows its client',
  },
  { home: 'src/history/projections/**', packages: ['immer'], why: 'drafts are for recipes of projections' },
];

function restrictedImports(crossable) {
  const patterns = borders
    .filter((border) => border !== crossable)
    .map(({ packages, why }) => ({ group: packages, message: why }));
  const pathReporter = { name: 'io-ts/PathReporter', message: 'it fails in plain Node; and our reports are shorter' };
  return { 'no-restricted-imports': ['error', { paths: [pathReporter], patterns }] };
}

export default defineConfig(
  globalIgnores(['dist/', 'coverage/', '.tmp/', 'examples/**/out/']),
  {
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-console': 'error',
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      ...restrictedImports(null),
    },
  },
  {
    // One state and what each event does to it; one storage format; one table. None is easier to read in two files.
    files: ['src/domain/graph.ts', 'src/domain/events.ts', 'src/prelude/error-codes.ts'],
    rules: { 'max-lines': 'off' },
  },
  {
    // A suite of tests is a list, and may be longer.
    files: ['test/**/*.ts'],
    rules: { 'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }] },
  },
  ...borders.map((border) => ({ files: [`${border.home}/*.ts`], rules: restrictedImports(border) })),
  {
    // These run in a browser too, and have no clock and no chance. (`utf8.ts` looks whether there is a Buffer.)
    files: [
      `src/{prelude,${pureModules.rooms.join(',')}}/**/*.ts`,
      ...pureModules.history.map((file) => `src/history/${file}.ts`),
    ],
    ignores: ['src/prelude/{timer,utf8}.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...['Buffer', 'process', 'global', 'require', '__dirname', '__filename', 'performance'],
        ...['setTimeout', 'setInterval', 'setImmediate'],
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now' },
        { object: 'Math', property: 'random' },
      ],
      'no-restricted-syntax': [
        'error',
        { selector: 'NewExpression[callee.name=Date][arguments.length=0]', message: 'time comes in from outside' },
      ],
    },
  },
  {
    // Scripts for the server's own interpreter, which knows the language and these words, and nothing else.
    files: ['projections/*.js'],
    languageOptions: {
      sourceType: 'script',
      ecmaVersion: 2019,
      globals: { fromAll: 'readonly', fromStream: 'readonly', emit: 'readonly', linkTo: 'readonly' },
    },
    rules: {
      'no-undef': 'error',
      'no-unused-vars': 'error',
      'no-restricted-globals': ['error', 'Date', 'Promise'],
      'no-restricted-properties': ['error', { object: 'Math', property: 'random' }],
    },
  },
  // These five are one script, joined when it is installed.
  ...[
    {
      file: 'graph-progress',
      from: [
        ...[
          'isReadable',
          'submit',
          'spawn',
          'grow',
          'passOver',
          'settle',
          'settled',
          'compared',
          'counted',
          'everyJob',
        ],
        ...['standing', 'prospectOf'],
      ],
    },
    {
      file: 'graph-progress-submission',
      from: [
        ...[
          'nothingYet',
          'settled',
          'everyJob',
          'awaitSubmitted',
          'jobsPerPartMax',
          'sizeMax',
          'sizeOfRules',
          'textMax',
        ],
      ],
    },
    {
      file: 'graph-progress-growth',
      from: ['passOver', 'joined', 'takeRules', 'jobsPerPartMax', 'sizeMax', 'textMax'],
    },
    { file: 'graph-progress-spread', from: [] },
    { file: 'graph-progress-shapes', from: [] },
  ].map(({ file, from }, _, all) => ({
    files: [`projections/${file}.js`],
    languageOptions: { globals: Object.fromEntries(from.map((name) => [name, 'readonly'])) },
    rules: {
      'no-unused-vars': ['error', { varsIgnorePattern: `^(${all.flatMap((other) => other.from).join('|')})$` }],
    },
  })),
  {
    // These speak to a person in a terminal.
    files: ['src/cli/**/*.ts', 'test/**/*.ts', 'examples/**/*.ts', 'bench/**/*.ts', 'scripts/**/*.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    // What node:test's `test` returns need not be awaited.
    files: ['docs/snippets/*.test.ts'],
    rules: {
      '@typescript-eslint/no-floating-promises': [
        'error',
        { allowForKnownSafeCalls: [{ from: 'package', package: 'node:test', name: 'test' }] },
      ],
    },
  },
  {
    // Tests look into parsed output, and into what was thrown, without describing either to the compiler first.
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      // Stand-ins keep the signature of what they stand in for.
      '@typescript-eslint/require-await': 'off',
    },
  },
);
