import { defineProjection } from 'overseer';

/** How many events of each type there are. */
export default defineProjection<Readonly<Record<string, number>>>({
  name: 'events-by-type',
  initial: {},
  evolve: (counts, { type }) => ({ ...counts, [type]: (counts[type] ?? 0) + 1 }),
});
