/** Bugs in what keeps worker processes running. */
import type { Mutation } from './mutation.js';

const supervisor = 'test/supervisor/supervisor.test.ts';
const processes = 'test/supervisor/start-processes.test.ts';

export const supervisorMutations: readonly Mutation[] = [
  {
    name: 'a line that comes in two pieces is passed on in two',
    file: 'supervisor/whole-lines.ts',
    find: 'const end = bytes.length - known > keptBytesMax ? bytes.length : known;',
    replace: 'const end = bytes.length;',
    tests: [supervisor],
  },
  {
    name: 'that a process did not stop well is not told',
    file: 'supervisor/supervisor.ts',
    find: '        if (end.exitCode !== 0) this.failure ??= failureOf(end);\n',
    replace: '',
    tests: [supervisor],
  },
  {
    name: 'what a process has done counts no more once it has died',
    file: 'supervisor/supervisor.ts',
    find: '    addTo(this.past, running.statistics);\n',
    replace: '',
    tests: [processes, supervisor],
  },
  {
    name: 'a process tells of its work only after the next second, and so never of the last',
    file: 'supervisor/supervised.ts',
    find: '    clearInterval(this.timer);\n    this.tellProgress(worker);\n',
    replace: '    clearInterval(this.timer);\n',
    tests: [processes],
  },
];
