import type { Overlap } from '../../../domain/overlap.js';
import { defined } from '../../../prelude/defined.js';
import { plural } from '../../../prelude/phrases.js';
import { schedule } from '../../../store/schedules.js';
import { setSchedule } from '../../../store/set-schedule.js';
import type { Invocation } from '../../call/invocation.js';
import { readLength } from '../../input/flag-values.js';
import { readWorkFile } from '../../input/work-file.js';
import { reasonFor, type ReasonOptions } from '../operate/reason-flags.js';
import { type GraphFlags, graphOverrides } from '../work/submit.js';
import { nextLines } from './look.js';

export interface SetOptions extends ReasonOptions, Omit<GraphFlags, 'id' | 'startAfter'> {
  readonly cron?: string;
  readonly timezone?: string;
  readonly every?: string;
  readonly overlap?: Overlap;
  readonly catchUp?: string;
}

export async function setCommand(invocation: Invocation<SetOptions>, name: string, file: string): Promise<void> {
  const { options, terminal } = invocation;
  const { cron, timezone, overlap } = options;
  const every = readLength('--every', options.every);
  const catchUpMs = readLength('--catch-up', options.catchUp);
  const overrides = graphOverrides(options);
  terminal.reserveStdout();
  const graph = await (await readWorkFile(file, overrides.args)).graph(overrides);
  await invocation.withStore(
    async (store) => {
      const given = { cron, timezone, every: every === undefined ? undefined : { ms: every }, overlap, catchUpMs };
      const changed = await setSchedule(store, name, { graph, ...defined(given) }, reasonFor(store, options));
      const known = await schedule(store, name, { limit: 1 });
      const { graph: _graph, history: _history, ...info } = known;
      terminal.document({ action: 'set', changed, schedule: info });
      terminal.say(
        changed
          ? `schedule ${name} makes a run of ${plural(info.jobs, 'job')}:`
          : `nothing had to change: schedule ${name} makes a run of ${plural(info.jobs, 'job')}:`,
        ...nextLines(info),
      );
      if (info.pause !== null)
        terminal.note(`it is paused; resume with: ${invocation.hint('schedule', 'resume', name)}`);
    },
    { create: true },
  );
}
