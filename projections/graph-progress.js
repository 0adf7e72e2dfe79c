/*
 * graph-progress, version 4
 *
 * How each graph and each of its jobs stands: the fold of src/domain/graph.ts, in the server. It is written out once,
 * here; the projections that count and offer jobs follow what this one emits.
 *
 * Source   the whole log; of it the streams <namespace>.graph-<graphId> and <namespace>.job-<graphId>/<jobId>
 * Parted   by graph id: ask for the state (which is also the result) of the partition <graphId>
 * Emits    into <namespace>.changes-v4:
 *            JobsChanged     { graphId, changes: [{ type, from, to, jobIds }] } when jobs of a graph change: those of one
 *                            type that changed alike stand together, up to 500 jobs in one event. `from` and `to` are
 *                            statuses as below; `from` is null for new jobs, and `to` is finished or skipped for those of
 *                            them that a fork has carried over.
 *            GraphPassedOver { graphId, reason } for a graph beyond the limits below
 *          Changes come in lists because a submission or an abort changes thousands of jobs at once.
 * State    status    running, finished, failed or aborted, as `overseer show` has it; null while parts of the submission
 *                    are missing; `too-large` for a graph that is passed over
 *          counts    jobs by status. `unstarted` is the sum of ready, awaiting (an answer from outside), waiting (for
 *                    parents), blocked (by a parent that failed or is blocked) and withheld (ready, but the graph is paused,
 *                    or one of its events is beyond this release, so nobody may claim the job). A job is skipped by its
 *                    handler, or because of its parents. There is no clock here: a job that is backing off, was put off by its
 *                    handler, or is delayed as its graph asks, counts as ready. That a limit of time has run out is believed,
 *                    though it has no effect on the engine if a wrong clock wrote so too early: such a job counts as failed
 *                    until it starts all the same, and such a graph as aborted.
 *          labels, priority
 *          jobs, types, statuses
 *                    lists of equal length, in the order of the submission and then of spawning: job ids, their types, how each stands
 *          and what the fold needs besides: see nothingYet. What only rules of dependencies need is kept of the jobs
 *          that have them. While a graph is aborted, its state has a second list of statuses.
 * Limits   The server gives an event 250 ms by the clock (--projection-execution-timeout) and 16 MiB, of which a state may
 *          take half, since it is kept twice; one that takes more stops the whole projection. So a graph is passed over
 *          if twice its jobs and its dependencies come to more than 40,000 (10,000 jobs may have two each), with those that
 *          are spawned and the dependencies of those that wait for all of them, where a job
 *          that has `when` or `optional` counts three times; if its ids and types come to more than a million characters;
 *          or if one part has more than 10,000 jobs. What takes longest of the largest, such as the last part of its
 *          submission or the end of an abort, takes some 80 ms, and two or three times as long on a server that has just
 *          been started; a server that is busy should be given more.
 *          The server writes a graph's state out after each of its events: 2 to 4 ms for one of 10,000 jobs.
 *          An event that says it is JSON and is not never reaches a projection.
 *          Pauses of a type of job, and of all work, stand in <namespace>.graph- and belong to no graph: they are passed
 *          over, and the jobs that they hold back count as ready.
 */
'use strict';

// Replaced on installing.
var namespace = 'overseer';

var graphPrefix = namespace + '.graph-';
var jobPrefix = namespace + '.job-';
var changesStream = namespace + '.changes-v4';

var jobsPerPartMax = 10000;
var sizeMax = 40000;
var sizeOfRules = 4;
var textMax = 1000000;
var jobsPerEvent = 500;

fromAll().partitionBy(graphOf).when({ $init: nothingYet, $any: take });

function nothingYet() {
  return {
    status: null,
    counts: {
      unstarted: 0,
      ready: 0,
      awaiting: 0,
      waiting: 0,
      blocked: 0,
      withheld: 0,
      started: 0,
      finished: 0,
      skipped: 0,
      failed: 0,
      aborted: 0,
    },
    labels: {},
    priority: 0,
    jobs: [],
    types: [],
    statuses: [],
    // While the graph is aborted: how each job would stand if it were not.
    unaborted: [],
    // The numbers of a job's children, as "1,2"; and how many of its parents have not finished.
    children: [],
    pending: [],
    // By a job's number, of the few jobs that have any: attempts begun; `aborted` or `skipped`, if an event of its own says
    // so; how many of its parents failed or are blocked, are aborted, were skipped.
    attempts: {},
    ends: {},
    failedParents: {},
    abortedParents: {},
    skippedParents: {},
    // Whether a job is answered from outside, and whether its time was said to have run out, by its number.
    external: {},
    expired: {},
    // The same, only in graphs that have rules: a job's rule, if it is another than all-finished; the numbers of its optional
    // parents, as ",1,2," (one that was skipped is not pending any more); how many of its parents have finished, if its rule
    // is any-finished; whether its parents would have let it start before one of them came out otherwise.
    hasRules: false,
    rules: {},
    optionalParents: {},
    finishedParents: {},
    wasReady: {},
    isAborted: false,
    isPaused: false,
    isUnreadable: false,
    parts: 0,
    size: 0,
    text: 0,
    // Only in graphs that grow, by a job's number: what its attempt has spawned so far; the numbers of the jobs that wait for
    // all that is spawned below it, and of those among them that let such jobs be skipped.
    spawning: {},
    awaiters: {},
    tolerant: {},
    // Until the submission is whole: the jobs that wait so, and the ids of the spawners that a fork names.
    waitingBelow: {},
    spawnedBy: {},
    // By the id of a job that is not known yet: the numbers of its children, and of those that it is optional for.
    awaited: {},
    awaitedOptional: {},
  };
}

/** The graph an event belongs to; nothing for those of others, and for the server's own. */
function graphOf(event) {
  var stream = event.streamId;
  if (!stream || event.eventType.charAt(0) === '$') return undefined;
  if (stream.startsWith(graphPrefix)) return stream.slice(graphPrefix.length) || undefined;
  if (!stream.startsWith(jobPrefix) || stream.indexOf('/') < 0) return undefined;
  return stream.slice(jobPrefix.length, stream.indexOf('/')) || undefined;
}

function take(graph, event) {
  if (graph.status === 'too-large') return graph;
  var changes = changesBy(graph, event);
  if (graph.status === 'too-large')
    emit(changesStream, 'GraphPassedOver', { graphId: graphOf(event), reason: 'too-large' });
  tell(graphOf(event), changes);
  return graph;
}

function tell(graphId, changes) {
  var told = [];
  var room = jobsPerEvent;
  changes.forEach(function (change) {
    for (var first = 0; first < change.jobIds.length;) {
      var some = change.jobIds.slice(first, first + room);
      told.push({ type: change.type, from: change.from, to: change.to, jobIds: some });
      first += some.length;
      room -= some.length;
      if (room > 0) continue;
      emit(changesStream, 'JobsChanged', { graphId: graphId, changes: told });
      told = [];
      room = jobsPerEvent;
    }
  });
  if (told.length > 0) emit(changesStream, 'JobsChanged', { graphId: graphId, changes: told });
}

function changesBy(graph, event) {
  var stream = event.streamId;
  if (!isReadable(event)) return withhold(graph);
  if (stream.startsWith(graphPrefix)) return takeOfGraph(graph, event.eventType, event.data);
  return takeOfJob(graph, stream.slice(stream.indexOf('/') + 1), event.eventType, event.data);
}

/** After an event that this release cannot read the state may be wrong, so no job of the graph may be claimed. */
function withhold(graph) {
  graph.isUnreadable = true;
  return graph.status === null ? [] : settled(graph, everyJob(graph));
}

function takeOfGraph(graph, type, data) {
  switch (type) {
    case 'GraphSubmitted':
      return submit(graph, data);
    case 'GraphAborted':
      return graph.status === null || graph.isAborted ? [] : abort(graph);
    case 'GraphReset':
      return graph.isAborted ? takeBack(graph) : [];
    case 'GraphPaused':
    case 'GraphResumed':
      if (graph.status === null || graph.isPaused === (type === 'GraphPaused')) return [];
      graph.isPaused = type === 'GraphPaused';
      return settled(graph, everyJob(graph));
    default:
      return [];
  }
}

/** What ran is taken from its workers: how it stands is again what its parents make of it. */
function abort(graph) {
  var interrupted = [];
  graph.unaborted = graph.statuses.slice();
  graph.isAborted = true;
  for (var i = 0; i < graph.statuses.length; i += 1) {
    if (graph.statuses[i] !== 'started') continue;
    graph.unaborted[i] = 'ready'; // Or something else, as is worked out now.
    interrupted.push(i);
  }
  settle(graph, interrupted);
  return counted(graph, compared(graph, everyJob(graph), graph.statuses));
}

function takeBack(graph) {
  var before = graph.statuses;
  graph.statuses = graph.unaborted;
  graph.unaborted = [];
  graph.isAborted = false;
  return counted(graph, compared(graph, everyJob(graph), before));
}

function takeOfJob(graph, jobId, type, data) {
  var i = graph.jobs.indexOf(jobId);
  if (i < 0 || graph.status === null) return [];
  // A claim that reaches the log behind the abort of its graph comes too late; still it was an attempt. (Other late facts
  // are told from mistakes by the engine alone: neither changes how a job stands.)
  if (type === 'JobStarted' && graph.isAborted && ownStatus(graph, i) === 'unstarted') {
    graph.attempts[i] = data.attempt;
    return [];
  }
  if (type === 'JobAnswered' && graph.isAborted) return [];
  if (!canFollow(graph, i, type, data)) return [];
  if (type === 'JobsSpawned') return spawn(graph, i, data.jobs);
  if (type === 'JobFinished' && graph.spawning[i] !== undefined) {
    var added = grow(graph, i);
    delete graph.attempts[i];
    return added === null ? passOver(graph) : settled(graph, [i].concat(added), 'finished');
  }
  delete graph.spawning[i];
  delete graph.expired[i];
  switch (type) {
    case 'JobStarted':
      graph.attempts[i] = data.attempt;
      return becomes(graph, i, 'started');
    case 'JobFinished':
      delete graph.attempts[i];
      return becomes(graph, i, 'finished');
    case 'JobFaulted':
      return becomes(graph, i, data.next.kind === 'retry' ? 'unstarted' : 'failed');
    case 'JobAborted':
      return becomes(graph, i, 'aborted');
    case 'JobSkipped':
      return becomes(graph, i, 'skipped');
    case 'JobAnswered':
      return becomes(graph, i, data.failure === undefined ? 'finished' : 'failed');
    case 'JobExpired':
      if (data.attempt === undefined) graph.expired[i] = true;
      return becomes(graph, i, 'failed');
    case 'JobDeferred':
    case 'ClaimRevoked':
    case 'JobReset':
      return becomes(graph, i, 'unstarted');
    default:
      return [];
  }
}

/** Whether an event can follow from what is known. One that cannot changes nothing. */
function canFollow(graph, i, type, data) {
  // What starts after its time was said to have run out shows that this was said too early.
  var own = graph.expired[i] === true && type !== 'JobReset' ? 'unstarted' : ownStatus(graph, i);
  var attempt = graph.attempts[i] || 0;
  switch (type) {
    case 'ClaimRevoked':
      return own === 'unstarted' && data.attempt === attempt + 1;
    case 'JobStarted':
      return own === 'unstarted' && graph.external[i] !== true && data.attempt === attempt + 1 && mayBegin(graph, i);
    case 'JobAnswered':
      return own === 'unstarted' && graph.external[i] === true && mayBegin(graph, i);
    case 'JobExpired':
      if (data.attempt !== undefined) return own === 'started' && data.attempt === attempt;
      return own === 'unstarted' && prospectOf(graph, i, 'ready') === 'ready';
    case 'JobAborted':
      return own === 'unstarted' || own === 'started';
    case 'JobReset':
      return own === 'failed' || own === 'aborted' || own === 'skipped';
    case 'JobsSpawned':
    case 'JobFinished':
    case 'JobFaulted':
    case 'JobSkipped':
    case 'JobDeferred':
      return own === 'started' && data.attempt === attempt;
    default:
      return false;
  }
}

/**
 * Whether its parents let a job be started or answered, or have once: that may have been under way at the reset of a parent,
 * which is in a stream that knows nothing of the job's.
 */
function mayBegin(graph, i) {
  return graph.wasReady[i] === true || prospectOf(graph, i, 'ready') === 'ready';
}

/** What a job's own stream says of it, whatever became of its parents and its graph. */
function ownStatus(graph, i) {
  var status = standing(graph)[i];
  if (status === 'started' || status === 'finished' || status === 'failed') return status;
  return graph.ends[i] || 'unstarted';
}

/** Gives a job a status of its own, with what that means for the jobs below it. */
function becomes(graph, i, own) {
  if (own === 'aborted' || own === 'skipped') graph.ends[i] = own;
  else delete graph.ends[i];
  return settled(graph, [i], own);
}
