/* How graph-progress works out how jobs stand, and what that means for the jobs below them. */

/** How the jobs stand but for an abort of the graph, which does not count for the jobs below them. */
function standing(graph) {
  return graph.isAborted ? graph.unaborted : graph.statuses;
}

/** What a job may expect of its parents, by its rule: the function of src/domain/dependency-rules.ts. */
function prospectOf(graph, i, ready) {
  var rule = graph.rules[i];
  var failed = graph.failedParents[i] || 0;
  var aborted = graph.abortedParents[i] || 0;
  var skipped = graph.skippedParents[i] || 0;
  var isOpen = graph.pending[i] > failed + aborted + skipped;
  switch (rule) {
    case 'all-ended':
      return isOpen ? 'waiting' : ready;
    case 'any-finished':
      if (graph.finishedParents[i] > 0) return ready;
      return isOpen ? 'waiting' : failed > 0 ? 'blocked' : aborted > 0 ? 'aborted' : 'skipped';
    case 'any-failed':
      return failed + aborted > 0 ? ready : isOpen ? 'waiting' : 'skipped';
    default:
      if (failed + aborted > 0) return aborted > 0 ? 'aborted' : 'blocked';
      if (isOpen) return 'waiting';
      return rule === undefined && skipped > 0 ? 'skipped' : ready;
  }
}

/** How a job with one of the statuses has come out, for the jobs below it. */
var outcomes = {
  null: 'open',
  ready: 'open',
  awaiting: 'open',
  waiting: 'open',
  withheld: 'open',
  started: 'open',
  finished: 'finished',
  skipped: 'skipped',
  blocked: 'failed',
  failed: 'failed',
  aborted: 'aborted',
};

function everyJob(graph) {
  var numbers = [];
  for (var i = 0; i < graph.statuses.length; i += 1) numbers.push(i);
  return numbers;
}

/** Works out anew how some jobs stand, and returns what has changed. `own` is as for `settle`. */
function settled(graph, numbers, own) {
  var before = graph.isAborted ? graph.statuses : graph.statuses.slice();
  var changes = settle(graph, numbers, own);
  return counted(graph, changes === null || graph.isAborted ? compared(graph, numbers, before) : changes);
}

/**
 * Works out anew how some jobs stand, whether or not the graph is aborted, then the jobs below those that have come out
 * otherwise by it, and so on: adds their numbers to those given. Returns what has changed, or null if a job was worked out
 * twice and so may be listed twice. There may be thousands of jobs and little time, and in the server each word of a program
 * takes some: this looks little up twice, and calls others only in graphs with rules.
 *
 * `own` is the own status of the first job, if it is another now.
 */
function settle(graph, numbers, own) {
  var statuses = standing(graph);
  var types = graph.types;
  var jobs = graph.jobs;
  var childrenOf = graph.children;
  var ends = graph.ends;
  var pending = graph.pending;
  var failed = graph.failedParents;
  var aborted = graph.abortedParents;
  var skipped = graph.skippedParents;
  var counts = { failed: failed, aborted: aborted, skipped: skipped };
  var rules = graph.hasRules ? graph.rules : null;
  var external = graph.external;
  var ready = graph.isUnreadable || graph.isPaused ? 'withheld' : 'ready';
  var places = {};
  var changes = [];
  var alike = {};
  var isTwice = false;
  for (var k = 0; k < numbers.length; k += 1) places[numbers[k]] = k + 1;
  for (var next = 0; next < numbers.length;) {
    var i = numbers[next++];
    var was = statuses[i];
    var status = own === undefined ? was : own;
    own = undefined;
    if (status !== 'finished' && status !== 'failed' && status !== 'started') {
      if (ends[i] !== undefined) status = ends[i];
      else if (rules !== null && rules[i] !== undefined)
        status = prospectOf(graph, i, external[i] === undefined ? ready : 'awaiting');
      else if (aborted[i] !== undefined) status = 'aborted';
      else if (failed[i] !== undefined) status = 'blocked';
      else if (pending[i] > 0) status = skipped[i] === pending[i] ? 'skipped' : 'waiting';
      else status = external[i] === undefined ? ready : 'awaiting';
    }
    if (status === was) continue;
    statuses[i] = status;
    var kind = was + ' ' + status + ' ' + types[i];
    var change = alike[kind];
    if (change === undefined) {
      change = alike[kind] = { type: types[i], from: was, to: status, jobIds: [] };
      changes.push(change);
    }
    change.jobIds.push(jobs[i]);
    var before = outcomes[was];
    var after = outcomes[status];
    if (before === after || childrenOf[i] === '') continue;
    var less = counts[before];
    var more = counts[after];
    var children = childrenOf[i].split(',');
    for (k = 0; k < children.length; k += 1) {
      var child = children[k];
      var place = places[child];
      if (!(place > next)) {
        if (place !== undefined) isTwice = true;
        places[child] = numbers.push(child);
      }
      if (rules !== null && isPassedOn(graph, statuses, i, child, before, after)) continue;
      if (more !== undefined) more[child] = (more[child] || 0) + 1;
      else if (after === 'finished') pending[child] -= 1;
      if (less !== undefined && (less[child] -= 1) === 0) delete less[child];
    }
  }
  return isTwice ? null : changes;
}

/**
 * What it means only in graphs with rules that a parent of a job has come out otherwise. Returns whether that is all it
 * means: an optional parent that was skipped is not pending, and is in no count.
 */
function isPassedOn(graph, statuses, parent, i, before, after) {
  var rule = graph.rules[i];
  var optional = graph.optionalParents[i];
  if (rule === undefined && optional === undefined) return false;
  var status = statuses[i];
  if (status !== 'waiting' && status !== 'blocked' && prospectOf(graph, i, 'ready') === 'ready')
    graph.wasReady[i] = true;
  if (after === 'finished' && rule === 'any-finished') graph.finishedParents[i] = (graph.finishedParents[i] || 0) + 1;
  if (optional === undefined || (before !== 'skipped' && after !== 'skipped')) return false;
  if (optional.indexOf(',' + parent + ',') < 0) return false;
  count(graph, i, before, -1);
  count(graph, i, after, 1);
  return true;
}

function count(graph, i, outcome, by) {
  if (outcome === 'open') return;
  if (outcome === 'finished' || outcome === 'skipped') {
    graph.pending[i] -= by;
    return;
  }
  var counts = outcome === 'failed' ? graph.failedParents : graph.abortedParents;
  counts[i] = (counts[i] || 0) + by;
  if (counts[i] === 0) delete counts[i];
}

/** What has changed of some jobs, whose statuses before are in a list. Brings the list up to date. */
function compared(graph, numbers, statuses) {
  var now = standing(graph);
  var isAborted = graph.isAborted;
  var changes = [];
  var alike = {};
  for (var k = 0; k < numbers.length; k += 1) {
    var i = numbers[k];
    var was = statuses[i];
    var status = now[i];
    if (isAborted && status !== 'finished' && status !== 'failed' && status !== 'skipped') status = 'aborted';
    if (status === was) continue;
    statuses[i] = status;
    var kind = was + ' ' + status + ' ' + graph.types[i];
    if (alike[kind] === undefined) {
      alike[kind] = { type: graph.types[i], from: was, to: status, jobIds: [] };
      changes.push(alike[kind]);
    }
    alike[kind].jobIds.push(graph.jobs[i]);
  }
  return changes;
}

/** Brings the graph's counts and its own status up to date. */
function counted(graph, changes) {
  var counts = graph.counts;
  for (var k = 0; k < changes.length; k += 1) {
    var change = changes[k];
    if (change.from !== null) counts[change.from] -= change.jobIds.length;
    counts[change.to] += change.jobIds.length;
  }
  counts.unstarted = counts.ready + counts.awaiting + counts.waiting + counts.blocked + counts.withheld;
  graph.status = statusOf(graph);
  return changes;
}

function statusOf(graph) {
  var counts = graph.counts;
  if (graph.isAborted) return 'aborted';
  if (counts.started + counts.unstarted - counts.blocked > 0) return 'running';
  if (counts.failed > 0) return 'failed';
  if (counts.aborted === 0) return 'finished';
  // What is aborted through others is so through a job with an abort of its own.
  for (var i in graph.ends) if (graph.ends[i] === 'aborted') return 'aborted';
  return 'finished';
}
