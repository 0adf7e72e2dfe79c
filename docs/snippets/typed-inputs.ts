import { type Handlers } from 'overseer';

interface Fetched {
  readonly rows: number;
}

export const handlers: Handlers = {
  fetch: (): Fetched => ({ rows: 3 }),
  report: ({ inputs }) => {
    const fetched = inputs.fetch as Fetched;
    return `${fetched.rows} rows`;
  },
};
