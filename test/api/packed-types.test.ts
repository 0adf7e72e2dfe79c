// takes: 40s
// time-limit: 300s
/** The types of the packed package, in each way in which TypeScript looks for them. */
import { assert, describe } from '../support/spec.js';
import { aliasOf, compilers, complaints, modes, writePrograms } from './compilers.js';
import { packOverseer, UsersProject } from './users-project.js';

const spec = describe('the types of the packed package', { timeoutMs: 240_000 });

// Without `"type": "module"`: a `.ts` file is CommonJS where that matters.
const project = new UsersProject({});

spec.before(() => {
  const aliases = compilers.map((compiler) => `${aliasOf(compiler)}@npm:typescript@${compiler}`);
  project.install(packOverseer(), ...aliases);
  writePrograms(project);
});

for (const compiler of compilers) {
  for (const mode of Object.keys(modes)) {
    spec.test(`given TypeScript ${compiler} and ${mode}, a strict program compiles`, () => {
      assert.is(complaints(project, compiler, mode), '');
    });
  }
}

spec.run();
