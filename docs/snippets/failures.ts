import { defineProjection } from 'overseer';

/** How often jobs of each type went wrong, and for which reasons. */
export default defineProjection<Record<string, Record<string, number>>>({
  name: 'failures',
  initial: {},
  recipe: (types, event) => {
    if (event.type !== 'JobFaulted') return;
    const type = event.jobId!.replace(/-\d+$/, ''); // page-1, page-2: the ids are ours, and begin with the type
    const { exception } = event.data.failure;
    const reasons = (types[type] ??= {});
    reasons[exception] = (reasons[exception] ?? 0) + 1;
  },
});
