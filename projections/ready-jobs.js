/*
 * ready-jobs, version 4
 *
 * For each type of job a stream that says which jobs of that type may be claimed: whoever folds that one stream knows
 * them, without reading the namespace.
 *
 * Source   <namespace>.changes-v4, which graph-progress version 4 emits
 * Emits    into <namespace>.ready4-<type>:
 *            JobReady { graphId, jobId }  the job may be claimed, once its delay is over if it has one
 *            JobTaken { graphId, jobId }  it may not any more: somebody has claimed it, or it was aborted
 * State    none
 * Limits   A stream is a moment behind the log, so a claim may come too late, as it may anyway; only the job's own stream
 *          decides. Jobs of graphs that graph-progress passes over do not appear.
 */
'use strict';

// Replaced on installing.
var namespace = 'overseer';

fromStream(namespace + '.changes-v4').when({
  $init: function () {
    return {};
  },
  JobsChanged: function (state, event) {
    if (!event.data) return state;
    event.data.changes.forEach(function (change) {
      if ((change.from === 'ready') === (change.to === 'ready')) return;
      change.jobIds.forEach(function (jobId) {
        emit(namespace + '.ready4-' + change.type, change.to === 'ready' ? 'JobReady' : 'JobTaken', {
          graphId: event.data.graphId,
          jobId: jobId,
        });
      });
    });
    return state;
  },
});
