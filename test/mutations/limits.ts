/** Bugs in limits by key and by rate. */
import type { Mutation } from './mutation.js';

const rules = ['test/domain/limits.test.ts'];
const onEngines = ['test/history/limits.test.ts'];

export const limitMutations: readonly Mutation[] = [
  {
    name: 'a place over the concurrency counts',
    file: 'domain/limit-places.ts',
    find: 'this.units + units > concurrency',
    replace: 'this.units > concurrency',
    tests: rules,
  },
  {
    name: 'a place that comes too early for its rate counts',
    file: 'domain/limit-places.ts',
    find: '    return opensAt <= now ? null :',
    replace: '    return opensAt <= now + 1 ? null :',
    tests: rules,
  },
  {
    name: 'a rate forgets starts whose places were given back',
    file: 'domain/limit-places.ts',
    find: '    this.byId.delete(id);\n',
    replace: '    this.byId.delete(id);\n    this.starts.pop();\n',
    tests: rules,
  },
  {
    name: 'one claim takes two places',
    file: 'domain/limit-places.ts',
    find: "        if (this.has(event.data)) return 'its claim has a place already';\n",
    replace: '',
    tests: rules,
  },
  {
    name: 'a shorter pattern goes before a longer one',
    file: 'domain/limit-settings.ts',
    find: 'pattern.length > best.key.length',
    replace: 'pattern.length < best.key.length',
    tests: rules,
  },
  {
    name: 'a release that does not know limits runs the jobs all the same',
    file: 'domain/events.ts',
    find: 'const ofVersion3 = [when, optional, withSpawned, spawnedBy, carriedStatus, external, limits];',
    replace: 'const ofVersion3 = [when, optional, withSpawned, spawnedBy, carriedStatus, external];',
    tests: rules,
  },
  {
    name: 'a worker asks for no room',
    file: 'worker/limit-counter.ts',
    find: 'return this.unitsFree(measure) >= units && this.startsFree(measure, now) >= 1;',
    replace: 'return true;',
    tests: [...onEngines],
  },
  {
    name: 'a claim and its places go in before the rate allows it (memory)',
    file: 'log/memory/memory-log.ts',
    find: ' && other.notBefore <= at',
    replace: '',
    tests: ['test/conformance/memory.test.ts'],
  },
  {
    name: 'a claim and its places go in before the rate allows it (SQLite)',
    file: 'log/sqlite/writer.ts',
    find: ' && other.notBefore <= at',
    replace: '',
    tests: ['test/conformance/sqlite.test.ts'],
  },
  {
    name: 'under a key, one graph has all its jobs run before those of another',
    file: 'worker/limit-waiters.ts',
    find: '    this.calledAt.set(id, ++this.calls);\n',
    replace: '',
    tests: onEngines,
  },
  {
    name: 'under a key, priorities do not count',
    file: 'worker/limit-waiters.ts',
    find: 'rank: [-priority, ',
    replace: 'rank: [',
    tests: onEngines,
  },
  {
    name: 'verify is content with who gives a place back and starts on it all the same',
    file: 'history/verify/limit-checks.ts',
    find: ' && !(await this.startedAfter(event))',
    replace: '',
    tests: ['test/history/verify-limits.test.ts'],
  },
  {
    name: 'verify blames who starts a job once its limit is gone',
    file: 'history/verify/limit-checks.ts',
    find: ' || (await this.wasUnlimited(key, since, start.position))',
    replace: '',
    tests: ['test/history/verify-limits.test.ts'],
  },
  {
    name: 'places are not given back',
    file: 'worker/limit-desk.ts',
    find: "    if (claimed.state.status !== 'started') this.streams.returnTo(held.counters, held.owner);\n",
    replace: "    if (claimed.state.status !== 'started') return;\n",
    tests: onEngines,
  },
  {
    name: 'a place that was left behind is left so for ever',
    file: 'worker/orphaned-places.ts',
    find: "    if (standing === 'may-come' && mayRevoke && (await revoke(dependencies, owner))) orphans.push(owner);\n",
    replace: '',
    tests: onEngines,
  },
  {
    name: 'one that takes more than there is keeps others waiting',
    file: 'worker/limit-desk.ts',
    find: 'mayRun(job) && unitsOf(job) <= (measure.concurrency ?? Infinity)',
    replace: 'mayRun(job)',
    tests: onEngines,
  },
  {
    name: 'a place is given back though its attempt runs',
    file: 'store/place-standing.ts',
    find: "  return later.some((event) => ends(event, attempt)) ? 'is-over' : 'runs';",
    replace: "  return later.length > 0 ? 'is-over' : 'runs';",
    tests: ['test/history/verify-limits.test.ts'],
  },
];
