import { settings, type SettingName, variableOf } from '../../src/config/configuration.js';
import { RetryPolicy } from '../../src/domain/events.js';
import { fieldTable } from './fields.js';
import { code, note, table } from './markdown.js';
import { commentsOnFields } from './source-comments.js';

export function configurationPage(): string {
  const rows = (Object.keys(settings) as SettingName[]).map((name) => {
    const { codec, fallback, means } = settings[name];
    const shown =
      fallback === undefined ? 'none' : code(typeof fallback === 'string' ? fallback : JSON.stringify(fallback));
    return [code(name), code(inProgram(name)), code(variableOf(name)), codec.name, shown, means];
  });
  const retry = fieldTable('retry policy', RetryPolicy, commentsOnFields('src/domain/events.ts'));
  return `# Configuration

${note}

Where settings may stand, and which counts more, is in the [guide](../guide/configuration.md).

${table(['in YAML', 'in a program', 'in the environment', 'what it is', 'default', 'means'], rows)}

A dot in a YAML name is a section: \`heartbeat.sleep-time\` is \`sleep-time\` below \`heartbeat\`. Both spellings, with
hyphens and in camel case, are understood in both places. In the environment, \`store\`, \`namespace\`, \`sentry.dsn\` and
\`log-level\` are text, as it stands; the others are read as YAML, so that a number is a number and
\`{ fetch: { concurrency: 2 } }\` an object. A store may also be given there as \`{ adapter: …, config: … }\`.

\`store\` and \`namespace\` are given to \`store(…)\` in a program. On the command line, the store is
\`sqlite:./overseer.db\` unless set. \`log-level\` concerns the command line only.

## A type's settings

| field | what it is | means |
| --- | --- | --- |
| \`concurrency\` | whole number from 1 | how many jobs of the type one worker runs at a time; as many as it has places unless given |
| \`retry\` | [retry policy](#retry-policy) | for jobs of the type that have none of their own |

## Retry policy

${retry}
`;
}

function inProgram(name: SettingName): string {
  return name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
