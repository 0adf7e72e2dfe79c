import { assertHandler, type Handler, type Handlers, invokeHandler, type RunningJob } from '../handlers/handler.js';
import type { Owner, VirtualTime } from './virtual-time.js';

/** Handlers while which run, virtual time stands still. What they do and return is the same. */
export function heldHandlers(handlers: Handlers, owner: Owner, time: VirtualTime): Handlers {
  return Object.fromEntries(
    Object.entries(handlers).map(([type, handler]) => {
      assertHandler(handler, `the handler of type ${JSON.stringify(type)}`);
      return [type, heldHandler(handler, owner, time)];
    }),
  );
}

function heldHandler(handler: Handler, owner: Owner, time: VirtualTime): Handler {
  return (job) => {
    const what = `the handler of job ${JSON.stringify(job.id)} (type ${job.type}, attempt ${job.attempt})`;
    return time.handler(owner, what, () => {
      const { heartbeat } = job;
      // A heartbeat may have to wait for a slow or failing log, which takes virtual time. The rest of the job stays as it
      // is: its args and inputs are copied on first use.
      (job as { heartbeat: RunningJob['heartbeat'] }).heartbeat = (details, progress) => {
        const written = time.passDuring(heartbeat(details, progress));
        // A handler need not wait for its heartbeats.
        written.catch(() => {});
        return written;
      };
      return invokeHandler(handler, job);
    });
  };
}
