/*
 * graph-progress, version 3
 *
 * How each graph and each of its jobs stands: the fold of src/domain/graph.ts, in the server. It is written out once,
 * here; the projections that count and offer jobs follow what this one emits.
 *
 * Source   the whole log; of it the streams <namespace>.graph-<graphId> and <namespace>.job-<graphId>/<jobId>
 * Parted   by graph id: ask for the state (which is also the result) of the partition <graphId>
 * Emits    into <namespace>.changes-v3:
 *            JobsChanged     { graphId, changes: [{ type, from, to, jobIds }] } when jobs of a graph change: those of one
 *                            type that changed alike stand together, up to 500 jobs in one event. `from` and `to` are
 *                            statuses as below; `from` is null for new jobs, and `to` is finished for those of them whose
 *                            results a fork has carried over.
 *            GraphPassedOver { graphId, reason } for a graph beyond the limits below
 *          Changes come in lists because a submission or an abort changes thousands of jobs at once.
 * State    status    running, finished, failed or aborted, as `overseer show` has it; null while parts of the submission
 *                    are missing; `too-large` for a graph that is passed over
 *          counts    jobs by status. `unstarted` is the sum of ready, waiting (for parents), blocked (an ancestor
 *                    failed) and withheld (ready, but the graph is paused, or one of its events is beyond this release,
 *                    so nobody may claim the job). There is no clock here: a job that is backing off counts as ready.
 *          labels, priority
 *          jobs, types, statuses
 *                    lists of equal length, in the order of the submission: job ids, their types, how each stands
 *          and what the fold needs besides.
 * Limits   The server gives an event 250 ms by the clock (--projection-execution-timeout) and 16 MiB, of which a state may
 *          take half, since it is kept twice; one that takes more stops the whole projection. So a graph is passed over
 *          if twice its jobs and its dependencies come to more than 40,000 (10,000 jobs may have two each), if its ids
 *          and types come to more than a million characters, or if one part has more than 10,000 jobs. What takes longest
 *          of the largest, such as its submission or the end of an abort, takes some 80 ms, and two or three times as
 *          long on a server that has just been started; a server that is busy should be given more.
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
var changesStream = namespace + '.changes-v3';

var jobsPerPartMax = 10000;
var sizeMax = 40000;
var textMax = 1000000;
var jobsPerEvent = 500;

fromAll().partitionBy(graphOf).when({ $init: nothingYet, $any: take });

function nothingYet() {
  return {
    status: null,
    counts: {
      unstarted: 0,
      ready: 0,
      waiting: 0,
      blocked: 0,
      withheld: 0,
      started: 0,
      finished: 0,
      failed: 0,
      aborted: 0,
    },
    labels: {},
    priority: 0,
    jobs: [],
    types: [],
    statuses: [],
    // The numbers of a job's children, as "1,2"; and how many of its parents are not finished.
    children: [],
    pending: [],
    // By a job's number, of the few jobs that have any: attempts begun; whether it carries an abort of its own; how many
    // of its ancestors carry one, and how many have failed.
    attempts: {},
    aborts: {},
    abortedAbove: {},
    failedAbove: {},
    isAborted: false,
    isPaused: false,
    isUnreadable: false,
    parts: 0,
    size: 0,
    text: 0,
    // By the id of a job that is not known yet: the numbers of its children.
    awaited: {},
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
  return graph.status === null ? [] : reviewed(graph, everyJob(graph));
}

function takeOfGraph(graph, type, data) {
  switch (type) {
    case 'GraphSubmitted':
      return submit(graph, data);
    case 'GraphAborted':
      if (graph.status === null || graph.isAborted) return [];
      graph.isAborted = true;
      return reviewed(graph, everyJob(graph));
    case 'GraphReset':
      if (!graph.isAborted) return [];
      graph.isAborted = false;
      return reviewed(graph, everyJob(graph));
    case 'GraphPaused':
    case 'GraphResumed':
      if (graph.status === null || graph.isPaused === (type === 'GraphPaused')) return [];
      graph.isPaused = type === 'GraphPaused';
      return reviewed(graph, everyJob(graph));
    default:
      return [];
  }
}

function submit(graph, data) {
  if (graph.status !== null || data.part !== graph.parts + 1) return [];
  if (data.part === 1) {
    graph.labels = data.labels;
    graph.priority = data.priority;
  }
  graph.parts = data.part;
  if (data.jobs.length > jobsPerPartMax) return passOver(graph);
  addJobs(graph, data.jobs);
  if (graph.size > sizeMax || graph.text > textMax) return passOver(graph);
  if (data.part < data.parts) return [];
  graph.awaited = {};
  graph.status = 'running';
  for (var i = 0; i < graph.statuses.length; i += 1) {
    if (graph.statuses[i] === 'carried') finishParentOf(graph, childrenOf(graph, i));
  }
  return reviewed(graph, everyJob(graph));
}

function addJobs(graph, jobs) {
  var numbers = {};
  // Ids may be words that every object knows, such as "constructor"; with a colon in front they are not.
  var ids = graph.jobs;
  for (var known = 0; known < ids.length; known += 1) numbers[':' + ids[known]] = known;
  for (var i = 0; i < jobs.length; i += 1) {
    var job = jobs[i];
    var key = ':' + job.id;
    if (numbers[key] !== undefined) continue; // Submitted twice: the first counts.
    var number = graph.jobs.length;
    var parents = job.parents;
    numbers[key] = number;
    graph.jobs.push(job.id);
    graph.types.push(job.type);
    graph.statuses.push(job.carried === undefined ? null : 'carried'); // Until the graph exists.
    graph.pending.push(parents.length);
    graph.children.push(graph.awaited[key] || '');
    delete graph.awaited[key];
    graph.size += 2 + parents.length;
    graph.text += job.id.length + job.type.length;
    for (var k = 0; k < parents.length; k += 1) {
      var parent = ':' + parents[k];
      var at = numbers[parent];
      if (at === undefined) graph.awaited[parent] = joined(graph.awaited[parent], number);
      else graph.children[at] = joined(graph.children[at], number);
    }
  }
}

/** Keeps of a graph that is too large only that it is. */
function passOver(graph) {
  var empty = nothingYet();
  for (var key in empty) graph[key] = empty[key];
  graph.status = 'too-large';
  return [];
}

function joined(numbers, number) {
  return numbers ? numbers + ',' + number : String(number);
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
  if (!canFollow(graph, i, type, data)) return [];
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
    case 'JobReset':
      return becomes(graph, i, 'unstarted');
    default:
      return [];
  }
}

/** Whether an event can follow from what is known. One that cannot changes nothing. */
function canFollow(graph, i, type, data) {
  var own = ownStatus(graph, i);
  var attempt = graph.attempts[i] || 0;
  switch (type) {
    case 'JobStarted':
      // With an aborted ancestor it has a parent that is not finished.
      return own === 'unstarted' && data.attempt === attempt + 1 && graph.pending[i] === 0;
    case 'JobAborted':
      return own === 'unstarted' || own === 'started';
    case 'JobReset':
      return own === 'failed' || own === 'aborted';
    case 'JobFinished':
    case 'JobFaulted':
      return own === 'started' && data.attempt === attempt;
    default:
      return false;
  }
}

/** What a job's own stream says of it, whatever became of its ancestors and its graph. */
function ownStatus(graph, i) {
  var status = graph.statuses[i];
  if (status === 'started' || status === 'finished' || status === 'failed') return status;
  return graph.aborts[i] ? 'aborted' : 'unstarted';
}

/** Gives a job a status of its own, with what that means for the jobs below it. */
function becomes(graph, i, own) {
  var before = ownStatus(graph, i);
  if (own === 'aborted') graph.aborts[i] = true;
  else delete graph.aborts[i];
  var concerned = [i];
  if (own === 'finished') concerned = concerned.concat(finishParentOf(graph, childrenOf(graph, i)));
  else if (own === 'aborted') concerned = concerned.concat(shift(graph.abortedAbove, below(graph, i), 1));
  else if (before === 'aborted') concerned = concerned.concat(shift(graph.abortedAbove, below(graph, i), -1));
  else if (own === 'failed') concerned = concerned.concat(shift(graph.failedAbove, below(graph, i), 1));
  else if (before === 'failed') concerned = concerned.concat(shift(graph.failedAbove, below(graph, i), -1));
  return reviewed(graph, concerned, own);
}

function finishParentOf(graph, numbers) {
  for (var k = 0; k < numbers.length; k += 1) graph.pending[numbers[k]] -= 1;
  return numbers;
}

function shift(counters, numbers, by) {
  for (var k = 0; k < numbers.length; k += 1) {
    var count = (counters[numbers[k]] || 0) + by;
    if (count === 0) delete counters[numbers[k]];
    else counters[numbers[k]] = count;
  }
  return numbers;
}

function childrenOf(graph, i) {
  return graph.children[i] === '' ? [] : graph.children[i].split(',');
}

/** All jobs that depend on one, directly or through others. */
function below(graph, i) {
  var found = [];
  var isFound = {};
  var children = childrenOf(graph, i);
  for (var next = 0; ; next += 1) {
    for (var k = 0; k < children.length; k += 1) {
      var child = children[k];
      if (isFound[child]) continue;
      isFound[child] = true;
      found.push(child);
    }
    if (next === found.length) return found;
    children = graph.children[found[next]];
    children = children === '' ? [] : children.split(',');
  }
}

function everyJob(graph) {
  return Object.keys(graph.statuses);
}

/**
 * Works out anew how some jobs stand, and returns what has changed. There may be thousands of them and little time, so
 * it calls nothing and looks nothing up twice.
 *
 * `own` is the own status of the first of them, if it is another now.
 */
function reviewed(graph, numbers, own) {
  var statuses = graph.statuses;
  var pending = graph.pending;
  var counts = graph.counts;
  var isAborted = graph.isAborted;
  var aborts = graph.aborts;
  var abortedAbove = graph.abortedAbove;
  var failedAbove = graph.failedAbove;
  var ready = graph.isUnreadable || graph.isPaused ? 'withheld' : 'ready';
  var jobs = graph.jobs;
  var types = graph.types;
  var changes = [];
  var alike = {};
  for (var k = 0; k < numbers.length; k += 1) {
    var i = numbers[k];
    var before = statuses[i];
    var status = k === 0 && own !== undefined ? own : before;
    if (before === 'carried') {
      before = null;
      status = 'finished';
    }
    if (status !== 'finished' && status !== 'failed') {
      if (isAborted || abortedAbove[i] || aborts[i]) status = 'aborted';
      else if (status !== 'started') status = failedAbove[i] ? 'blocked' : pending[i] > 0 ? 'waiting' : ready;
    }
    if (status === before) continue;
    statuses[i] = status;
    if (before !== null) counts[before] -= 1;
    counts[status] += 1;
    var kind = before + ' ' + status + ' ' + types[i];
    var change = alike[kind];
    if (change === undefined) {
      change = { type: types[i], from: before, to: status, jobIds: [] };
      alike[kind] = change;
      changes.push(change);
    }
    change.jobIds.push(jobs[i]);
  }
  counts.unstarted = counts.ready + counts.waiting + counts.blocked + counts.withheld;
  if (graph.status !== null) graph.status = statusOf(graph);
  return changes;
}

function statusOf(graph) {
  var counts = graph.counts;
  if (graph.isAborted) return 'aborted';
  if (counts.started + counts.ready + counts.waiting + counts.withheld > 0) return 'running';
  if (counts.failed > 0) return 'failed';
  return counts.finished === graph.jobs.length ? 'finished' : 'aborted';
}
