/* How graph-progress lets a graph grow: jobs that a job spawns, and the jobs that wait for all of them. */

/** Keeps what an attempt spawns until it ends; only the fields that the fold needs. */
function spawn(graph, i, jobs) {
  var spawning = graph.spawning[i] || { jobs: [], size: 0, text: 0 };
  for (var k = 0; k < jobs.length; k += 1) {
    var job = jobs[k];
    spawning.jobs.push({
      id: job.id,
      type: job.type,
      parents: job.parents,
      when: job.when,
      optional: job.optional,
      withSpawned: job.withSpawned,
      external: job.external,
    });
    spawning.size += 2 + job.parents.length;
    spawning.text += job.id.length + job.type.length;
  }
  graph.spawning[i] = spawning;
  var isTooLarge = spawning.jobs.length > jobsPerPartMax || graph.size + spawning.size > sizeMax;
  return isTooLarge || graph.text + spawning.text > textMax ? passOver(graph) : [];
}

/**
 * Adds what a job has spawned, before it counts as finished. Returns the numbers of the jobs that are new, or null if the
 * graph has become too large.
 */
function grow(graph, spawner) {
  var spawned = graph.spawning[spawner].jobs;
  delete graph.spawning[spawner];
  var known = {};
  for (var i = 0; i < graph.jobs.length; i += 1) known[':' + graph.jobs[i]] = i;
  // What is spawned depends on its spawner and on what is spawned with it alone.
  var numbers = {};
  numbers[':' + graph.jobs[spawner]] = spawner;
  var added = [];
  var jobs = [];
  for (var k = 0; k < spawned.length; k += 1) {
    var key = ':' + spawned[k].id;
    if (known[key] !== undefined) continue;
    known[key] = numbers[key] = addJob(graph, spawned[k]);
    added.push(known[key]);
    jobs.push(spawned[k]);
  }
  for (k = 0; k < jobs.length; k += 1) placeSpawned(graph, jobs[k], added[k], numbers, spawner);
  awaitAll(graph, spawner, added);
  for (k = 0; k < jobs.length; k += 1) awaitBelow(graph, jobs[k], added[k], numbers, spawner);
  return graph.size > sizeMax || graph.text > textMax ? null : added;
}

function addJob(graph, job) {
  graph.jobs.push(job.id);
  graph.types.push(job.type);
  graph.statuses.push(null);
  graph.pending.push(job.parents.length);
  graph.children.push('');
  graph.size += 2 + job.parents.length;
  graph.text += job.id.length + job.type.length;
  return graph.jobs.length - 1;
}

function placeSpawned(graph, job, number, numbers, spawner) {
  for (var k = 0; k < job.parents.length; k += 1) {
    var parent = numbers[':' + job.parents[k]];
    if (parent !== undefined) graph.children[parent] = joined(graph.children[parent], number);
  }
  if (job.when !== undefined || job.optional !== undefined) takeRules(graph, number, job, numbers);
  if (job.external !== undefined) graph.external[number] = true;
  // Those that wait for all below the spawner wait for all below this one.
  if (graph.awaiters[spawner] !== undefined) graph.awaiters[number] = graph.awaiters[spawner];
  if (graph.tolerant[spawner] !== undefined) graph.tolerant[number] = graph.tolerant[spawner];
}

/** Lets every job that waits for all below a spawner wait for some more. */
function awaitAll(graph, spawner, added) {
  var awaiters = graph.awaiters[spawner];
  if (awaiters === undefined) return;
  var tolerant = ',' + (graph.tolerant[spawner] || '') + ',';
  var list = awaiters.split(',');
  for (var k = 0; k < added.length; k += 1) graph.children[added[k]] = joined(graph.children[added[k]], awaiters);
  for (k = 0; k < list.length; k += 1) {
    graph.pending[list[k]] += added.length;
    graph.size += added.length;
    if (tolerant.indexOf(',' + list[k] + ',') >= 0) graph.optionalParents[list[k]] += added.join(',') + ',';
  }
}

/** Notes a job that waits for all below some of its parents, of those that are spawned with it. */
function awaitBelow(graph, job, number, numbers, spawner) {
  var named = job.withSpawned || [];
  for (var k = 0; k < named.length; k += 1) {
    var awaited = numbers[':' + named[k]];
    if (awaited === undefined || awaited === spawner) continue;
    noteAwaiter(graph, awaited, number, job);
  }
}

function noteAwaiter(graph, awaited, awaiter, job) {
  graph.awaiters[awaited] = joined(graph.awaiters[awaited], awaiter);
  var isOptional = job.optional !== undefined && job.optional.indexOf(graph.jobs[awaited]) >= 0;
  if (isOptional) graph.tolerant[awaited] = joined(graph.tolerant[awaited], awaiter);
}

/**
 * The same for jobs of a submission, which may name jobs of later parts. Those that a fork carries over as spawned come
 * below their spawners.
 */
function awaitSubmitted(graph) {
  var numbers = {};
  for (var i = 0; i < graph.jobs.length; i += 1) numbers[':' + graph.jobs[i]] = i;
  for (var awaiter in graph.waitingBelow) {
    var job = graph.waitingBelow[awaiter];
    for (var k = 0; k < job.withSpawned.length; k += 1) {
      var awaited = numbers[':' + job.withSpawned[k]];
      if (awaited !== undefined) noteAwaiter(graph, awaited, awaiter, job);
    }
  }
  for (i = 0; i < graph.jobs.length; i += 1) {
    var spawner = graph.spawnedBy[i] === undefined ? undefined : numbers[':' + graph.spawnedBy[i]];
    if (spawner === undefined || spawner >= i) continue;
    if (graph.awaiters[spawner] === undefined) continue;
    graph.awaiters[i] = joined(graph.awaiters[i], graph.awaiters[spawner]);
    if (graph.tolerant[spawner] !== undefined) graph.tolerant[i] = joined(graph.tolerant[i], graph.tolerant[spawner]);
    awaitSpawnedInOther(graph, spawner, i);
  }
  graph.waitingBelow = {};
  graph.spawnedBy = {};
}

function awaitSpawnedInOther(graph, spawner, number) {
  var awaiters = graph.awaiters[spawner].split(',');
  for (var k = 0; k < awaiters.length; k += 1) {
    var children = ',' + graph.children[number] + ',';
    // It names the job itself.
    if (children.indexOf(',' + awaiters[k] + ',') >= 0) continue;
    graph.children[number] = joined(graph.children[number], awaiters[k]);
    graph.pending[awaiters[k]] += 1;
    graph.size += 1;
    var tolerant = ',' + (graph.tolerant[spawner] || '') + ',';
    if (tolerant.indexOf(',' + awaiters[k] + ',') >= 0) graph.optionalParents[awaiters[k]] += number + ',';
  }
}
