/*
 * job-counts, version 4
 *
 * How many jobs of each type stand how, over all graphs of the namespace.
 *
 * Source   <namespace>.changes-v4, which graph-progress version 4 emits
 * Emits    nothing
 * State    types: { <type>: { ready, awaiting, waiting, blocked, withheld, started, finished, skipped, failed, aborted } }: jobs by type and
 *          status; which status means what stands at the top of graph-progress.js
 * Limits   As exact as graph-progress, and a moment behind it; jobs of graphs it passes over are not counted.
 */
'use strict';

// Replaced on installing.
var namespace = 'overseer';

fromStream(namespace + '.changes-v4').when({
  $init: function () {
    return { types: {} };
  },
  JobsChanged: function (state, event) {
    if (!event.data) return state;
    event.data.changes.forEach(function (change) {
      var counts = countsOf(state, change.type);
      if (change.from !== null) counts[change.from] -= change.jobIds.length;
      counts[change.to] += change.jobIds.length;
    });
    return state;
  },
});

/** The counts of a type. Types may be words that every object knows, such as "constructor". */
function countsOf(state, type) {
  if (!Object.prototype.hasOwnProperty.call(state.types, type)) {
    state.types[type] = {
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
    };
  }
  return state.types[type];
}
