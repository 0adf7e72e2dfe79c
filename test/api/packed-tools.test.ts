// takes: 25s
// time-limit: 300s
/** The packed package under the tools that its users work with. Nothing is set up for it but what the guide says. */
import { assert, describe } from '../support/spec.js';
import { allWell, tools, writeToolPrograms } from './tools.js';
import { packOverseer, UsersProject } from './users-project.js';

const spec = describe('the packed package in use', { timeoutMs: 240_000 });

const project = new UsersProject();

spec.before(() => {
  // First the package, then the tools beside it, as a project grows: what came first must not be in their way.
  project.install(packOverseer());
  project.install('--save-dev', 'vitest', 'jest', 'vite', 'vite-node', 'esbuild');
  writeToolPrograms(project);
});

for (const [name, use] of Object.entries(tools)) {
  spec.test(`given ${name}, a graph runs`, () => {
    assert.is(use(project).trim(), allWell);
  });
}

spec.run();
