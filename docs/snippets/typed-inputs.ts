import type { Handlers, RunningJob } from 'overseer';

interface PageArgs {
  readonly page: number;
  readonly language?: string;
}

interface PageInputs {
  readonly fetch: { readonly rows: number };
}

export const handlers: Handlers = {
  fetch: (job: RunningJob<PageArgs>) => ({ rows: job.args.page * 10 }),
  report: ({ args, inputs }: RunningJob<PageArgs, PageInputs>) => `page ${args.page}: ${inputs.fetch.rows} rows`,
};
