import { defineProjection } from 'overseer';

/** How often jobs of each type went wrong, and for which reasons. */
export default defineProjection<Readonly<Record<string, Readonly<Record<string, number>>>>>({
  name: 'failures',
  initial: {},
  evolve: (types, event) => {
    if (event.type !== 'JobFaulted') return types;
    const type = event.jobId!.replace(/-\d+$/, ''); // page-1, page-2: the ids are ours, and begin with the type
    const { exception } = event.data.failure;
    const before = types[type] ?? {};
    return { ...types, [type]: { ...before, [exception]: (before[exception] ?? 0) + 1 } };
  },
});
