/** Test runners and bundlers as users have them, and one graph that each of them runs. */
import type { UsersProject } from './users-project.js';

const names = 'install, jobGraph, OverseerError, start, store, transactGraph, waitForGraph';

/** Runs a graph, with a job that fails, and says how it went. */
const runGraph = `
async function runGraph(address) {
  const db = await store(address);
  await install(db);
  const { graphId } = await transactGraph(db, jobGraph({ fetch: [], report: ['fetch'], broken: [] }, { shop: 'Oslo' }));
  const worker = await start({ types: { broken: { retry: { maximumAttempts: 1 } } } }, db, {
    fetch: () => [120, 80, 310],
    report: ({ args, inputs }) => args.shop + ': ' + inputs.fetch.length + ' orders',
    broken: () => { throw new TypeError('not today'); },
  });
  const { jobs } = await waitForGraph(db, graphId);
  await worker.stop();
  await db.close();
  const refused = await store('nonsense').catch((error) => error instanceof OverseerError);
  return jobs.report.status + ' - ' + jobs.report.result + ', ' + jobs.broken.failure.message + ', ' + refused;
}
`;

/** What it says when all went well. */
export const allWell = 'finished - Oslo: 3 orders, not today, true';

export function writeToolPrograms(project: UsersProject): void {
  const imports = `import { ${names} } from 'overseer';`;
  project.write('program.mjs', `${imports}${runGraph}console.log(await runGraph(process.argv[2]));`);
  const requires = `const { ${names} } = require('overseer');`;
  project.write('program.cjs', `${requires}${runGraph}runGraph(process.argv[2]).then(console.log);`);
  const test = `test('a graph', async () => { expect(await runGraph(process.env.ADDRESS)).toBe('${allWell}'); });`;
  project.write('tests/graph.test.js', `${imports}${runGraph}${test}`);
  const config = (external: string) =>
    `export default { logLevel: 'warn', build: { ssr: 'program.mjs' }, ssr: ${external} };`;
  project.write('vite.outside.config.mjs', config('{}'));
  project.write('vite.inside.config.mjs', config(`{ noExternal: true, external: ['better-sqlite3'] }`));
}

const bin = (name: string) => `node_modules/.bin/${name}`;

const esbuild = (project: UsersProject, source: string, target: string, ...flags: readonly string[]): string => {
  project.run(bin('esbuild'), source, '--bundle', '--platform=node', `--outfile=${target}`, ...flags);
  return project.node(target, `sqlite:./${target.replaceAll('/', '-')}.db`);
};

/** What the guide says that a bundle needs which is an ES module. */
const requireForModules =
  "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);";

/** What each tool needs to run the graph; and all that is printed then. */
export const tools: Readonly<Record<string, (project: UsersProject) => string>> = {
  vitest: (project) => said(project, 'vitest', ['run', '--globals', '--dir', 'tests'], {}),
  jest: (project) => said(project, 'jest', ['tests'], { NODE_OPTIONS: '--experimental-vm-modules' }),
  'vite-node': (project) => project.run(bin('vite-node'), 'program.mjs', 'sqlite:./vite-node.db'),
  'vite, with packages outside its build': (project) => vite(project, 'outside'),
  'vite, with packages inside its build': (project) => vite(project, 'inside'),
  'esbuild, with packages outside a module': (project) =>
    esbuild(project, 'program.mjs', 'out/outside.mjs', '--format=esm', '--packages=external'),
  'esbuild, with packages outside a CommonJS file': (project) =>
    esbuild(project, 'program.cjs', 'out/outside.cjs', '--format=cjs', '--packages=external'),
  'esbuild, with packages inside a module': (project) => {
    const flags = ['--format=esm', '--external:better-sqlite3', `--banner:js=${requireForModules}`];
    return esbuild(project, 'program.mjs', 'out/inside.mjs', ...flags);
  },
  'esbuild, with packages inside a CommonJS file': (project) =>
    esbuild(project, 'program.cjs', 'out/inside.cjs', '--format=cjs', '--external:better-sqlite3', '--log-level=error'),
};

function vite(project: UsersProject, where: string): string {
  project.run(bin('vite'), 'build', '--config', `vite.${where}.config.mjs`, '--outDir', `built-${where}`);
  return project.node(`built-${where}/program.js`, `sqlite:./vite-${where}.db`);
}

/** A test runner prints what it likes; whether its one test has passed is told by how it ends. */
function said(project: UsersProject, name: string, args: readonly string[], variables: Record<string, string>): string {
  const { exitCode, stdout, stderr } = project.ending(bin(name), args, {
    ...variables,
    ADDRESS: `sqlite:./${name}.db`,
  });
  const passed = /\b1 passed\b/.test(`${stdout}${stderr}`);
  return exitCode === 0 && passed ? allWell : `${stdout}${stderr}`;
}
