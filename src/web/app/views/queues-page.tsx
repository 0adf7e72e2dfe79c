import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { cleanText } from '../../../prelude/clean-text.js';
import { localTime, plural, thousands } from '../../../prelude/phrases.js';
import { SizedCanvas } from '../canvas/sized-canvas.js';
import { drawQueues, type Sample } from '../drawing/queues-picture.js';
import type { QueueDepth, WorkerInfo } from '../../../domain/listed.js';
import { queues, workers } from '../source/questions.js';
import type { Source } from '../source/source.js';
import { theme } from '../state/appearance.js';
import { change, fragmentOf, place } from '../state/place.js';
import { useAnswer } from './answers.js';
import { AsOfField } from './as-of-field.js';
import { Problem } from './problem.js';

/** What waits and runs in all graphs, and who takes it. */
export function QueuesPage({ source }: { readonly source: Source }): JSX.Element {
  const asOf = place.value.params['asOf'] ?? null;
  useEffect(() => {
    document.title = 'Queues and workers · Overseer';
  }, []);
  const depths = useAnswer(source, () => queues(asOf), `${asOf}`, asOf === null);
  return (
    <main class="queues-page">
      <div class="filters">
        <h1>Queues</h1>
        <AsOfField />
      </div>
      {depths.problem !== null && <Problem error={depths.problem} />}
      {depths.answer !== null && <Queues depths={depths.answer} isLive={asOf === null} />}
      <Workers source={source} asOf={asOf} />
    </main>
  );
}

function Queues({ depths, isLive }: { readonly depths: readonly QueueDepth[]; readonly isLive: boolean }): JSX.Element {
  if (depths.length === 0) return <p class="none">Nothing waits and nothing runs: every graph has ended.</p>;
  return (
    <>
      <table class="changes numbers">
        <thead>
          <tr>
            <th>Type</th>
            <th>Running</th>
            <th>Ready</th>
            <th>Backing off</th>
            <th>Paused</th>
            <th>Waiting for parents</th>
          </tr>
        </thead>
        <tbody>
          {depths.map((depth) => (
            <tr key={depth.type}>
              <th scope="row">{cleanText(depth.type)}</th>
              <td>{thousands(depth.started)}</td>
              <td>{thousands(depth.ready)}</td>
              <td>{thousands(depth.backingOff)}</td>
              <td>{thousands(depth.paused)}</td>
              <td>{thousands(depth.waiting)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {isLive && <OverTime depths={depths} />}
    </>
  );
}

/** As many as fit into a picture; the oldest go. */
const samplesMax = 1200;

function OverTime({ depths }: { readonly depths: readonly QueueDepth[] }): JSX.Element {
  const samples = useRef<Sample[]>([]);
  const last = useRef<readonly QueueDepth[] | null>(null);
  if (last.current !== depths) {
    last.current = depths;
    const sum = (of: (depth: QueueDepth) => number) => depths.reduce((all, depth) => all + of(depth), 0);
    samples.current.push({
      at: performance.now(),
      ready: sum(({ ready, backingOff }) => ready + backingOff),
      started: sum(({ started }) => started),
      waiting: sum(({ waiting }) => waiting),
    });
    if (samples.current.length > samplesMax) samples.current.shift();
  }
  const colours = theme.value;
  return (
    <figure class="over-time">
      <figcaption>Since this page was opened: running, ready and waiting jobs</figcaption>
      <div>
        <SizedCanvas
          role="img"
          aria-label="Running, ready and waiting jobs since the page was opened"
          draw={(context, size) => drawQueues(context, size, colours, samples.current)}
        />
      </div>
    </figure>
  );
}

function Workers({ source, asOf }: { readonly source: Source; readonly asOf: string | null }): JSX.Element {
  const after = place.value.params['workersAfter'] ?? null;
  const { answer, problem } = useAnswer(source, () => workers(asOf, after), `${asOf} ${after}`, asOf === null);
  if (answer === null) return <>{problem !== null && <Problem error={problem} />}</>;
  const { events, since, isWhole } = answer.looked;
  return (
    <>
      <h1>Workers</h1>
      <p class="dim">
        Those that run a job, and those that wrote one of the latest {plural(events, 'event')}
        {since !== null && !isWhole && `, since ${localTime(since)}`}. A worker that finds nothing to do writes nothing.
      </p>
      <table class="changes">
        <thead>
          <tr>
            <th>Worker</th>
            <th>Last seen</th>
            <th>Runs</th>
            <th>Took</th>
            <th>Finished</th>
            <th>Went wrong</th>
            <th>Leases lost</th>
            <th>Types</th>
          </tr>
        </thead>
        <tbody>
          {answer.items.map((worker) => (
            <WorkerRow key={worker.id} worker={worker} />
          ))}
        </tbody>
      </table>
      {answer.next !== null && (
        <button type="button" onClick={() => change({ workersAfter: answer.next })}>
          More workers
        </button>
      )}
    </>
  );
}

function WorkerRow({ worker }: { readonly worker: WorkerInfo }): JSX.Element {
  const { id, host, pid, lastSeenAt, running, types } = worker;
  return (
    <tr>
      <th scope="row" title={cleanText(`process ${pid} on ${host}`)}>
        {cleanText(id)}
      </th>
      <td>{localTime(lastSeenAt)}</td>
      <td>
        {running.slice(0, 5).map((job) => (
          <p key={`${job.graphId}/${job.jobId}`}>
            <a href={fragmentOf(['graph', job.graphId], { job: job.jobId })}>{cleanText(job.jobId)}</a>{' '}
            {job.isLeaseOver && <span class="trouble">its lease is over</span>}
          </p>
        ))}
        {running.length > 5 && <p class="dim">and {thousands(running.length - 5)} more</p>}
      </td>
      <td>{thousands(worker.claims)}</td>
      <td>{thousands(worker.finished)}</td>
      <td>{thousands(worker.faulted + worker.aborted)}</td>
      <td>{thousands(worker.leasesLost)}</td>
      <td>{cleanText(types.join(', '))}</td>
    </tr>
  );
}
