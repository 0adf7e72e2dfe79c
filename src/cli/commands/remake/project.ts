import {
  defineProjection,
  type Projection,
  type ProjectionDefinition,
} from '../../../history/projections/projection.js';
import { isPlainObject } from '../../../prelude/json.js';
import { resolveLogMoment } from '../../../history/moments/moment.js';
import { project, type Projected, projected } from '../../../history/projections/project.js';
import { assertFile, shownPath } from '../../input/data-file.js';
import { UsageError } from '../../failure.js';
import type { Invocation } from '../../call/invocation.js';
import type { CommonOptions } from '../../call/settings.js';
import { isSourceFile, loadSourceFile, misnamed, sourceExtensions } from '../../input/source-file.js';
import { onStopSignal } from '../../process/stop-signals.js';
import type { Terminal } from '../../output/terminal.js';

export interface ProjectCommandOptions extends CommonOptions {
  readonly at?: string;
  readonly rebuild?: boolean;
  readonly follow?: boolean;
}

/** Prints the state of a projection. The state is saved, and the next call continues from it. */
export async function projectCommand(invocation: Invocation<ProjectCommandOptions>, file: string): Promise<void> {
  const { options, terminal } = invocation;
  const { at, rebuild = false, follow = false } = options;
  if (at !== undefined && (rebuild || follow)) {
    throw new UsageError('usage', `--at shows a past state; leave ${rebuild ? '--rebuild' : '--follow'} out`);
  }
  if (terminal.isJson) terminal.reserveStdout();
  const projection = await readProjection(file);
  await invocation.withStore(async (store) => {
    if (at !== undefined) {
      const asOf = await resolveLogMoment(store, at);
      return show(projection, { ...(await projected(store, projection, { asOf })), position: asOf }, terminal);
    }
    if (!follow) return show(projection, await project(store, projection, { until: 'caughtUp', rebuild }), terminal);
    const stop = new AbortController();
    const unlisten = onStopSignal(() => stop.abort());
    let shown: unknown = unseen;
    const onState = ({ state, position }: Projected<unknown>) => {
      if (state === shown) return;
      shown = state;
      terminal.items([{ position, state }]);
      terminal.say(...stateText(state));
    };
    await project(store, projection, { signal: stop.signal, rebuild, onState });
    unlisten();
  });
}

/** Differs from the state of every projection. */
const unseen = Symbol('unseen');

function show({ name, version }: Projection, { state, position }: Projected<unknown>, terminal: Terminal): void {
  terminal.document({ name, version, position, state });
  terminal.say(...stateText(state));
  terminal.note(position === null ? 'the log is empty' : `projection ${name} as of @${position}`);
}

/** A state that is text is shown as it is, line by line. */
function stateText(state: unknown): string[] {
  return (typeof state === 'string' ? state : String(JSON.stringify(state, null, 2))).split('\n');
}

/**
 * The projection a program exports.
 *
 * @throws UsageError `projection-missing`; OverseerError `projection-invalid`
 */
async function readProjection(file: string): Promise<Projection> {
  const where = shownPath(file);
  assertFile(file);
  if (!isSourceFile(file)) {
    const kinds = sourceExtensions.join(' ');
    throw new UsageError('file-unreadable', `${where} is not a program; a projection is exported by one of ${kinds}`);
  }
  const { held: exports } = await loadSourceFile(file);
  const exported = exports['projection'] ?? exports['default'];
  if (isPlainObject(exported)) return defineProjection(exported as unknown as ProjectionDefinition<unknown>);
  throw new UsageError(
    'projection-missing',
    `${where} exports no projection; export what defineProjection(…) returned by default, or as \`projection\`${misnamed(exports, 'projection')}`,
  );
}
