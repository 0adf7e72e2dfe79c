/* What graph-progress knows of a graph's jobs from its submission. */

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
  graph.awaitedOptional = {};
  awaitSubmitted(graph);
  var changes = settled(graph, everyJob(graph));
  // Nothing can follow on these, so their status says enough.
  for (var i in graph.ends) if (graph.ends[i] === 'finished') delete graph.ends[i];
  return changes;
}

function addJobs(graph, jobs) {
  var numbers = {};
  // Ids may be words that every object knows, such as "constructor"; with a colon in front they are not.
  var ids = graph.jobs;
  for (var known = 0; known < ids.length; known += 1) numbers[':' + ids[known]] = known;
  var below = {};
  for (var i = 0; i < jobs.length; i += 1) {
    var job = jobs[i];
    var key = ':' + job.id;
    if (numbers[key] !== undefined) continue; // Submitted twice: the first counts.
    var number = ids.length;
    var parents = job.parents;
    numbers[key] = number;
    ids.push(job.id);
    graph.types.push(job.type);
    graph.statuses.push(null); // Until the graph exists.
    graph.pending.push(parents.length);
    graph.children.push('');
    graph.size += 2 + parents.length;
    graph.text += job.id.length + job.type.length;
    for (var k = 0; k < parents.length; k += 1) {
      var parent = ':' + parents[k];
      var children = below[parent];
      if (children === undefined) below[parent] = [number];
      else children.push(number);
    }
    if (job.carried !== undefined) graph.ends[number] = job.carriedStatus || 'finished';
    if (job.external !== undefined) graph.external[number] = true;
    if (job.when !== undefined || job.optional !== undefined) takeRules(graph, number, job, numbers);
    if (job.spawnedBy !== undefined) graph.spawnedBy[number] = job.spawnedBy;
    if (job.withSpawned !== undefined)
      graph.waitingBelow[number] = { withSpawned: job.withSpawned, optional: job.optional };
  }
  link(graph, numbers, below);
}

function takeRules(graph, number, job, numbers) {
  graph.hasRules = true;
  graph.size += sizeOfRules;
  if (job.when !== undefined && job.when !== 'all-finished') graph.rules[number] = job.when;
  if (job.optional === undefined) return;
  var known = ',';
  for (var k = 0; k < job.optional.length; k += 1) {
    var parent = ':' + job.optional[k];
    if (numbers[parent] === undefined) graph.awaitedOptional[parent] = joined(graph.awaitedOptional[parent], number);
    else known += numbers[parent] + ',';
  }
  graph.optionalParents[number] = known;
}

/** Gives the jobs that are known by now the children that this part and those before it have named for them. */
function link(graph, numbers, below) {
  var parents = Object.keys(below);
  for (var k = 0; k < parents.length; k += 1) {
    var parent = parents[k];
    var children = below[parent].join(',');
    var number = numbers[parent];
    if (number === undefined) graph.awaited[parent] = joined(graph.awaited[parent], children);
    else graph.children[number] = joined(graph.children[number], children);
  }
  Object.keys(graph.awaited).forEach(function (parent) {
    var number = numbers[parent];
    if (number === undefined) return;
    graph.children[number] = joined(graph.awaited[parent], graph.children[number]);
    delete graph.awaited[parent];
  });
  Object.keys(graph.awaitedOptional).forEach(function (parent) {
    if (numbers[parent] === undefined) return;
    graph.awaitedOptional[parent].split(',').forEach(function (child) {
      graph.optionalParents[child] += numbers[parent] + ',';
    });
    delete graph.awaitedOptional[parent];
  });
}

/** Keeps of a graph that is too large only that it is. */
function passOver(graph) {
  var empty = nothingYet();
  for (var key in empty) graph[key] = empty[key];
  graph.status = 'too-large';
  return [];
}

function joined(numbers, more) {
  return numbers && more ? numbers + ',' + more : String(numbers || more);
}
