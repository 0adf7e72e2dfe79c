import { test } from 'node:test';
import { faulted, finished, given, operatorRetries, threw, timePasses, workerRuns } from 'overseer/testing';
import { graph, handlers } from './orders.js';

test('given a total and a failed mail, when a worker runs, then only the mail is sent again', async () => {
  await given(graph, [finished('fetch', [1, 2]), finished('total', 3), faulted('send', 'down')])
    .when(workerRuns(handlers))
    .expect({
      happened: ['send started', 'send finished'],
      results: { send: { receipt: 'printed: 3 in all' } },
      status: 'finished',
    });
});

test('given a failed mail, then it is tried again after an hour, and not before', async () => {
  const down = given(graph, [finished('fetch', []), finished('total', 0), faulted('send', 'down')]);
  await down.when(timePasses('45m')).expect({ jobs: { send: 'backing-off' } });
  await down.when(timePasses('61m')).expect({ ready: ['send'] });
});

test('given a job that failed, when an operator retries it, then what depends on it waits again', async () => {
  await given(graph, [threw('fetch', new TypeError('no such shop'))])
    .when(operatorRetries('fetch'))
    .expect({ happened: ['fetch reset'], jobs: { fetch: 'ready', total: 'waiting', send: 'waiting' } });
});
