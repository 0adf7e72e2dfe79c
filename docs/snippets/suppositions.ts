import { defineProjection, type SupposedPolicy } from 'overseer';

/** Only the second page would have had another policy. */
export const retry: SupposedPolicy = ({ id }) => (id === 'page-2' ? { maximumAttempts: 1 } : undefined);

/** How many attempts went wrong, as the report counts them; and as it would count them without faults. */
export const projection = defineProjection({
  name: 'wrong-attempts',
  initial: { wrong: 0 },
  recipe: (state, event) => {
    if (event.type === 'JobFaulted') state.wrong += 1;
  },
});
export const instead = defineProjection({
  name: 'wrong-attempts-without-faults',
  initial: { wrong: 0 },
  recipe: (state, event) => {
    if (event.type === 'JobFaulted' && event.data.cause !== 'fault') state.wrong += 1;
  },
});
