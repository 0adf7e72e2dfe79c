// takes: 22s
// time-limit: 180s
/** The programs that pages show pass typescript-eslint's recommended rules, as its users have them. */
import { ESLint, type Linter } from 'eslint';
import tseslint from 'typescript-eslint';
import { assert, describe } from '../support/spec.js';
import { root } from './pages.js';

const spec = describe('programs of the pages, as their readers lint them', { timeoutMs: 150_000 });

/** The rules alone, with their own settings: no comment of ours switches one off. */
const eslint = new ESLint({
  cwd: root,
  overrideConfigFile: true,
  allowInlineConfig: false,
  overrideConfig: [
    ...(tseslint.configs.recommendedTypeChecked as Linter.Config[]),
    {
      // The promise of `test` is the runner's: so say the rules' own pages.
      files: ['**/*.test.ts'],
      rules: {
        '@typescript-eslint/no-floating-promises': [
          'error',
          { allowForKnownSafeCalls: [{ from: 'package', package: 'node:test', name: 'test' }] },
        ],
      },
    },
    { languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: root } } },
  ],
});

async function complaintsAbout(pattern: string): Promise<readonly string[]> {
  const results = await eslint.lintFiles([pattern]);
  if (results.length === 0) throw new Error(`${pattern} names no file`);
  return results.flatMap(({ filePath, messages }) =>
    messages.map(({ line, ruleId, message }) => `${filePath.slice(root.length + 1)}:${line} ${ruleId}: ${message}`),
  );
}

spec.test('every program in docs/snippets passes recommendedTypeChecked', async () => {
  assert.equal(await complaintsAbout('docs/snippets/*.ts'), []);
});

spec.test('what is not typed is found by the same rules', async () => {
  const [result] = await eslint.lintText(
    `import type { Handlers } from 'overseer';\nexport const handlers: Handlers = { count: ({ inputs }) => inputs.fetch.length };\n`,
    { filePath: `${root}/docs/snippets/pipeline.ts` },
  );
  assert.equal([...new Set(result!.messages.map(({ ruleId }) => ruleId))].sort(), [
    '@typescript-eslint/no-unsafe-member-access',
    '@typescript-eslint/no-unsafe-return',
  ]);
});

spec.run();
