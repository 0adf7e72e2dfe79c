import fc from 'fast-check';
import { type DomainEvent, jobsIn, type RecordedEvent } from '../../src/domain/events.js';
import { readEvent } from '../../src/domain/read-event.js';
import { LiveProjection } from '../../src/domain/live-projection.js';
import { GraphState, type JobNode } from '../../src/domain/graph.js';
import { Recorder } from '../support/given.js';
import { foldAll, foreignEvent, graphOf, graphShape, histories, jobId, simulate, steps } from '../support/simulate.js';
import { assert, describe } from '../support/spec.js';

const spec = describe('laws of the domain', { timeoutMs: 60_000 });

const runs = { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 300) };

/** Whether a job may be skipped: it is named so, or was spawned below one that is, and that is waited for as a whole. */
function isOptional({ optional = [], withSpawned = [] }: JobNode['definition'], parentId: string): boolean {
  return optional.some((id) => id === parentId || (withSpawned.includes(id) && parentId.startsWith(`${id}/`)));
}

/** The table of the rules, in its plainest form. */
function prospectIn({ definition, parents }: JobNode, outcome: (parent: JobNode) => string): string {
  const ends = parents.map((parent) => outcome(parent));
  const any = (...wanted: string[]) => ends.some((end) => wanted.includes(end));
  const needed = parents.filter((parent) => outcome(parent) === 'skipped' && !isOptional(definition, parent.id));
  switch (definition.when) {
    case 'all-ended':
      return any('open') ? 'waiting' : 'ready';
    case 'any-finished':
      if (any('finished')) return 'ready';
      if (any('open')) return 'waiting';
      return any('failed', 'blocked') ? 'blocked' : any('aborted') ? 'aborted' : 'skipped';
    case 'any-failed':
      return any('failed', 'blocked', 'aborted') ? 'ready' : any('open') ? 'waiting' : 'skipped';
    default:
      if (any('aborted')) return 'aborted';
      if (any('failed', 'blocked')) return 'blocked';
      if (any('open')) return 'waiting';
      return needed.length > 0 && definition.when !== 'none-failed' ? 'skipped' : 'ready';
  }
}

/** What the counters of a graph's state must be, worked out from the jobs' own states alone. */
function workedOut(graph: GraphState) {
  const jobs = [...graph.jobs.values()];
  const prospects = new Map<JobNode, string>();
  const prospect = (job: JobNode): string => {
    const known = prospects.get(job) ?? prospectIn(job, outcome);
    prospects.set(job, known);
    return known;
  };
  const outcome = (job: JobNode): string => {
    const own = job.state.status;
    if (own !== 'unstarted' && own !== 'started') return own;
    const isDecided = own === 'unstarted' && prospect(job) !== 'ready' && prospect(job) !== 'waiting';
    return isDecided ? prospect(job) : 'open';
  };
  const status = (job: JobNode) => {
    const own = job.state.status;
    if (own !== 'unstarted' && own !== 'started') return own;
    if (outcome(job) === 'skipped') return 'skipped';
    return graph.abort !== null || outcome(job) === 'aborted' ? 'aborted' : own;
  };
  const isBlocked = (job: JobNode) => outcome(job) === 'blocked';
  const canEnd = jobs.some((job) => status(job) === 'started' || (status(job) === 'unstarted' && !isBlocked(job)));
  return {
    statuses: jobs.map((job) => [job.id, status(job)]),
    ready: jobs
      .filter((job) => graph.pause === null && status(job) === 'unstarted' && prospect(job) === 'ready')
      .filter((job) => job.definition.external === undefined)
      .map((job) => job.id),
    awaiting: jobs
      .filter(
        (job) => job.definition.external !== undefined && status(job) === 'unstarted' && prospect(job) === 'ready',
      )
      .map((job) => job.id),
    isSettled: !canEnd,
    blocked: jobs.filter((job) => status(job) === 'unstarted' && isBlocked(job)).map((job) => job.id),
  };
}

spec.test('the rules never let an event through that the reducer cannot follow', () => {
  fc.assert(
    fc.property(histories, (events) => {
      for (const graph of foldAll(events).values()) assert.equal(graph.anomalies, []);
    }),
    runs,
  );
});

spec.test('after every event, the counters agree with what is worked out from scratch', () => {
  fc.assert(
    fc.property(histories, (events) => {
      const graphs = new Map<string, GraphState>();
      for (const event of events) {
        const graph = graphOf(event, graphs);
        graph.apply(event);
        if (graph.existsFrom === null) continue;
        const jobs = [...graph.jobs.values()];
        assert.equal(
          {
            statuses: jobs.map((job) => [job.id, job.status]),
            ready: jobs.filter((job) => job.isReady).map((job) => job.id),
            awaiting: jobs.filter((job) => job.derivedStatus(0) === 'awaiting').map((job) => job.id),
            isSettled: graph.isSettled,
            blocked: jobs.filter((job) => job.derivedStatus(Infinity) === 'blocked').map((job) => job.id),
          },
          workedOut(graph),
        );
        assert.is(
          Object.values(graph.countByStatus()).reduce((sum, count) => sum + count),
          jobs.length,
        );
      }
    }),
    { numRuns: Math.ceil(runs.numRuns / 3) },
  );
});

/** Who waits for whom, by the definitions and the ids alone: spawned jobs have the ids of their spawners before their names. */
function waitsFor(job: JobNode): readonly string[] {
  const { parents, withSpawned = [] } = job.definition;
  const below = [...job.graph.jobs.keys()].filter((id) => withSpawned.some((spawner) => id.startsWith(`${spawner}/`)));
  return [...parents, ...below].sort();
}

spec.test(
  'a job waits for its parents and for all that was spawned below those that it says so of, and for no other',
  () => {
    let spawned = 0;
    fc.assert(
      fc.property(histories, (events) => {
        for (const graph of foldAll(events).values()) {
          for (const job of graph.jobs.values()) {
            assert.equal([...job.parentIds].sort(), waitsFor(job));
            assert.equal(job.parents.map(({ id }) => id).sort(), waitsFor(job));
            for (const parent of job.parents) assert.is(parent.children.filter((child) => child === job).length, 1);
            if (job.spawner !== null) spawned += 1;
          }
          assert.equal(
            [...graph.jobs.values()].map(({ index }) => index),
            [...graph.jobs.keys()].map((_, index) => index),
          );
        }
      }),
      runs,
    );
    assert.ok(spawned > 0);
  },
);

spec.test('what an attempt spawned is there from the event that finishes it, and from no other', () => {
  fc.assert(
    fc.property(histories, (events) => {
      const graphs = new Map<string, GraphState>();
      const pending = new Map<string, readonly string[]>();
      for (const event of events) {
        const graph = graphOf(event, graphs);
        const key = `${event.graphId}/${event.jobId}`;
        const before = new Set(graph.jobs.keys());
        const wasStarted = event.jobId !== null && graph.jobs.get(event.jobId)?.status === 'started';
        graph.apply(event);
        const added = [...graph.jobs.keys()].filter((id) => !before.has(id));
        if (event.type === 'GraphSubmitted') continue;
        const expected = event.type === 'JobFinished' && wasStarted ? (pending.get(key) ?? []) : [];
        assert.equal(added.sort(), [...new Set(expected)].sort());
        if (event.type === 'JobsSpawned' && wasStarted)
          pending.set(key, [...(pending.get(key) ?? []), ...event.data.jobs.map(({ id }) => id)]);
        else if (event.type !== 'Heartbeat') pending.delete(key);
        if (event.type === 'GraphAborted')
          for (const other of pending.keys()) if (other.startsWith(`${event.graphId}/`)) pending.delete(other);
      }
    }),
    runs,
  );
});

/** What a graph's state shows: each job, how it stands, and whom it waits for. */
function shown(graph: GraphState) {
  return [...graph.jobs.values()].map((job) => {
    const neighbours = [job.parents, job.children].map((jobs) => jobs.map(({ id }) => id));
    return [job.id, job.index, job.derivedStatus(Infinity), job.isReady, ...neighbours];
  });
}

spec.test('a graph that goes back to any state it was captured in, and on from there, is what it was then', () => {
  const hops = fc.array(fc.nat(), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(graphShape, steps(60), hops, (shape, taken, targets) => {
      const events = simulate([shape], taken);
      const graph = new GraphState('graph 0');
      const states = events.map((event) => {
        graph.apply(event);
        return { seen: shown(graph), counts: graph.countByStatus(), capture: graph.capture() };
      });
      const first = events.findLastIndex(({ type }) => type === 'GraphSubmitted');
      for (const target of targets) {
        const at = first + (target % (events.length - first));
        graph.restore(states[at]!.capture);
        assert.equal([shown(graph), graph.countByStatus()], [states[at]!.seen, states[at]!.counts]);
        const next = at + 1;
        if (next < events.length && target % 3 > 0) {
          graph.apply(events[next]!);
          assert.equal([shown(graph), graph.countByStatus()], [states[next]!.seen, states[next]!.counts]);
        }
      }
    }),
    runs,
  );
});

spec.test('at no time does a job have two owners, and its attempts only rise', () => {
  fc.assert(
    fc.property(histories, (events) => {
      const attempts = new Map<string, number>();
      for (const event of events) {
        if (event.type !== 'JobStarted') continue;
        const key = `${event.graphId}/${event.jobId}`;
        assert.ok(event.data.attempt > (attempts.get(key) ?? 0));
        attempts.set(key, event.data.attempt);
      }
      assert.ok(attempts.size >= 0);
    }),
    runs,
  );
});

spec.test('what is answered from outside is never started, and at most once answered until it is reset', () => {
  let answers = 0;
  fc.assert(
    fc.property(histories, (events) => {
      const external = new Set<string>();
      const isAnswered = new Set<string>();
      for (const event of events) {
        for (const job of jobsIn(event)) if (job.external !== undefined) external.add(`${event.graphId}/${job.id}`);
        const key = `${event.graphId}/${event.jobId}`;
        if (event.type === 'JobStarted') assert.not.ok(external.has(key));
        if (event.type === 'JobReset') isAnswered.delete(key);
        if (event.type !== 'JobAnswered') continue;
        answers += 1;
        assert.ok(external.has(key));
        assert.not.ok(isAnswered.has(key));
        isAnswered.add(key);
      }
    }),
    runs,
  );
  assert.ok(answers > 0);
});

spec.test('a deferral uses up nothing: failures and lost leases are those of the faults alone', () => {
  let deferrals = 0;
  fc.assert(
    fc.property(histories, (events) => {
      const graphs = new Map<string, GraphState>();
      for (const event of events) {
        const graph = graphOf(event, graphs);
        const before = event.jobId === null ? undefined : graph.jobs.get(event.jobId)?.state;
        graph.apply(event);
        if (event.type !== 'JobDeferred' || before === undefined) continue;
        const { failures, lostLeases } = graph.jobs.get(event.jobId!)!.state;
        deferrals += 1;
        assert.equal([failures, lostLeases], [before.failures, before.lostLeases]);
      }
    }),
    runs,
  );
  assert.ok(deferrals > 0);
});

spec.test('a finished or failed job stays so until it is reset', () => {
  fc.assert(
    fc.property(histories, (events) => {
      const graphs = new Map<string, GraphState>();
      for (const event of events) {
        const graph = graphOf(event, graphs);
        const before = new Map([...graph.jobs.values()].map((job) => [job.id, job.status]));
        graph.apply(event);
        for (const job of graph.jobs.values()) {
          const was = before.get(job.id);
          if (was === 'finished') assert.is(job.status, 'finished');
          if (was === 'failed' && !(event.type === 'JobReset' && event.jobId === job.id))
            assert.is(job.status, 'failed');
        }
      }
      assert.ok(true);
    }),
    runs,
  );
});

spec.test(
  'what a job has come to only a reset undoes; but a blocked one may be aborted, or begun by who saw it ready',
  () => {
    fc.assert(
      fc.property(histories, (events) => {
        const graphs = new Map<string, GraphState>();
        for (const event of events) {
          const graph = graphOf(event, graphs);
          const before = new Map([...graph.jobs.values()].map((job) => [job, job.outcome]));
          graph.apply(event);
          if (graph.existsFrom === null || event.type === 'JobReset' || event.type === 'GraphSubmitted') continue;
          // A claim or an answer that was under way when a parent was reset, which has failed since.
          const isLate = event.type === 'JobStarted' || event.type === 'JobAnswered';
          if (isLate && before.get(graph.jobs.get(event.jobId!)!) === 'blocked') continue;
          for (const [job, was] of before) {
            if (was === 'open' || (was === 'blocked' && job.outcome === 'aborted')) continue;
            assert.is(job.outcome, was, `${job.id} by ${event.type}`);
          }
        }
        assert.ok(true);
      }),
      runs,
    );
  },
);

spec.test('by the usual rule, an abort reaches exactly the jobs below it that have not ended', () => {
  const usual = graphShape.map((shape) => ({ ...shape, rules: [] }));
  fc.assert(
    fc.property(usual, steps(60), fc.nat(), (shape, taken, pick) => {
      const events = simulate([shape], taken);
      const graph = foldAll(events).get('graph 0')!;
      const jobs = [...graph.jobs.values()];
      const target = jobs[pick % jobs.length]!;
      if (target.status !== 'unstarted' && target.status !== 'started') return assert.ok(true);
      // Spawned jobs may have other rules.
      if (jobs.some(({ rule }) => rule !== 'all-finished')) return assert.ok(true);
      const before = new Map(jobs.map((job) => [job.id, job.status]));
      const below = new Set<string>();
      const open = [target];
      for (let job = open.pop(); job !== undefined; job = open.pop()) {
        below.add(job.id);
        open.push(...job.children);
      }
      const event = {
        ...events[0]!,
        jobId: target.id,
        type: 'JobAborted',
        data: { by: 'x', message: '', silent: true },
      };
      graph.apply(event as RecordedEvent);
      for (const job of jobs) {
        const was = before.get(job.id)!;
        const hasEnded = was === 'finished' || was === 'failed' || was === 'skipped';
        const expected = below.has(job.id) && !hasEnded ? 'aborted' : was;
        assert.is(job.status, expected);
      }
    }),
    runs,
  );
});

spec.test('whatever stands in a log, the reducer never throws, and notes as an anomaly what cannot follow', () => {
  fc.assert(
    fc.property(graphShape, fc.array(foreignEvent, { maxLength: 60 }), (shape, foreign) => {
      const recorder = new Recorder();
      const submitted = simulate([shape], []);
      const graph = new GraphState('graph 0');
      const live = new LiveProjection();
      for (const event of submitted) {
        graph.apply(event);
        live.apply(event);
      }
      for (const { job, event } of foreign) {
        const recorded = recorder.record({ graphId: 'graph 0', jobId: job === null ? null : jobId(job) }, event);
        graph.apply(recorded);
        live.apply(recorded);
      }
      assert.ok(graph.anomalies.length <= foreign.length);
    }),
    runs,
  );
});

spec.test('every event the rules make reads back from its JSON as it was', () => {
  fc.assert(
    fc.property(histories, (events) => {
      for (const event of events) {
        const stored = JSON.parse(JSON.stringify(event.data)) as unknown;
        const read = readEvent(event.type, event.schemaVersion, stored) as DomainEvent;
        assert.equal({ type: read.type, data: read.data }, { type: event.type, data: event.data });
      }
      assert.ok(true);
    }),
    { numRuns: Math.ceil(runs.numRuns / 3) },
  );
});

spec.run();
