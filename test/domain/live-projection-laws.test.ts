/** What the live projection holds, whatever happened, and wherever it begins. */
import fc from 'fast-check';
import { LiveProjection } from '../../src/domain/live-projection.js';
import type { JobNode } from '../../src/domain/graph.js';
import { foldAll, histories } from '../support/simulate.js';
import { assert, describe } from '../support/spec.js';

const spec = describe('laws of the live projection', { timeoutMs: 60_000 });

const runs = { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 300) };

spec.test('the live projection holds exactly the unfinished graphs, and its ready and started jobs are theirs', () => {
  fc.assert(
    fc.property(histories, (events) => {
      const offered = new Set<string>();
      const name = (job: JobNode) => `${job.graph.id}/${job.id}`;
      const live = new LiveProjection({
        becameReady: (job) => offered.add(name(job)),
        noLongerReady: (job) => offered.delete(name(job)),
      });
      events.forEach((event, index) => {
        live.apply(event);
        for (const graphId of [...live.reopened]) {
          live.restore(
            graphId,
            events.slice(0, index + 1).filter((each) => each.graphId === graphId),
          );
        }
      });
      const open = [...foldAll(events).values()].filter((graph) => !graph.isSettled);
      assert.equal([...live.graphs.keys()].sort(), open.map((graph) => graph.id).sort());
      const jobs = open.flatMap((graph) => [...graph.jobs.values()]);
      const ready = jobs
        .filter((job) => job.isReady)
        .map(name)
        .sort();
      assert.equal([...live.ready.values()].flatMap((ofType) => [...ofType].map(name)).sort(), ready);
      assert.equal([...offered].sort(), ready);
      assert.equal(
        [...live.started.keys()].map(name).sort(),
        jobs
          .filter((job) => job.status === 'started')
          .map(name)
          .sort(),
      );
    }),
    runs,
  );
});

spec.test(
  'a live projection that begins at any point of the log, with the graphs open then, ends in the same state',
  () => {
    fc.assert(
      fc.property(histories, fc.nat(), (events, cut) => {
        const at = events.length === 0 ? 0 : cut % events.length;
        const before = new LiveProjection();
        const whole = new LiveProjection();
        const feed = (live: LiveProjection, from: number) => {
          events.slice(from).forEach((event, index) => {
            live.apply(event);
            for (const graphId of [...live.reopened]) {
              live.restore(
                graphId,
                events.slice(0, from + index + 1).filter((each) => each.graphId === graphId),
              );
            }
          });
        };
        feed(whole, 0);
        for (const graph of foldAll(events.slice(0, at)).values()) {
          if (!graph.isSettled)
            before.restore(
              graph.id,
              events.slice(0, at).filter((event) => event.graphId === graph.id),
            );
        }
        feed(before, at);
        const shown = (live: LiveProjection) =>
          [...live.graphs.values()]
            .map((graph) => [graph.id, ...[...graph.jobs.values()].map((job) => [job.status, job.isReady])])
            .sort();
        assert.equal(shown(before), shown(whole));
      }),
      runs,
    );
  },
);

spec.run();
