import { pipeline, type StandardSchema } from 'overseer';

interface Night {
  readonly shop: string;
  readonly days?: number;
}

/** A schema by hand. Those of libraries are such objects too. */
const night: StandardSchema<Night, Required<Night>> = {
  '~standard': {
    version: 1,
    vendor: 'by hand',
    validate: (value) => {
      const { shop, days = 7 } = value as Partial<Night>;
      if (typeof shop !== 'string') return { issues: [{ message: 'expected a text', path: ['shop'] }] };
      return { value: { shop, days } };
    },
  },
};

const nightly = pipeline({ args: night })({ fetch: [], report: ['fetch'] })
  .handle('fetch', ({ args }) => Array.from({ length: args.days }, (_, day) => day * 10))
  .handle('report', ({ args, inputs }) => `${args.shop}: ${inputs.fetch.length} days`);

export default nightly;
