import { ProcessFailedError, type Supervisor } from '../../../supervisor/supervisor.js';
import { idleMessage } from '../../../worker/running-worker.js';
import { type ExitCode, exitCodes } from '../../failure.js';
import type { Invocation } from '../../call/invocation.js';
import type { WorkOptions } from '../../call/settings.js';
import { endAtOnce, onStopSignal } from '../../process/stop-signals.js';
import { workerLog } from '../../process/worker-log.js';
import { endTeller, superviseProcesses } from './processes.js';

/** `worker` in several processes. This one only starts them, and stops them: its exit code is as if it were the one worker. */
export async function superviseWorkers(
  invocation: Invocation<WorkOptions>,
  file: string,
  types: string | undefined,
  processes: number,
): Promise<ExitCode> {
  const { terminal, settings } = invocation;
  const logLevel = settings.values['log-level'];
  const logger = workerLog(terminal, { level: logLevel });
  let supervisor: Supervisor | null = null;
  let signalled: NodeJS.Signals | null = null;
  const unlisten = onStopSignal((signal) => {
    signalled = signal;
    if (supervisor === null) endAtOnce(signal);
    logger.info({ processes }, 'worker processes are stopping');
    void supervisor.stop().catch(() => {});
  });
  const workerIds = new Set<string>();
  supervisor = superviseProcesses(
    processes,
    invocation,
    { file, types, logLevel },
    {
      started: (workerId) => void workerIds.add(workerId),
      ended: endTeller((sentence, isTrouble) => logger[isTrouble ? 'error' : 'warn']({}, sentence)),
      idle: (idleMs) => logger.info({ processes, idleMs }, idleMessage),
    },
  );
  try {
    await supervisor.stopped;
    if (signalled !== null && !supervisor.hasWorked) endAtOnce(signalled);
    logger.info({ processes, ...supervisor.statistics }, 'worker processes stopped');
    terminal.document({ workerIds: [...workerIds], ...supervisor.statistics });
    return exitCodes.good;
  } catch (error) {
    terminal.fail(error);
    return error instanceof ProcessFailedError ? exitCodeOf(error) : exitCodes.failed;
  } finally {
    unlisten();
  }
}

/** That of the process that failed. One that was ended from outside has none of ours. */
function exitCodeOf({ exitCode }: ProcessFailedError): ExitCode {
  return Object.values(exitCodes).find((code) => code === exitCode && code !== exitCodes.good) ?? exitCodes.failed;
}
