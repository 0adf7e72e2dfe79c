/*
 * graph-history, version 1
 *
 * Links every event of a graph and of its jobs, in the order of the log, into one stream for each graph, so that a
 * graph's whole history is one read.
 *
 * Source   the whole log; of it the streams <namespace>.graph-<graphId> and <namespace>.job-<graphId>/<jobId>
 * Emits    links, into <namespace>.history-<graphId>
 * State    none
 * Limits   Links come a moment after their events: what stands in a stream is always the beginning of the history, never
 *          one with a gap. An event that says it is JSON and is not never reaches a projection, so it is not linked.
 */
'use strict';

// Replaced on installing.
var namespace = 'overseer';

var graphPrefix = namespace + '.graph-';
var jobPrefix = namespace + '.job-';

fromAll().when({
  $init: function () {
    return {};
  },
  $any: function (state, event) {
    var graphId = graphOf(event.streamId);
    // Events of the server's own, such as the deletion of a stream, are not the graph's.
    if (graphId && event.eventType.charAt(0) !== '$') linkTo(namespace + '.history-' + graphId, event);
    return state;
  },
});

/** The graph a stream belongs to; nothing for streams of others. */
function graphOf(stream) {
  if (!stream) return undefined;
  if (stream.startsWith(graphPrefix)) return stream.slice(graphPrefix.length);
  if (!stream.startsWith(jobPrefix) || stream.indexOf('/') < 0) return undefined;
  return stream.slice(jobPrefix.length, stream.indexOf('/'));
}
